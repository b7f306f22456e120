import { proof } from '@countersign/shared/access/proof.ts'
import { filing, formContent } from '@countersign/shared/requests/content.ts'
import { listRequests } from '@countersign/shared/requests/listing.ts'
import { callBackOutcomes } from '@countersign/shared/requests/status.ts'
import { email, justification, login, optionalComment } from '@countersign/shared/text/fields.ts'
import { z } from 'zod'
import { commit, runCommitted } from '../../kernel/commit.ts'
import { neutrally } from '../../kernel/neutral.ts'
import { paging } from '../../kernel/page.ts'
import { Refused, unlessRefused } from '../../kernel/refused.ts'
import { listing, permitted, router, signedIn, sparingly } from '../../trpc.ts'
import { approve } from './approve.ts'
import { askPublicly } from './ask-publicly.ts'
import { callBack } from './call-back.ts'
import { cancel } from './cancel.ts'
import { requestDetail } from './detail.ts'
import { edit } from './edit.ts'
import { requestListing } from './listing.store.ts'
import { reject } from './reject.ts'
import { subjects } from './subjects.store.ts'
import { submit } from './submit.ts'

const requestId = z.uuid()
/** The SHA-256 of the content the person saw. */
const seen = z.string().regex(/^[0-9a-f]{64}$/)

export const requestsRouter = router({
  list: listing('request:read')
    .input(listRequests.extend(paging))
    .query(({ ctx, input: { cursor, direction: _direction, ...filters } }) =>
      requestListing.page(ctx.db, ctx.actor, { ...filters, after: cursor }),
    ),
  get: permitted('request:read')
    .input(z.strictObject({ requestId }))
    .query(({ ctx, input }) => requestDetail(ctx, input.requestId)),
  submit: signedIn.input(filing).mutation(async ({ ctx, input: { proof: given, ...content } }) => {
    if (!(await ctx.limits.allow('file', ctx.actor.id))) throw new Refused('too-many')
    return unlessRefused(await runCommitted(submit(ctx), ctx, { content, proof: given }))
  }),
  approve: permitted('request:countersign')
    .input(z.strictObject({ requestId, seen, proof: proof.optional() }))
    .mutation(async ({ ctx, input }) => unlessRefused(await runCommitted(approve(ctx), ctx, input))),
  reject: permitted('request:countersign')
    .input(z.strictObject({ requestId, seen, proof: proof.optional(), reason: justification }))
    .mutation(async ({ ctx, input }) => unlessRefused(await runCommitted(reject(ctx), ctx, input))),
  callBack: permitted('request:call-back')
    .input(z.strictObject({ requestId, outcome: z.enum(callBackOutcomes), note: optionalComment }))
    .mutation(commit(callBack)),
  cancel: signedIn.input(z.strictObject({ requestId })).mutation(commit(cancel)),
  edit: signedIn.input(z.strictObject({ requestId, content: formContent })).mutation(commit(edit)),

  /** "Forgot password": the same words after the same time, whether the account exists, is suspended, or already has one pending. */
  askReset: sparingly('ask-reset')
    .input(z.strictObject({ name: z.union([login, email]), justification: optionalComment }))
    .mutation(async ({ ctx, input }) => {
      const ask = async () => {
        const accountId = await subjects.named(ctx.db, input.name)
        if (accountId) await runCommitted(askPublicly, ctx, { accountId, justification: input.justification || 'public-page' })
      }
      await neutrally(ask()).catch((error: unknown) => {
        if (!(error instanceof Refused)) throw error
      })
      return { asked: true as const }
    }),
})
