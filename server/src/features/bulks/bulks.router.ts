import { proof } from '@countersign/shared/access/proof.ts'
import { scopeOf } from '@countersign/shared/access/scope.ts'
import { bulkSelection, bulkVerbs } from '@countersign/shared/bulks/bulk.ts'
import { maySee } from '@countersign/shared/bulks/deciding.ts'
import { justification } from '@countersign/shared/text/fields.ts'
import { z } from 'zod'
import { commit, runCommitted } from '../../kernel/commit.ts'
import { paging } from '../../kernel/page.ts'
import { Refused, unlessRefused } from '../../kernel/refused.ts'
import { listing, permitted, router } from '../../trpc.ts'
import { bulks } from './bulks.store.ts'
import { bulkDetail } from './detail.ts'
import { giveBack } from './give-back.ts'
import { bulkLines, lineLists } from './lines.store.ts'
import { bulkListing } from './listing.store.ts'
import { preview } from './preview.ts'
import { start } from './start.ts'
import { pause, resume, stop } from './steer.ts'

const bulkId = z.uuid()
const one = z.strictObject({ bulkId })

export const bulksRouter = router({
  list: listing('account:read')
    .input(z.strictObject(paging))
    .query(({ ctx, input }) => bulkListing.page(ctx.db, ctx.actor, { after: input.cursor })),
  get: permitted('account:read')
    .input(one)
    .query(({ ctx, input }) => bulkDetail(ctx.db, ctx.actor, input.bulkId)),
  lines: listing('account:read')
    .input(z.strictObject({ bulkId, list: z.enum(lineLists), ...paging }))
    .query(async ({ ctx, input }) => {
      const bulk = await bulks.read(ctx.db, input.bulkId)
      if (!bulk || !maySee(ctx.actor, bulk)) throw new Refused('not-found', input.bulkId)
      return bulkLines.page(ctx.db, scopeOf(ctx.actor, 'account:read'), { bulk, list: input.list, after: input.cursor })
    }),
  preview: permitted('account:read')
    .input(z.strictObject({ verb: z.enum(bulkVerbs), selection: bulkSelection }))
    .mutation(async ({ ctx, input }) => {
      if (!(await ctx.limits.allow('dry-run', ctx.actor.id))) throw new Refused('too-many')
      return runCommitted(preview, { ...ctx, drafting: true }, input)
    }),
  start: permitted('account:read')
    .input(z.strictObject({ bulkId, seen: z.string().regex(/^[0-9a-f]{64}$/), justification, proof: proof.optional() }))
    .mutation(async ({ ctx, input }) => unlessRefused(await runCommitted(start(ctx), ctx, input))),
  pause: permitted('account:read').input(one).mutation(commit(pause)),
  resume: permitted('account:read').input(one).mutation(commit(resume)),
  stop: permitted('account:read').input(one).mutation(commit(stop)),
  giveBack: permitted('request:file:reinstate')
    .input(z.strictObject({ bulkId, justification }))
    .mutation(async ({ ctx, input }) => {
      if (!(await ctx.limits.allow('dry-run', ctx.actor.id))) throw new Refused('too-many')
      return runCommitted(giveBack, ctx, input)
    }),
})
