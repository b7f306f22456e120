import { type Role, roles } from '@countersign/shared/access/roles.ts'
import type { ProfileId } from '@countersign/shared/accounts/profiles.ts'
import type { FormContent } from '@countersign/shared/requests/content.ts'
import type { FormKind } from '@countersign/shared/requests/kinds.ts'
import type { Contact } from './contact-fields.tsx'
import type { Typed } from './create-account-fields.tsx'

/** All that is typed, whatever is asked for: nothing of it is lost when it is refused. */
export type Draft = Typed & {
  readonly organisationId: string | null
  readonly accountId: string | null
  readonly role: Role
  readonly justification: string
}

/** A form nobody has typed in. */
export const empty = (accountId: string | null): Draft => ({
  givenName: '',
  familyName: '',
  login: '',
  email: '',
  phone: '',
  // The end of the year, or of the next one when this one is as good as over.
  endsOn: `${new Date().getFullYear() + (new Date().getMonth() >= 6 ? 1 : 0)}-12-31`,
  profile: '',
  organisationId: null,
  accountId,
  role: roles[0],
  justification: '',
})

/** What the draft asks for; an empty choice goes as it is, so that the server's door says so at its field. */
export const contentOf: { readonly [K in FormKind]: (draft: Draft, before: Contact) => FormContent } = {
  'create-account': ({ givenName, familyName, login, email, phone, endsOn, profile, organisationId, justification }) => ({
    kind: 'create-account',
    givenName,
    familyName,
    login,
    email,
    phone,
    endsOn,
    profile: profile as ProfileId,
    organisationId: organisationId ?? '',
    justification,
  }),
  'reset-credentials': ({ accountId, justification }) => ({ kind: 'reset-credentials', accountId: accountId ?? '', justification }),
  // What is left empty stays as it is.
  'change-contact': ({ accountId, email, phone, justification }, before) => ({
    kind: 'change-contact',
    accountId: accountId ?? '',
    before,
    email: email.trim() || before.email,
    phone: phone.trim() || before.phone,
    justification,
  }),
  reinstate: ({ accountId, justification }) => ({ kind: 'reinstate', accountId: accountId ?? '', justification }),
  'grant-role': ({ accountId, role, organisationId, justification }) => ({
    kind: 'grant-role',
    accountId: accountId ?? '',
    role,
    organisationId: organisationId ?? '',
    justification,
  }),
}
