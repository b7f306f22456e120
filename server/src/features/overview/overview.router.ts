import { holds, scopeOf } from '@countersign/shared/access/scope.ts'
import { undelivered } from '../../kernel/outbox.ts'
import { permitted, router } from '../../trpc.ts'
import { requestListing } from '../requests/listing.store.ts'
import { overview } from './overview.store.ts'

export const overviewRouter = router({
  get: permitted('account:read').query(async ({ ctx: { db, actor } }) => {
    const [waiting, next, mine, accounts, refusals, outbox] = await Promise.all([
      requestListing.waiting(db, actor),
      requestListing.page(db, actor, { view: 'queue', limit: 5 }),
      requestListing.page(db, actor, { view: 'mine', status: 'pending', limit: 5 }),
      overview.accounts(db, scopeOf(actor, 'account:read')),
      holds(actor, 'audit:read') ? overview.refusals(db, scopeOf(actor, 'audit:read')) : null,
      holds(actor, 'delivery:read') ? undelivered(db) : null,
    ])
    return { waiting, next: next.rows, mine: mine.rows, accounts, refusals, outbox }
  }),
})
