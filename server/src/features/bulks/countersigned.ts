import type { DomainEvent } from '@countersign/shared/events.ts'
import type { Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { bulks } from './bulks.store.ts'

/** The list of a bulk has its signatures: from here on it runs by itself. */
export const countersigned = async (tx: Tx, bulkId: string, requestId: string, now: Date): Promise<DomainEvent> => {
  const bulk = await bulks.lock(tx, bulkId)
  if (bulk.status !== 'waiting' || bulk.requestId !== requestId) throw new Refused('already-in-state', requestId)
  await bulks.act(tx, bulk, now)
  return { type: 'bulk.countersigned', subject: bulkId, organisation: bulk.organisationId, data: { requestId } }
}
