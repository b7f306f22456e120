import { holds, scopeOf } from '@countersign/shared/access/scope.ts'
import { plainText } from '@countersign/shared/text/fields.ts'
import { z } from 'zod'
import { listing, router } from '../../trpc.ts'
import { accountListing } from '../accounts/listing.store.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { requestListing } from '../requests/listing.store.ts'

const shown = { accounts: 8, organisations: 5 } as const

/** "1042", "n° 1042", "#1042": what people say on the phone; references have no more than nine digits. */
const referenceIn = (words: string): number | null => {
  const digits = /^\D{0,4}(\d{1,9})$/.exec(words.trim())?.[1]
  return digits ? Number(digits) : null
}

export const finderRouter = router({
  /** Whatever goes by these words, of what one may see anyway: accounts, places and, by its number, a request. */
  find: listing('account:read')
    .input(z.strictObject({ words: plainText(100) }))
    .query(async ({ ctx: { db, actor }, input: { words } }) => {
      const reference = referenceIn(words)
      const [accounts, places, request] = await Promise.all([
        accountListing.page(db, actor, { q: words, limit: shown.accounts }),
        holds(actor, 'organisation:read')
          ? organisations.search(db, scopeOf(actor, 'organisation:read'), { words, levels: [], limit: shown.organisations })
          : [],
        reference === null ? null : requestListing.byReference(db, actor, reference),
      ])
      return {
        accounts: accounts.rows.map(({ id, givenName, familyName, login, place }) => ({ id, givenName, familyName, login, place })),
        organisations: places,
        request: request && {
          id: request.id,
          reference: request.reference,
          kind: request.kind,
          status: request.status,
          place: request.place,
        },
      }
    }),
})
