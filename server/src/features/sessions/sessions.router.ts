import { type Permission, permissions } from '@countersign/shared/access/permissions.ts'
import { holds } from '@countersign/shared/access/scope.ts'
import { plainText } from '@countersign/shared/text/fields.ts'
import { z } from 'zod'
import { commit, runCommitted } from '../../kernel/commit.ts'
import { neutrally } from '../../kernel/neutral.ts'
import { Refused } from '../../kernel/refused.ts'
import { open, router, signedIn, sparingly } from '../../trpc.ts'
import { authenticate } from './authenticate.ts'
import { cast } from './cast.store.ts'
import { enterDemo } from './enter-demo.ts'
import { signOut } from './sign-out.ts'

export const sessionsRouter = router({
  /** Who is here, and what they may do anywhere: what the shell needs before the first screen. Null for nobody. */
  current: open.query(async ({ ctx }) => {
    const { person, demo } = ctx
    if (!person) return { demo, person: null }
    const named = await cast.describe(ctx.db, person)
    const may = (Object.keys(permissions) as Permission[]).filter((permission) => holds(person, permission))
    return { demo, person: named ? { ...named, may, twoFactor: person.twoFactor } : null }
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
      const { token } = await neutrally(authenticate(ctx, ctx.key, input))
      ctx.setSession(token)
      return { signedIn: true as const }
    }),

  signOut: signedIn.input(z.strictObject({ sessionId: z.uuid().nullable() })).mutation(async ({ ctx, input }) => {
    await commit(signOut)({ ctx, input })
    if (input.sessionId === null) ctx.setSession(null)
    return { signedOut: true as const }
  }),

  cast: open.query(({ ctx }) => (ctx.demo ? cast.list(ctx.db) : [])),

  enterDemo: open.input(z.strictObject({ accountId: z.uuid() })).mutation(async ({ ctx, input }) => {
    if (!ctx.demo || !(await cast.includes(ctx.db, input.accountId))) throw new Refused('not-found')
    const { token } = await runCommitted(enterDemo, ctx, input)
    ctx.setSession(token)
    return { signedIn: true as const }
  }),
})
