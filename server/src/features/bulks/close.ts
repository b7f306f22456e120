import type { BulkStatus } from '@countersign/shared/bulks/bulk.ts'
import type { Nobody } from '../../kernel/actor.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { requests } from '../requests/requests.store.ts'
import { bulks } from './bulks.store.ts'
import { conclude } from './conclude.ts'

/**
 * Ends a bulk that goes no further by itself: one whose request was refused, fell or expired, and one whose orderer is out. What it
 * suspended stays suspended; nothing was given.
 */
export const close: Operation<{ readonly bulkId: string }, BulkStatus, Nobody> = async ({ tx, now }, { bulkId }) => {
  const bulk = await bulks.lock(tx, bulkId)
  if (bulk.status === 'waiting' && bulk.requestId && (await requests.statusOf(tx, bulk.requestId)) !== 'pending')
    return { value: 'finished', events: [await conclude(tx, bulk, { how: 'finished', now })] }
  if ((bulk.status === 'running' || bulk.status === 'paused') && !(await bulks.ordererStands(tx, bulkId)))
    return { value: 'stopped', events: [await conclude(tx, bulk, { how: 'orderer-out', now })] }
  throw new Refused('already-in-state', bulkId)
}
