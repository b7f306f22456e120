import { z } from 'zod'
import { canonicalJson, type Json } from '../requests/canonical.ts'
import type { Role } from './roles.ts'

/** How sure it is that the person themselves acted, weakest first; it stands with what they did. */
export const assurances = ['session', 'recovery-code', 'totp', 'passkey'] as const
export type Assurance = (typeof assurances)[number]

/** Bytes as WebAuthn and RFC 4648 section 5 write them: base64url without padding. */
const base64url = (most: number) =>
  z
    .string()
    .regex(/^[\w-]+$/)
    .max(most)

/** What a server gave this very session, to be used once: 32 bytes. */
export const nonceText = z.string().regex(/^[\w-]{43}$/)

/** What an authenticator answered to a challenge, as it left it. */
export const assertion = z.strictObject({
  credentialId: base64url(1400),
  authenticatorData: base64url(4000),
  clientData: base64url(8000),
  signature: base64url(4000),
})
export type Assertion = z.infer<typeof assertion>

/** Proof that it is still the same person, asked for afresh each time: a passkey signs what was seen, a code is typed. */
export const proof = z.discriminatedUnion('kind', [
  assertion.extend({ kind: z.literal('passkey'), nonce: nonceText }),
  z.strictObject({ kind: z.literal('code'), nonce: nonceText, code: z.string().min(1).max(40) }),
  z.strictObject({ kind: z.literal('none'), nonce: nonceText }),
])
export type Proof = z.infer<typeof proof>

/**
 * What an approval is held against, frozen with the request: how many people, holding which roles, and what the rule of the policy asks
 * besides; null where it was asked before policies had rules.
 */
export type FrozenRequirement = {
  readonly approvalsNeeded: number
  readonly approverRoles: readonly Role[]
  readonly demand: { readonly [key: string]: Json } | null
}

/** The text whose SHA-256 stands for the requirement in what is signed. */
export const requirementText = ({ approvalsNeeded, approverRoles, demand }: FrozenRequirement): string =>
  canonicalJson({ approvalsNeeded, approverRoles, ...(demand ? { demand } : {}) })

export type Decision = 'approve' | 'reject'

export type DecisionSigned = {
  readonly requestId: string
  /** SHA-256 of the content's canonical text, in hex; and of the requirement's. */
  readonly contentHash: string
  readonly requirementHash: string
  readonly decision: Decision
  readonly nonce: string
}

const text = (domain: string, said: { readonly [key: string]: Json }): string => `countersign/${domain}/v1\n${canonicalJson(said)}`

/**
 * What a passkey signs to decide: the WebAuthn challenge is the SHA-256 of this text (UTF-8). Anybody who has the audit can write it again,
 * and so knows that this passkey decided exactly that.
 */
export const decisionText = ({ requestId, contentHash, requirementHash, decision, nonce }: DecisionSigned): string =>
  text('decision', { requestId, contentHash, requirementHash, decision, nonce })

/** What else asks for a proof afresh: what leaves the building, what reaches many at once, what changes who may do what. */
export const acts = [
  'export',
  'start-bulk',
  'ask-policy',
  'ask-role',
  'add-passkey',
  'remove-passkey',
  'link-identity',
  'unlink-identity',
] as const
export type Act = (typeof acts)[number]

/** The same to sign in: tagged, so that what signs somebody in is never what decides. */
export const signInText = (nonce: string): string => text('sign-in', { nonce })

/** What asking for a role is done to: this role, over this place, for this account. */
export const roleAsked = (asked: { readonly role: Role; readonly organisationId: string; readonly accountId: string }): string =>
  `${asked.role} ${asked.organisationId} ${asked.accountId}`

/** Which identity is linked: one at this provider, under this name of its own. */
export const identityNamed = ({ issuer, subject }: { readonly issuer: string; readonly subject: string }): string => `${issuer} ${subject}`

/** The same for an act; `on` says what it is done to, as the screen showed it. */
export const actText = (act: Act, on: string, nonce: string): string => text('act', { act, on, nonce })
