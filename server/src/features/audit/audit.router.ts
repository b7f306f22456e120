import { scopeOf } from '@countersign/shared/access/scope.ts'
import { listAudit } from '@countersign/shared/audit/listing.ts'
import { z } from 'zod'
import { permitted, router } from '../../trpc.ts'
import { audit } from './audit.store.ts'

export const auditRouter = router({
  list: permitted('audit:read')
    .input(listAudit.extend({ cursor: z.string().max(400).optional() }))
    .query(({ ctx, input: { cursor, ...filters } }) => audit.page(ctx.db, scopeOf(ctx.actor, 'audit:read'), { ...filters, after: cursor })),
})
