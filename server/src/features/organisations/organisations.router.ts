import { levels, scopeOf } from '@countersign/shared/access/scope.ts'
import { z } from 'zod'
import { permitted, router } from '../../trpc.ts'
import { organisations } from './organisations.store.ts'

export const organisationsRouter = router({
  /** For pickers: organisations of one's scope by name, at the levels asked for. */
  search: permitted('organisation:read')
    .input(
      z.strictObject({
        words: z.string().max(100),
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
  named: permitted('organisation:read')
    .input(z.strictObject({ ids: z.array(z.uuid()).max(20) }))
    .query(({ ctx, input }) => organisations.named(ctx.db, scopeOf(ctx.actor, 'organisation:read'), input.ids)),
})
