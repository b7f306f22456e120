import type { Role } from '../access/roles.ts'
import { finalHours } from '../bulks/bulk.ts'
import type { RequestKind } from './kinds.ts'

export type Sensitivity = 'standard' | 'sensitive'

/** How many people besides the requester must countersign. Frozen into the request at submission (P3, H15). */
export const approvalsNeeded = {
  'create-account': { standard: 1, sensitive: 2 },
  'reset-credentials': { standard: 1, sensitive: 2 },
  reinstate: { standard: 1, sensitive: 2 },
  'grant-role': { standard: 2, sensitive: 2 },
  'reinstate-bulk': { standard: 1, sensitive: 2 },
  'revoke-bulk': { standard: 1, sensitive: 1 },
  'set-policy': { standard: 2, sensitive: 2 },
} as const satisfies Record<RequestKind, Record<Sensitivity, number>>

/**
 * Who countersigns what. The IT admin takes access away and gives none: theirs is the second signature under a mass revocation alone.
 * A mass suspension may have put every supervisor out: policy owners can give it back.
 */
export const approverRoles = {
  'create-account': ['supervisor'],
  'reset-credentials': ['reset-manager'],
  reinstate: ['supervisor'],
  'grant-role': ['policy-owner'],
  'reinstate-bulk': ['supervisor', 'policy-owner'],
  'revoke-bulk': ['it-admin', 'supervisor', 'policy-owner'],
  'set-policy': ['policy-owner'],
} as const satisfies Record<RequestKind, readonly [Role, ...Role[]]>

/**
 * Time until silence becomes a refusal: working time (DOMAIN section 4: two working days of 9.5 hours; 4 hours for a reset), but hours
 * of the clock where an incident is being answered.
 */
export const deadlines = {
  'create-account': { workingHours: 19 },
  'reset-credentials': { workingHours: 4 },
  reinstate: { workingHours: 19 },
  'grant-role': { workingHours: 19 },
  'reinstate-bulk': { hours: finalHours },
  'revoke-bulk': { hours: finalHours },
  'set-policy': { workingHours: 19 },
} as const satisfies Record<RequestKind, { readonly workingHours: number } | { readonly hours: number }>

/** No reset for this long after a contact changed (MITRE T1098): a hijacker changes the address first. */
export const contactHoldHours = 72

/** Resets of one account the public page takes in 24 hours: whoever keeps asking keeps the reset manager and the person from their work. */
export const publicAsksADay = 3

/** People related by lineage within this many days are not independent of each other (P2). */
export const independenceDays = 30

/** While fewer policy owners than this have ever been named, the network is being founded. */
export const foundingPolicyOwners = 3

/** What policy owners alone sign for. */
const ofOwners: ReadonlySet<RequestKind> = new Set(['grant-role', 'set-policy'])

export type Requirement = { readonly approvalsNeeded: number; readonly approverRoles: readonly Role[] }

/**
 * What a request needs, from the table. One exception: two founders cannot ask and give two signatures, so until a third
 * policy owner has ever been named, a role grant or a policy needs one founder besides the one who asks. "Ever" cannot be undone by
 * revoking people, and it is never fewer than one: two people in any case.
 */
export const requirementFor = (kind: RequestKind, sensitivity: Sensitivity, policyOwnersEver: number): Requirement => ({
  approvalsNeeded: ofOwners.has(kind) && policyOwnersEver < foundingPolicyOwners ? 1 : approvalsNeeded[kind][sensitivity],
  approverRoles: approverRoles[kind],
})
