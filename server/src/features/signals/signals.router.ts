import { scopeOf } from '@countersign/shared/access/scope.ts'
import { justification } from '@countersign/shared/text/fields.ts'
import { z } from 'zod'
import { commit } from '../../kernel/commit.ts'
import { paging } from '../../kernel/page.ts'
import { Refused } from '../../kernel/refused.ts'
import { listing, permitted, router } from '../../trpc.ts'
import { audit } from '../audit/audit.store.ts'
import { canaries } from './canaries.store.ts'
import { liftCanary, placeCanary } from './canary.ts'
import { findings, findingViews } from './findings.store.ts'
import { accept, snooze } from './settle.ts'

const findingId = z.uuid()
const until = z.iso.datetime({ offset: true }).transform((text) => new Date(text))
const account = z.strictObject({ accountId: z.uuid() })

export const signalsRouter = router({
  list: listing('signal:read')
    .input(z.strictObject({ view: z.enum(findingViews), account: z.uuid().optional(), ...paging }))
    .query(({ ctx, input }) => findings.page(ctx.db, ctx.actor, { view: input.view, about: input.account, after: input.cursor })),
  facts: permitted('signal:read')
    .input(z.strictObject({ findingId }))
    .query(async ({ ctx, input }) => {
      const ids = await findings.factsOf(ctx.db, ctx.actor, input.findingId)
      if (!ids) throw new Refused('not-found', input.findingId)
      const entries = await audit.named(ctx.db, { id: ctx.actor.id, scope: scopeOf(ctx.actor, 'signal:read') }, ids)
      // Where people sign in from is for those who may put them out.
      return entries.map(({ address: _address, ...entry }) => entry)
    }),
  accept: permitted('signal:settle')
    .input(z.strictObject({ findingId, until, reason: justification }))
    .mutation(commit(accept)),
  snooze: permitted('signal:settle').input(z.strictObject({ findingId, until })).mutation(commit(snooze)),
  canaries: permitted('canary:place').query(({ ctx }) => canaries.all(ctx.db, scopeOf(ctx.actor, 'canary:place'))),
  placeCanary: permitted('canary:place').input(account).mutation(commit(placeCanary)),
  liftCanary: permitted('canary:place').input(account).mutation(commit(liftCanary)),
})
