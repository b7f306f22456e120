import { z } from 'zod'
import { roles } from '../access/roles.ts'
import { profileIds } from '../accounts/profiles.ts'
import { email, isoDate, justification, login, personName, phone } from '../text/fields.ts'

/** The kinds that can be filed today. Each is one request with its full content: the request is the operation. */
export const requestKinds = ['create-account', 'reset-credentials', 'reinstate', 'grant-role'] as const
export type RequestKind = (typeof requestKinds)[number]

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

/** What a person asks for, word for word; the hash of its canonical JSON is what an approval binds to (P3). */
export const requestContent = z.discriminatedUnion('kind', [
  createAccountContent,
  resetCredentialsContent,
  reinstateContent,
  grantRoleContent,
])

export type RequestContent = z.infer<typeof requestContent>
export type ContentOf<K extends RequestKind> = Extract<RequestContent, { kind: K }>
