import type { Json } from './canonical.ts'
import type { ContentOf, RequestContent } from './content.ts'

/** What a request asks for, without anybody's personal data: what the audit tells of its content beside the hash of all of it. */
export type Terms = { readonly [key: string]: Json }

/** What of somebody's contact becomes another. */
export const movedBy = ({ before, email, phone }: ContentOf<'change-contact'>) => ({
  email: email !== before.email,
  phone: phone !== before.phone,
})

/** What was done is held against this by whoever replays the audit. The account it is about stands beside it. */
export const termsOf = (content: RequestContent): Terms => {
  switch (content.kind) {
    case 'create-account':
      return { profile: content.profile, organisationId: content.organisationId, endsOn: content.endsOn }
    case 'grant-role':
      return { role: content.role, over: content.organisationId }
    case 'reinstate-bulk':
    case 'revoke-bulk':
      return { bulkId: content.bulkId, accounts: content.accounts, listHash: content.listHash }
    case 'set-policy':
      return { before: content.before, after: content.after }
    case 'change-contact':
      return movedBy(content)
    case 'reset-credentials':
    case 'reinstate':
      return {}
  }
}
