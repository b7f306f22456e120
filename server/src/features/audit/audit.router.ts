import { scopeOf } from '@countersign/shared/access/scope.ts'
import { listAudit } from '@countersign/shared/audit/listing.ts'
import { paging } from '../../kernel/page.ts'
import { listing, permitted, router } from '../../trpc.ts'
import { audit } from './audit.store.ts'
import { months } from './months.store.ts'

export const auditRouter = router({
  list: listing('audit:read')
    .input(listAudit.extend(paging))
    .query(({ ctx, input: { cursor, direction: _direction, ...filters } }) =>
      audit.page(ctx.db, { id: ctx.actor.id, scope: scopeOf(ctx.actor, 'audit:read') }, { ...filters, after: cursor }),
    ),

  /** For how long entries are kept, why longer than a year, and until when they have been dropped. */
  kept: permitted('audit:read').query(async ({ ctx }) => {
    const [retention, all] = await Promise.all([months.retention(ctx.db), months.all(ctx.db)])
    const dropped = all.filter(({ droppedAt }) => droppedAt !== null)
    return {
      ...retention,
      droppedUntil: dropped.at(-1)?.until.toISOString() ?? null,
      droppedEntries: dropped.reduce((sum, { entries }) => sum + (entries ?? 0), 0),
    }
  }),
})
