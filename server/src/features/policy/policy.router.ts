import { proof } from '@countersign/shared/access/proof.ts'
import { policyDocument } from '@countersign/shared/policy/policy.ts'
import { justification } from '@countersign/shared/text/fields.ts'
import { z } from 'zod'
import { runCommitted } from '../../kernel/commit.ts'
import { Refused, unlessRefused } from '../../kernel/refused.ts'
import { permitted, router } from '../../trpc.ts'
import { askForPolicy } from './ask.ts'
import { policies } from './policy.store.ts'
import { signingAt } from './signing.ts'
import { tryPolicy } from './try.ts'

export const policyRouter = router({
  get: permitted('policy:read').query(async ({ ctx }) => {
    const [policy, pending, since] = await Promise.all([policies.read(ctx.db), policies.pending(ctx.db), policies.since(ctx.db)])
    return { policy, pending, since }
  }),
  /** Who could countersign what in an organisation of one's scope, today. */
  signing: permitted('policy:read')
    .input(z.strictObject({ organisationId: z.uuid() }))
    .query(({ ctx, input }) => signingAt(ctx.db, ctx.actor, input.organisationId)),
  /** What a draft would have asked of the last 90 days, whom it would leave without anybody to sign, and what it makes of the collusion number. It writes nothing; a draft is too long for an address. */
  try: permitted('request:file:set-policy')
    .input(z.strictObject({ after: policyDocument }))
    .mutation(async ({ ctx, input }) => {
      if (!(await ctx.limits.allow('dry-run', ctx.actor.id))) throw new Refused('too-many')
      return tryPolicy(ctx.db, input.after, new Date())
    }),
  ask: permitted('request:file:set-policy')
    .input(z.strictObject({ after: policyDocument, justification, proof: proof.optional() }))
    .mutation(async ({ ctx, input }) => unlessRefused(await runCommitted(askForPolicy(ctx), ctx, input))),
})
