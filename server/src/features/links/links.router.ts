import { z } from 'zod'
import { commit } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { router, sparingly } from '../../trpc.ts'
import { madePasskey } from '../passkeys/relying-party.ts'
import { disownLink } from './disown-link.ts'
import { links } from './links.store.ts'
import { asksFor, passkeyOptions, redeem, takesPasskey, totpOf } from './redeem.ts'

const token = z.string().regex(/^[\w-]{43}$/, 'link-dead')

export const linksRouter = router({
  /** What a link is for and what it asks. */
  describe: sparingly('link')
    .input(z.strictObject({ token }))
    .query(async ({ ctx, input }) => {
      const link = await links.open(ctx.db, input.token)
      if (!link) throw new Refused('link-dead')
      const asked = asksFor(link)
      return {
        kind: link.kind,
        login: link.login,
        givenName: link.givenName,
        asks: asked,
        totp: asked.secondFactor && link.kind !== 'disown' ? totpOf(ctx.key, link) : null,
        passkey: takesPasskey(link) ? await passkeyOptions(ctx, link) : null,
      }
    }),
  redeem: sparingly('link')
    .input(
      z.strictObject({
        token,
        password: z.string().max(200).nullable(),
        code: z.string().max(20).nullable(),
        passkey: madePasskey.optional(),
      }),
    )
    .mutation(({ ctx, input }) => commit(redeem(ctx))({ ctx, input })),
  disown: sparingly('link').input(z.strictObject({ token })).mutation(commit(disownLink)),
})
