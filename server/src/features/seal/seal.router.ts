import { z } from 'zod'
import { paging } from '../../kernel/page.ts'
import { listing, permitted, router } from '../../trpc.ts'
import { checks } from './check.store.ts'
import { checkpoints } from './checkpoints.store.ts'
import { mayTakeBundle } from './export-bundle.ts'
import { places } from './places.store.ts'
import { seal } from './seal.store.ts'

export const sealRouter = router({
  /** Every checkpoint that was signed, the newest first, as an auditor keeps it. */
  checkpoints: listing('audit:read')
    .input(z.strictObject(paging))
    .query(({ ctx, input }) => checkpoints.page(ctx.db, input.cursor)),

  /** How far the audit is sealed, who has seen it, and whether it is still what was sealed. */
  state: permitted('audit:read').query(async ({ ctx }) => {
    const [newest, witnessed, everywhere, { heldAt, held, wrong }, waitingSince] = await Promise.all([
      checkpoints.newest(ctx.db),
      checkpoints.newestWitnessed(ctx.db),
      places.all(ctx.db),
      checks.get(ctx.db),
      seal.waitingSince(ctx.db),
    ])
    return {
      keys: ctx.publicKeys,
      /** Why its reader cannot take the bundle themselves; null where they can. */
      can: { bundle: mayTakeBundle(ctx.actor) ? null : ('not-permitted' as const) },
      checkpoint: newest && { ...newest, madeAt: newest.madeAt.toISOString() },
      witnessed: witnessed && {
        size: witnessed.checkpoint.size,
        witness: witnessed.cosignature.witness,
        at: witnessed.cosignature.at.toISOString(),
      },
      places: everywhere.map(({ name, size, broughtAt, failingSince, failure }) => ({
        name,
        size,
        broughtAt: broughtAt?.toISOString() ?? null,
        failingSince: failingSince?.toISOString() ?? null,
        failure,
      })),
      check: {
        heldAt: heldAt?.toISOString() ?? null,
        held,
        wrong: wrong && { position: wrong.position, fault: wrong.fault, since: wrong.since.toISOString() },
      },
      /** When the oldest entry was written that has no place yet; null where all have. */
      waitingSince: waitingSince?.toISOString() ?? null,
    }
  }),
})
