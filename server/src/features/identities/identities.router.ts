import { proof } from '@countersign/shared/access/proof.ts'
import { z } from 'zod'
import { runCommitted } from '../../kernel/commit.ts'
import { neutrally } from '../../kernel/neutral.ts'
import { Refused, unlessRefused } from '../../kernel/refused.ts'
import { open, type Request, router, signedIn, sparingly } from '../../trpc.ts'
import { asNobody, leaveBehind } from '../sessions/leave.ts'
import { enterThrough } from './enter.ts'
import { flowAt, keepFlow } from './flow.ts'
import { identities } from './identities.store.ts'
import { link, mayLink } from './link.ts'
import type { Known, Provider } from './providers.ts'
import { unlink } from './unlink.ts'

const providerId = z.string().max(40)
/** The part of the address a provider sends the browser back with, as it stands there. */
const answer = z.strictObject({ provider: providerId, answer: z.string().startsWith('?').max(8000) })

const among = (providers: readonly Provider[], wanted: string): Provider => {
  const found = providers.find(({ id }) => id === wanted)
  if (!found) throw new Refused('not-found')
  return found
}

/** Redeems what a browser brought back, held against what that very browser began; it serves once, whatever comes of it. */
const redeemed = async (
  { providers, key, flow, limits }: Pick<Request, 'providers' | 'key' | 'flow' | 'limits'>,
  given: z.infer<typeof answer>,
  linking: boolean,
): Promise<{ readonly provider: Provider; readonly known: Known; readonly state: string }> => {
  const provider = among(providers, given.provider)
  const begun = flowAt(key, flow, 'begun')
  flow.keep(null)
  if (begun.linking !== linking) throw new Refused('sign-in-stale')
  if (begun.provider !== provider.id) throw new Refused('provider-answer-wrong')
  // Before the provider is asked, whatever cookies are shown again: nobody makes us flood it.
  if (!(await limits.allow('redeem', begun.asked.state))) throw new Refused('sign-in-stale')
  return { provider, known: await provider.redeem(given.answer, begun.asked), state: begun.asked.state }
}

export const identitiesRouter = router({
  /** Where one may sign in besides here. */
  providers: open.query(({ ctx }) => ctx.providers.map(({ id, name, issuer }) => ({ id, name, issuer }))),

  /** Remembers in this browser what was asked, and says where to go. */
  begin: sparingly('sign-in')
    .input(z.strictObject({ provider: providerId, linking: z.boolean() }))
    .query(async ({ ctx, input }) => {
      const provider = among(ctx.providers, input.provider)
      const { linking } = input
      // Before they go there in vain.
      if (linking && ctx.person) await mayLink(ctx.db, ctx.person.id, provider.issuer, false, new Date())
      const { url, asked } = await provider.begin(linking)
      keepFlow(ctx.key, ctx.flow, { step: 'begun', provider: provider.id, linking, asked, at: Date.now() })
      return { url }
    }),

  enter: sparingly('sign-in')
    .input(answer)
    .mutation(async ({ ctx, input }) => {
      const { provider, known, state } = await redeemed(ctx, input, false)
      const { token } = unlessRefused(await neutrally(enterThrough(asNobody(ctx), provider, known, state)))
      await leaveBehind(ctx)
      ctx.setSession(token)
      return { signedIn: true as const }
    }),

  /** Whom the provider knew, before they say that it is to open their account from now on. */
  receive: signedIn.input(answer).query(async ({ ctx, input }) => {
    const { provider, known, state } = await redeemed(ctx, input, true)
    const who = { issuer: known.through.issuer, subject: known.subject }
    keepFlow(ctx.key, ctx.flow, { step: 'answered', sessionId: ctx.actor.sessionId, state, ...who, at: Date.now() })
    return { name: provider.name, ...who }
  }),

  mine: signedIn.query(async ({ ctx }) => {
    const nameOf = (issuer: string) => ctx.providers.find((one) => one.issuer === issuer)?.name ?? new URL(issuer).hostname
    return (await identities.of(ctx.db, ctx.actor.id)).map(({ id, issuer, subject, linkedAt, lastUsedAt }) => ({
      id,
      issuer,
      name: nameOf(issuer),
      subject,
      linkedAt,
      lastUsedAt,
    }))
  }),

  link: signedIn.input(z.strictObject({ proof: proof.optional() })).mutation(async ({ ctx, input }) => {
    if (!(await ctx.limits.allow('file', ctx.actor.id))) throw new Refused('too-many')
    // Kept while a code was mistyped; the state itself links once.
    const answered = flowAt(ctx.key, ctx.flow, 'answered')
    unlessRefused(await runCommitted(link(ctx), ctx, { answered, ...input }))
    ctx.flow.keep(null)
    return { linked: true as const }
  }),

  unlink: signedIn
    .input(z.strictObject({ identityId: z.uuid(), proof: proof.optional() }))
    .mutation(async ({ ctx, input }) => unlessRefused(await runCommitted(unlink(ctx), ctx, input))),
})
