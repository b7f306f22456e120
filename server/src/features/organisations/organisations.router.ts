import { covers, levels, scopeOf } from '@countersign/shared/access/scope.ts'
import { profileIds } from '@countersign/shared/accounts/profiles.ts'
import { profileOpenTo } from '@countersign/shared/requests/filing.ts'
import { plainText } from '@countersign/shared/text/fields.ts'
import { z } from 'zod'
import { Refused } from '../../kernel/refused.ts'
import { permitted, router } from '../../trpc.ts'
import { organisations } from './organisations.store.ts'

export const organisationsRouter = router({
  /** For pickers: organisations of one's scope by name, at the levels asked for. */
  search: permitted('organisation:read')
    .input(
      z.strictObject({
        words: plainText(100),
        levels: z.array(z.enum(levels)).max(6),
        purpose: z.enum(['read', 'create-account', 'grant-role']),
      }),
    )
    .query(({ ctx, input }) => {
      const scopes = {
        read: 'organisation:read',
        'create-account': 'request:file:create-account',
        'grant-role': 'request:file:grant-role',
      } as const
      return organisations.search(ctx.db, scopeOf(ctx.actor, scopes[input.purpose]), input)
    }),
  /** The profiles one may ask for there: the network has them, and they reach no wider than one's own scope. */
  profiles: permitted('request:file:create-account')
    .input(z.strictObject({ organisationId: z.uuid() }))
    .query(async ({ ctx, input }) => {
      const home = await organisations.find(ctx.db, input.organisationId)
      if (!home || !covers(scopeOf(ctx.actor, 'request:file:create-account'), home.place))
        throw new Refused('not-found', input.organisationId)
      return profileIds.filter((profile) => profileOpenTo(ctx.actor, profile, home))
    }),
  named: permitted('organisation:read')
    .input(z.strictObject({ ids: z.array(z.uuid()).max(120) }))
    .query(({ ctx, input }) => organisations.named(ctx.db, scopeOf(ctx.actor, 'organisation:read'), input.ids)),
})
