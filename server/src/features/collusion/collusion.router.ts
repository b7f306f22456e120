import { scopeOf } from '@countersign/shared/access/scope.ts'
import { plainText } from '@countersign/shared/text/fields.ts'
import { z } from 'zod'
import { paging } from '../../kernel/page.ts'
import { listing, permitted, router } from '../../trpc.ts'
import { collusion } from './collusion.store.ts'
import { explain } from './explain.ts'

export const collusionRouter = router({
  /** The organisations of one's scope with how few accounts would be enough, as measured last; the weakest first. */
  list: listing('policy:read')
    .input(z.strictObject({ words: plainText(100).optional(), thin: z.literal(true).optional(), ...paging }))
    .query(({ ctx, input: { words, thin = false, cursor } }) =>
      collusion.page(ctx.db, scopeOf(ctx.actor, 'policy:read'), { words, thin, after: cursor }),
    ),
  /** One of them, measured now, with the ways. */
  explain: permitted('policy:read')
    .input(z.strictObject({ organisationId: z.uuid() }))
    .query(({ ctx, input }) => explain(ctx.db, ctx.actor, input.organisationId, new Date())),
})
