import { scopeOf } from '@countersign/shared/access/scope.ts'
import { justification } from '@countersign/shared/text/fields.ts'
import { z } from 'zod'
import { commit } from '../../kernel/commit.ts'
import { paging } from '../../kernel/page.ts'
import { listing, permitted, router } from '../../trpc.ts'
import { incidentDetail, readable } from './detail.ts'
import { extent } from './extent.store.ts'
import { incidents } from './incidents.store.ts'
import { close, date, note, notify, reopen } from './keep.ts'
import { story } from './story.store.ts'

const incidentId = z.uuid()
const one = z.strictObject({ incidentId })
/** Nothing here is older than the network. */
const moment = z.iso
  .datetime({ offset: true })
  .refine((text) => text >= '2000', 'field-date')
  .transform((text) => new Date(text))

export const incidentsRouter = router({
  list: listing('incident:read')
    .input(z.strictObject(paging))
    .query(({ ctx, input }) => incidents.page(ctx.db, ctx.actor, input.cursor)),
  open: permitted('incident:keep').query(({ ctx }) => incidents.openOnes(ctx.db, ctx.actor)),
  get: permitted('incident:read')
    .input(one)
    .query(({ ctx, input }) => incidentDetail(ctx.db, ctx.actor, input.incidentId)),
  accounts: permitted('incident:read')
    .input(one.extend(paging))
    .query(async ({ ctx, input }) => {
      await readable(ctx.db, ctx.actor, input.incidentId)
      return extent.accounts(ctx.db, scopeOf(ctx.actor, 'incident:read'), input.incidentId, input.cursor)
    }),
  story: permitted('incident:read')
    .input(one.extend(paging))
    .query(async ({ ctx, input }) => {
      await readable(ctx.db, ctx.actor, input.incidentId)
      return story.page(ctx.db, { id: ctx.actor.id, scope: scopeOf(ctx.actor, 'incident:read') }, input.incidentId, input.cursor)
    }),
  note: permitted('incident:keep')
    .input(one.extend({ note: justification }))
    .mutation(commit(note)),
  date: permitted('incident:keep')
    .input(one.extend({ knownAt: moment }))
    .mutation(commit(date)),
  notify: permitted('incident:keep')
    .input(one.extend({ at: moment, reference: justification }))
    .mutation(commit(notify)),
  close: permitted('incident:keep')
    .input(one.extend({ note: justification }))
    .mutation(commit(close)),
  reopen: permitted('incident:keep')
    .input(one.extend({ note: justification }))
    .mutation(commit(reopen)),
})
