import { decideApproval, independentSince, involved, standingSignatures } from '@countersign/shared/requests/approval.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { orRefuse } from '../../kernel/refused.ts'
import { tiesToList } from '../bulks/lines.store.ts'
import { execute } from './execute.ts'
import { approvalVoided, factOf } from './facts.ts'
import { requests } from './requests.store.ts'
import { signatures } from './signatures.store.ts'

export type DecisionInput = { readonly requestId: string; readonly seen: string }

/** Countersigns. The last approval executes the request in the same transaction. */
export const approve: Operation<DecisionInput, 'pending' | 'executed'> = async ({ tx, actor, now }, { requestId, seen }) => {
  const locked = await requests.lock(tx, requestId)
  const kinship = await signatures.kinship(tx, [actor.id, ...involved(locked)], independentSince(now))
  const { request, fallen } = standingSignatures({ request: locked, kinship, now })
  const status = orRefuse(
    decideApproval({ actor, request, kinship, ...(await tiesToList(tx, request.content, actor.id, independentSince(now))), now, seen }),
    requestId,
  )

  await signatures.void(tx, { requestIds: [requestId], approverIds: fallen, because: 'not-independent', now })
  await signatures.give(tx, { requestId, approverId: actor.id, contentHash: seen, now })
  const given = {
    type: 'request.approval-given' as const,
    subject: requestId,
    organisation: request.organisationId,
    data: { ...factOf(request), contentHash: seen },
  }
  const voided = fallen.map((approverId) => approvalVoided(request, approverId, 'not-independent'))
  // What no longer counts is told before what counts beside it.
  if (status === 'pending') return { value: status, events: told([...voided, given]) }

  await requests.decide(tx, requestId, { status, by: actor.id, now, reason: null })
  const { events, lineage } = await execute(tx, request, [...request.approverIds, actor.id], now)
  const executed = {
    type: 'request.executed' as const,
    subject: requestId,
    organisation: request.organisationId,
    data: { ...factOf(request), contentHash: seen },
  }
  return { value: status, events: told([...voided, given, executed, ...events]), lineage }
}
