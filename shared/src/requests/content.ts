import { z } from 'zod'
import { proof } from '../access/proof.ts'
import { roles } from '../access/roles.ts'
import { profileIds } from '../accounts/profiles.ts'
import { policyOnRecord } from '../policy/policy.ts'
import { email, isoDate, justification, login, personName, phone } from '../text/fields.ts'
import type { RequestKind } from './kinds.ts'

export const createAccountContent = z.strictObject({
  kind: z.literal('create-account'),
  organisationId: z.uuid('field-required'),
  givenName: personName,
  familyName: personName,
  login,
  email,
  phone,
  profile: z.enum(profileIds, 'field-required'),
  endsOn: isoDate,
  justification,
})

export const resetCredentialsContent = z.strictObject({
  kind: z.literal('reset-credentials'),
  accountId: z.uuid('field-required'),
  justification,
})

/** Where somebody is written to and called, as it stands: what it was is signed beside what it becomes. */
const contactOnRecord = z.strictObject({ email: z.string().max(254), phone: z.string().max(30) })

export const changeContactContent = z.strictObject({
  kind: z.literal('change-contact'),
  accountId: z.uuid('field-required'),
  before: contactOnRecord,
  email,
  phone,
  justification,
})

export const reinstateContent = z.strictObject({
  kind: z.literal('reinstate'),
  accountId: z.uuid('field-required'),
  justification,
})

export const grantRoleContent = z.strictObject({
  kind: z.literal('grant-role'),
  accountId: z.uuid('field-required'),
  role: z.enum(roles),
  organisationId: z.uuid('field-required'),
  justification,
})

const listed = {
  bulkId: z.uuid(),
  accounts: z.int().min(1),
  /** SHA-256 of the ids, sorted, one a line: who signs this signs for exactly these accounts; the database recomputes it. */
  listHash: z.string().regex(/^[0-9a-f]{64}$/),
  justification,
}

/** Gives all accounts of a bulk back. */
export const reinstateBulkContent = z.strictObject({ kind: z.literal('reinstate-bulk'), ...listed })

/** Makes the suspension of all accounts of a bulk a revocation. */
export const revokeBulkContent = z.strictObject({ kind: z.literal('revoke-bulk'), ...listed })

/** Puts one policy in the place of another: whoever signs has seen both. */
export const setPolicyContent = z.strictObject({
  kind: z.literal('set-policy'),
  before: policyOnRecord,
  after: policyOnRecord,
  justification,
})

/** What a person may ask for in a form. */
export const formContent = z.discriminatedUnion('kind', [
  createAccountContent,
  resetCredentialsContent,
  changeContactContent,
  reinstateContent,
  grantRoleContent,
])
export type FormContent = z.infer<typeof formContent>

const asker = { proof: proof.optional() }

/** What a person sends to ask; for a role, with a proof that it is they. */
export const filing = z.discriminatedUnion('kind', [
  createAccountContent.extend(asker),
  resetCredentialsContent.extend(asker),
  changeContactContent.extend(asker),
  reinstateContent.extend(asker),
  grantRoleContent.extend(asker),
])

/** What is asked for, word for word; the hash of its canonical JSON is what an approval binds to (P3). */
export const requestContent = z.discriminatedUnion('kind', [
  ...formContent.options,
  reinstateBulkContent,
  revokeBulkContent,
  setPolicyContent,
])

export type RequestContent = z.infer<typeof requestContent>
export type ContentOf<K extends RequestKind> = Extract<RequestContent, { kind: K }>
