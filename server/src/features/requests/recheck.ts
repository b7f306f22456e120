import type { DomainEvent } from '@countersign/shared/events.ts'
import { dependentApprovers, independentSince, involved } from '@countersign/shared/requests/approval.ts'
import { leastIndependenceDays } from '@countersign/shared/requests/requirement.ts'
import type { Nobody } from '../../kernel/actor.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { policies } from '../policy/policy.store.ts'
import { approvalVoided, factOf } from './facts.ts'
import { requests } from './requests.store.ts'
import { signatures } from './signatures.store.ts'

/**
 * Holds a request's signatures once more against the lineage (P2). On a pending one those that depend on somebody involved are
 * void, and it waits for others; on an executed one, where that should be impossible, it is written down for the auditor.
 */
export const recheck: Operation<{ readonly requestId: string }, number, Nobody> = async ({ tx, now }, { requestId }) => {
  const request = await requests.lock(tx, requestId)
  const at = request.decidedAt ?? now
  // What was carried out was asked to be as independent as every policy asks; what waits, as this one does.
  const window = request.decidedAt ? { independenceDays: leastIndependenceDays } : await policies.independence(tx)
  const since = independentSince(at, window)
  const edges = await signatures.kinship(tx, involved(request), since)
  const dependent = dependentApprovers({ request, kinship: edges.filter((edge) => edge.at < at), since })
  if (dependent.length === 0) throw new Refused('already-in-state', requestId)

  if (request.status === 'pending') {
    await signatures.void(tx, { requestIds: [requestId], approverIds: dependent, because: 'not-independent', now })
    return { value: dependent.length, events: told(dependent.map((id) => approvalVoided(request, id, 'not-independent'))) }
  }
  const events = dependent.map(
    (approverId): DomainEvent => ({
      type: 'request.found-dependent',
      subject: requestId,
      organisation: request.organisationId,
      data: { ...factOf(request), approverId },
    }),
  )
  return { value: dependent.length, events: told(events) }
}
