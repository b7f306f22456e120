import { scopeOf } from '@countersign/shared/access/scope.ts'
import { listAudit } from '@countersign/shared/audit/listing.ts'
import { paging } from '../../kernel/page.ts'
import { listing, router } from '../../trpc.ts'
import { audit } from './audit.store.ts'

export const auditRouter = router({
  list: listing('audit:read')
    .input(listAudit.extend(paging))
    .query(({ ctx, input: { cursor, direction: _direction, ...filters } }) =>
      audit.page(ctx.db, { id: ctx.actor.id, scope: scopeOf(ctx.actor, 'audit:read') }, { ...filters, after: cursor }),
    ),
})
