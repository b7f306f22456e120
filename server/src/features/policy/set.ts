import type { DomainEvent } from '@countersign/shared/events.ts'
import { samePolicy } from '@countersign/shared/policy/policy.ts'
import type { ContentOf } from '@countersign/shared/requests/kinds.ts'
import type { Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import type { StoredRequest } from '../requests/requests.store.ts'
import { policies } from './policy.store.ts'

/** Puts the countersigned policy in force, if what it was to replace is still what there is. */
export const setPolicy = async (
  tx: Tx,
  request: StoredRequest,
  { before, after }: ContentOf<'set-policy'>,
  now: Date,
): Promise<DomainEvent> => {
  const standing = await policies.lock(tx)
  if (!samePolicy(standing.document, before)) throw new Refused('changed-since', request.id)
  await policies.set(tx, after, request.id, now)
  return { type: 'policy.set', subject: standing.id, organisation: request.organisationId, data: { requestId: request.id, before, after } }
}
