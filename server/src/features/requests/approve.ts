import { decideApproval, independentSince } from '@countersign/shared/requests/approval.ts'
import type { Operation } from '../../kernel/commit.ts'
import { orRefuse } from '../../kernel/refused.ts'
import { execute } from './execute.ts'
import { requests, type StoredRequest } from './requests.store.ts'

export type DecisionInput = { readonly requestId: string; readonly seen: string }

/** What every entry about a request says of it. */
export const factOf = (request: StoredRequest) => ({ reference: request.reference, kind: request.kind, accountId: request.subjectId })

/** Countersigns. The last approval executes the request in the same transaction. */
export const approve: Operation<DecisionInput, 'pending' | 'executed'> = async ({ tx, actor, now }, { requestId, seen }) => {
  const request = await requests.lock(tx, requestId)
  const involved = [actor.id, request.requesterId, request.subjectId, ...request.approverIds].filter((id) => id !== null)
  const kinship = await requests.kinship(tx, involved, independentSince(now))
  const status = orRefuse(decideApproval({ actor, request, kinship, now, seen }), requestId)

  await requests.approve(tx, { requestId, approverId: actor.id, contentHash: seen, now })
  const given = {
    type: 'request.approval-given' as const,
    subject: requestId,
    organisation: request.organisationId,
    data: { ...factOf(request), contentHash: seen },
  }
  if (status === 'pending') return { value: status, events: [given] }

  await requests.decide(tx, requestId, { status, by: actor.id, now, reason: null })
  const { events, lineage } = await execute(tx, request, [...request.approverIds, actor.id], now)
  const executed = {
    type: 'request.executed' as const,
    subject: requestId,
    organisation: request.organisationId,
    data: { ...factOf(request), contentHash: seen },
  }
  return { value: status, events: [given, executed, ...events], lineage }
}
