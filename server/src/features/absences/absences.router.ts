import { absenceDates } from '@countersign/shared/absences/absence.ts'
import { z } from 'zod'
import { commit } from '../../kernel/commit.ts'
import { permitted, router } from '../../trpc.ts'
import { absences } from './absences.store.ts'
import { announce, signingGrants } from './announce.ts'
import { withdraw } from './withdraw.ts'

export const absencesRouter = router({
  /** What one has announced, and who could stand in. */
  mine: permitted('absence:announce').query(async ({ ctx }) => {
    const [announced, delegates] = await Promise.all([
      absences.of(ctx.db, ctx.actor.id),
      absences.delegates(ctx.db, ctx.actor.id, signingGrants(ctx.actor)),
    ])
    return { announced, delegates }
  }),
  announce: permitted('absence:announce').input(absenceDates).mutation(commit(announce)),
  withdraw: permitted('absence:announce')
    .input(z.strictObject({ absenceId: z.uuid() }))
    .mutation(commit(withdraw)),
})
