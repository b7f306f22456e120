import { proof } from '@countersign/shared/access/proof.ts'
import { z } from 'zod'
import { runCommitted } from '../../kernel/commit.ts'
import { Refused, unlessRefused } from '../../kernel/refused.ts'
import { router, signedIn } from '../../trpc.ts'
import { cast } from '../sessions/cast.store.ts'
import { add, mayAdd } from './add.ts'
import { newNonce } from './nonces.ts'
import { passkeys } from './passkeys.store.ts'
import { madePasskey, registrationOptions } from './relying-party.ts'
import { remove } from './remove.ts'

export const passkeysRouter = router({
  mine: signedIn.query(async ({ ctx }) =>
    (await passkeys.of(ctx.db, ctx.actor.id)).map(({ id, name, synced, createdAt, lastUsedAt }) => ({
      id,
      name,
      synced,
      createdAt,
      lastUsedAt,
    })),
  ),

  /** What this session signs, or types, next. */
  nonce: signedIn.query(({ ctx }) => newNonce(ctx.key, `session:${ctx.actor.sessionId}`)),

  options: signedIn.query(async ({ ctx }) => {
    // Before the device makes one that would be refused.
    await mayAdd(ctx.db, ctx.actor.id, new Date())
    const named = await cast.describe(ctx.db, ctx.actor)
    if (!named) throw new Refused('not-found')
    const nonce = newNonce(ctx.key, `session:${ctx.actor.sessionId}`)
    return { nonce, options: await registrationOptions(ctx.relyingParty, named, nonce, await passkeys.of(ctx.db, ctx.actor.id)) }
  }),

  add: signedIn.input(madePasskey.extend({ proof: proof.optional() })).mutation(async ({ ctx, input }) => {
    if (!(await ctx.limits.allow('file', ctx.actor.id))) throw new Refused('too-many')
    return unlessRefused(await runCommitted(add(ctx), ctx, input))
  }),

  remove: signedIn
    .input(z.strictObject({ passkeyId: z.uuid(), proof: proof.optional() }))
    .mutation(async ({ ctx, input }) => unlessRefused(await runCommitted(remove(ctx), ctx, input))),
})
