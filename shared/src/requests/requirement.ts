import type { Role } from '../access/roles.ts'
import type { RequestKind } from './kinds.ts'

export type Sensitivity = 'standard' | 'sensitive'

/** How many people besides the requester must countersign. Frozen into the request at submission (P3, H15). */
export const approvalsNeeded = {
  'create-account': { standard: 1, sensitive: 2 },
  'reset-credentials': { standard: 1, sensitive: 2 },
  reinstate: { standard: 1, sensitive: 2 },
  'grant-role': { standard: 2, sensitive: 2 },
} as const satisfies Record<RequestKind, Record<Sensitivity, number>>

/** Who countersigns what. The IT admin stands nowhere here: they take access away, and give none. */
export const approverRoles = {
  'create-account': ['supervisor'],
  'reset-credentials': ['reset-manager'],
  reinstate: ['supervisor'],
  'grant-role': ['policy-owner'],
} as const satisfies Record<RequestKind, readonly [Role, ...Role[]]>

/** Working time until silence becomes a refusal (DOMAIN section 4: two working days of 9.5 hours; 4 hours for a reset). */
export const deadlineWorkingHours = {
  'create-account': 19,
  'reset-credentials': 4,
  reinstate: 19,
  'grant-role': 19,
} as const satisfies Record<RequestKind, number>

/** No reset for this long after a contact changed (MITRE T1098): a hijacker changes the address first. */
export const contactHoldHours = 72

/** Resets of one account the public page takes in 24 hours: whoever keeps asking keeps the reset manager and the person from their work. */
export const publicAsksADay = 3

/** People related by lineage within this many days are not independent of each other (P2). */
export const independenceDays = 30

/** While fewer policy owners than this have ever been named, the network is being founded. */
export const foundingPolicyOwners = 3

export type Requirement = { readonly approvalsNeeded: number; readonly approverRoles: readonly Role[] }

/**
 * What a request needs, from the table. One exception: two founders cannot ask and give two signatures, so until a third
 * policy owner has ever been named, a role grant needs one founder besides the one who asks. "Ever" cannot be undone by
 * revoking people, and it is never fewer than one: two people in any case.
 */
export const requirementFor = (kind: RequestKind, sensitivity: Sensitivity, policyOwnersEver: number): Requirement => ({
  approvalsNeeded: kind === 'grant-role' && policyOwnersEver < foundingPolicyOwners ? 1 : approvalsNeeded[kind][sensitivity],
  approverRoles: approverRoles[kind],
})
