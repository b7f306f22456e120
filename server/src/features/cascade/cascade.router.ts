import { mostReached } from '@countersign/shared/cascade/cascade.ts'
import { incidentName } from '@countersign/shared/incidents/incident.ts'
import { justification } from '@countersign/shared/text/fields.ts'
import { z } from 'zod'
import { commit } from '../../kernel/commit.ts'
import { permitted, router } from '../../trpc.ts'
import { contain } from './contain.ts'
import { trace } from './trace.ts'

const since = z.iso.datetime({ offset: true }).transform((text) => new Date(text))

export const cascadeRouter = router({
  trace: permitted('account:suspend')
    .input(z.strictObject({ suspectId: z.uuid(), since }))
    .query(({ ctx, input }) => trace(ctx.db, ctx.actor, input.suspectId, input.since)),
  contain: permitted('account:revoke')
    .input(
      z.strictObject({
        suspectId: z.uuid(),
        since,
        accountIds: z
          .array(z.uuid())
          .min(1)
          .max(mostReached + 1),
        justification,
        under: z.union([z.strictObject({ name: incidentName }), z.strictObject({ incidentId: z.uuid() })]),
      }),
    )
    .mutation(commit(contain)),
})
