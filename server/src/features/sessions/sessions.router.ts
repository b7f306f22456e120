import { type Permission, permissions } from '@countersign/shared/access/permissions.ts'
import { assertion, nonceText, proof } from '@countersign/shared/access/proof.ts'
import { holds } from '@countersign/shared/access/scope.ts'
import { plainText } from '@countersign/shared/text/fields.ts'
import { z } from 'zod'
import { commit, runCommitted } from '../../kernel/commit.ts'
import { neutrally } from '../../kernel/neutral.ts'
import { Refused, unlessRefused } from '../../kernel/refused.ts'
import { open, router, signedIn, sparingly } from '../../trpc.ts'
import { newNonce } from '../passkeys/nonces.ts'
import { authenticate } from './authenticate.ts'
import { cast } from './cast.store.ts'
import { credentials } from './credentials.store.ts'
import { enterDemo } from './enter-demo.ts'
import { enterWithPasskey } from './enter-with-passkey.ts'
import { allowExport } from './export-ticket.ts'
import { asNobody, leaveBehind } from './leave.ts'
import { signOut } from './sign-out.ts'
import { signOutElsewhere } from './sign-out-elsewhere.ts'

export const sessionsRouter = router({
  /** Who is here, and what they may do anywhere: what the shell needs before the first screen. Null for nobody. */
  current: open.query(async ({ ctx }) => {
    const { person, demo } = ctx
    if (!person) return { demo, person: null }
    const named = await cast.describe(ctx.db, person)
    const may = (Object.keys(permissions) as Permission[]).filter((permission) => holds(person, permission))
    const { totp, recoveryCodes, passkeys, passwordHash } = await credentials.heldBy(ctx.db, person.id)
    /** What this person is asked to prove themselves with. */
    const factors = {
      code: totp || recoveryCodes > 0,
      recoveryCodes,
      passkeys: passkeys.map(({ id }) => id.toString('base64url')),
      password: passwordHash !== null,
    }
    return { demo, person: named ? { ...named, may, factors, twoFactor: person.twoFactor, relyingParty: ctx.relyingParty.id } : null }
  }),

  signIn: sparingly('sign-in')
    .input(
      z.strictObject({
        login: plainText(254).transform((text) => text.normalize('NFKC').trim().toLowerCase()),
        password: z.string().min(1).max(200),
        code: z.string().min(1).max(40).nullable(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { token } = await neutrally(authenticate({ ...asNobody(ctx), limits: ctx.limits }, ctx.key, input))
      await leaveBehind(ctx)
      ctx.setSession(token)
      return { signedIn: true as const }
    }),

  /** What an authenticator is asked to sign with any passkey it has for this place: nobody is named, so nothing is told. */
  passkeyChallenge: sparingly('sign-in').query(({ ctx }) => ({ challenge: newNonce(ctx.key, 'sign-in'), rpId: ctx.relyingParty.id })),

  signInWithPasskey: sparingly('sign-in')
    .input(assertion.extend({ nonce: nonceText }))
    .mutation(async ({ ctx, input }) => {
      const { token } = unlessRefused(await neutrally(enterWithPasskey(asNobody(ctx), ctx, input)))
      await leaveBehind(ctx)
      ctx.setSession(token)
      return { signedIn: true as const }
    }),

  allowExport: signedIn
    .input(z.strictObject({ on: z.union([z.enum(['accounts', 'audit', 'bundle']), z.uuid()]), proof: proof.optional() }))
    .mutation(async ({ ctx, input }) => {
      if (!(await ctx.limits.allow('export', ctx.actor.id))) throw new Refused('too-many')
      return unlessRefused(await runCommitted(allowExport(ctx), ctx, input))
    }),

  signOut: signedIn.input(z.strictObject({ sessionId: z.uuid().nullable() })).mutation(async ({ ctx, input }) => {
    await commit(signOut)({ ctx, input })
    if (input.sessionId === null) ctx.setSession(null)
    return { signedOut: true as const }
  }),

  signOutElsewhere: signedIn.mutation(commit(signOutElsewhere)),

  cast: open.query(({ ctx }) => (ctx.demo ? cast.list(ctx.db) : [])),

  enterDemo: open.input(z.strictObject({ accountId: z.uuid() })).mutation(async ({ ctx, input }) => {
    if (!ctx.demo || !(await cast.includes(ctx.db, input.accountId))) throw new Refused('not-found')
    const { token } = await runCommitted(enterDemo, ctx, input)
    ctx.setSession(token)
    return { signedIn: true as const }
  }),
})
