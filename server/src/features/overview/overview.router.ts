import { holds, scopeOf } from '@countersign/shared/access/scope.ts'
import { undelivered } from '../../kernel/outbox.ts'
import { listing, router } from '../../trpc.ts'
import { counts } from '../accounts/counts.store.ts'
import { bulkListing } from '../bulks/listing.store.ts'
import { collusion } from '../collusion/collusion.store.ts'
import { requestListing } from '../requests/listing.store.ts'
import { findings } from '../signals/findings.store.ts'
import { overview } from './overview.store.ts'

export const overviewRouter = router({
  get: listing('account:read').query(async ({ ctx: { db, actor } }) => {
    const scope = scopeOf(actor, 'account:read')
    const [waiting, next, mine, byStatus, expiring, dormant, refusals, outbox, working, signals, strength] = await Promise.all([
      requestListing.waiting(db, actor),
      requestListing.page(db, actor, { view: 'queue', limit: 5 }),
      requestListing.page(db, actor, { view: 'mine', status: 'pending', limit: 5 }),
      counts.byStatus(db, scope),
      counts.living(db, actor, 'expiring'),
      counts.living(db, actor, 'dormant'),
      holds(actor, 'audit:read') ? overview.refusals(db, scopeOf(actor, 'audit:read')) : null,
      holds(actor, 'delivery:read') ? undelivered(db) : null,
      bulkListing.working(db, actor),
      holds(actor, 'signal:read') ? findings.open(db, actor) : null,
      holds(actor, 'policy:read') ? collusion.summary(db, scopeOf(actor, 'policy:read')) : null,
    ])
    return {
      waiting,
      next: next.rows,
      mine: mine.rows,
      accounts: { byStatus, expiring, dormant },
      refusals,
      outbox,
      working,
      signals,
      strength,
    }
  }),
})
