import type { DomainEvent } from '@countersign/shared/events.ts'
import { decideCallBack } from '@countersign/shared/requests/approval.ts'
import type { CallBackOutcome } from '@countersign/shared/requests/status.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { orRefuse } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { closeDisowned } from '../accounts/close.ts'
import { factOf } from './facts.ts'
import { requests } from './requests.store.ts'

export type CallBackInput = { readonly requestId: string; readonly outcome: CallBackOutcome; readonly note: string }

/**
 * Writes down what came of calling the number on record. "It was not me" suspends the account there and then; somebody else
 * answering refuses the request. Only "confirmed" opens the way to a countersignature.
 */
export const callBack: Operation<CallBackInput, CallBackOutcome> = async ({ tx, actor, now }, { requestId, outcome, note }) => {
  const request = await requests.lock(tx, requestId)
  orRefuse(decideCallBack({ actor, request, now }), requestId)

  await requests.recordCall(tx, { requestId, callerId: actor.id, device: actor.device, outcome, note, now })
  const called: DomainEvent = {
    type: 'request.called-back',
    subject: requestId,
    organisation: request.organisationId,
    data: { ...factOf(request), outcome, note },
  }
  if (outcome === 'confirmed' || outcome === 'not-reached') return { value: outcome, events: [called] }

  await requests.decide(tx, requestId, { status: 'rejected', by: actor.id, now, reason: outcome })
  const rejected: DomainEvent = {
    type: 'request.rejected',
    subject: requestId,
    organisation: request.organisationId,
    data: { ...factOf(request), reason: outcome },
  }
  if (outcome === 'someone-else' || !request.subjectId) return { value: outcome, events: [called, rejected] }

  const [row] = await accounts.lockAll(tx, [request.subjectId])
  const events = row && row.status !== 'revoked' ? await closeDisowned(tx, { row, by: actor.id, cause: 'denied-on-call-back', now }) : []
  return { value: outcome, events: told([called, rejected, ...events]) }
}
