import type { BulkStatus, BulkSteer } from '@countersign/shared/bulks/bulk.ts'
import { decideSteer } from '@countersign/shared/bulks/deciding.ts'
import type { DomainEvent } from '@countersign/shared/events.ts'
import type { Operation, Work } from '../../kernel/commit.ts'
import { orRefuse } from '../../kernel/refused.ts'
import { bulks, leftOf, type StoredBulk } from './bulks.store.ts'
import { conclude } from './conclude.ts'

type Steering = (work: Pick<Work<unknown>, 'tx' | 'now'>, bulk: StoredBulk) => Promise<DomainEvent>

const steering =
  (steer: BulkSteer, act: Steering): Operation<{ readonly bulkId: string }, BulkStatus> =>
  async ({ tx, actor, now }, { bulkId }) => {
    const bulk = await bulks.lock(tx, bulkId)
    const status = orRefuse(decideSteer(steer, { actor, bulk, now }), bulkId)
    return { value: status, events: [await act({ tx, now }, bulk)] }
  }

/** Between two chunks: what is done stays done, the rest waits. */
export const pause = steering('pause', async ({ tx, now }, bulk) => {
  await bulks.pause(tx, bulk, now)
  return { type: 'bulk.paused', subject: bulk.id, organisation: bulk.organisationId, data: { left: leftOf(bulk) } }
})

export const resume = steering('resume', async ({ tx, now }, bulk) => {
  await bulks.resume(tx, bulk, now)
  return { type: 'bulk.resumed', subject: bulk.id, organisation: bulk.organisationId, data: { left: leftOf(bulk) } }
})

/** For good: the report says what was done and what was not. */
export const stop = steering('stop', ({ tx, now }, bulk) => conclude(tx, bulk, { how: 'operator', now }))
