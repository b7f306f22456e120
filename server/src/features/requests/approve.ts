import type { DomainEvent } from '@countersign/shared/events.ts'
import { decideApproval, independentSince, involved, standingSignatures } from '@countersign/shared/requests/approval.ts'
import { sureEnough } from '@countersign/shared/requests/requirement.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import type { Tx } from '../../kernel/db.ts'
import { orRefuse, Refused } from '../../kernel/refused.ts'
import { tiesToList } from '../bulks/lines.store.ts'
import { policies } from '../policy/policy.store.ts'
import type { Proving, Unproven } from '../sessions/prove-again.ts'
import { type DecisionInput, underwrite } from './decide.ts'
import { execute } from './execute.ts'
import { approvalVoided, factOf } from './facts.ts'
import { paces } from './pace.store.ts'
import { requests, type StoredRequest } from './requests.store.ts'
import { signatures } from './signatures.store.ts'

/** Whoever has not read the last ten is given somebody who reads this one too, once. */
const secondReader = async (tx: Tx, request: StoredRequest, actorId: string, now: Date): Promise<DomainEvent | null> => {
  const { hurried } = await paces.of(tx, actorId, now)
  if (!hurried || (await paces.askedMore(tx, request.id))) return null
  const approvalsNeeded = await requests.raise(tx, request.id)
  return { type: 'request.held', subject: request.id, organisation: request.organisationId, data: { ...factOf(request), approvalsNeeded } }
}

/** Countersigns, with a passkey over exactly what was seen or a weaker proof that is recorded as such. The last approval executes the request in the same transaction. */
export const approve =
  (proving: Proving): Operation<DecisionInput, 'pending' | 'executed' | Pick<Unproven, 'refusal'>> =>
  async (work, { requestId, seen, proof }) => {
    const { tx, actor, now } = work
    const locked = await requests.lock(tx, requestId)
    const since = independentSince(now, await policies.hold(tx))
    const kinship = await signatures.kinship(tx, [actor.id, ...involved(locked)], since)
    const { request, fallen } = standingSignatures({ request: locked, kinship, since })
    const decided = orRefuse(
      decideApproval({
        actor,
        device: actor.device,
        through: actor.through,
        request,
        kinship,
        since,
        ...(await tiesToList(tx, request.content, actor.id, since)),
        now,
        seen,
        strongest: null,
      }),
      requestId,
    )
    const proven = await underwrite(work, proving, { request, decision: 'approve', seen, proof })
    if ('refusal' in proven) return { value: { refusal: proven.refusal }, events: [proven.event] }
    if (request.demand && !sureEnough(proven.assurance, request.demand.assurance)) throw new Refused('assurance-too-low', requestId)

    await signatures.void(tx, { requestIds: [requestId], approverIds: fallen, because: 'not-independent', now })
    await signatures.give(tx, {
      requestId,
      approverId: actor.id,
      contentHash: seen,
      assurance: proven.assurance,
      device: actor.device,
      now,
    })
    const held = await secondReader(tx, request, actor.id, now)
    const about = { subject: requestId, organisation: request.organisationId }
    const given: DomainEvent = {
      type: 'request.approval-given',
      ...about,
      data: { ...factOf(request), contentHash: seen, ...proven },
    }
    const voided = fallen.map((approverId) => approvalVoided(request, approverId, 'not-independent'))
    // What no longer counts is told before what counts beside it.
    const before = [...voided, given, ...(held ? [held] : [])]
    if (held || decided === 'pending') return { value: 'pending', events: told(before) }

    await requests.decide(tx, requestId, { status: decided, by: actor.id, now, reason: null })
    const { events, lineage } = await execute(tx, request, [...request.approverIds, actor.id], now)
    const executed: DomainEvent = { type: 'request.executed', ...about, data: { ...factOf(request), contentHash: seen } }
    return { value: decided, events: told([...before, executed, ...events]), lineage }
  }
