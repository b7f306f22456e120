import { keptView } from '@countersign/shared/accounts/views.ts'
import { z } from 'zod'
import { commit } from '../../kernel/commit.ts'
import { permitted, router } from '../../trpc.ts'
import { remove } from './remove.ts'
import { save } from './save.ts'
import { views } from './views.store.ts'

export const viewsRouter = router({
  list: permitted('account:read').query(({ ctx }) => views.list(ctx.db, ctx.actor.id)),
  save: permitted('account:read').input(keptView).mutation(commit(save)),
  remove: permitted('account:read')
    .input(z.strictObject({ viewId: z.uuid() }))
    .mutation(commit(remove)),
})
