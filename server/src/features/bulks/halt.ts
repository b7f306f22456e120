import type { BulkStatus } from '@countersign/shared/bulks/bulk.ts'
import type { Nobody } from '../../kernel/actor.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { bulks, leftOf } from './bulks.store.ts'

/** Holds up a bulk whose next chunk the database refuses, and says why: it must not stand in the way of the others. */
export const halt: Operation<{ readonly bulkId: string; readonly why: string }, BulkStatus, Nobody> = async (
  { tx, now },
  { bulkId, why },
) => {
  const bulk = await bulks.lock(tx, bulkId)
  if (bulk.status !== 'running') throw new Refused('already-in-state', bulkId)
  await bulks.halt(tx, bulk, { why, now })
  return {
    value: 'paused',
    events: [{ type: 'bulk.halted', subject: bulkId, organisation: bulk.organisationId, data: { why, left: leftOf(bulk) } }],
  }
}
