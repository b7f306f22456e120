import { decideOwn } from '@countersign/shared/requests/approval.ts'
import type { Operation } from '../../kernel/commit.ts'
import { orRefuse } from '../../kernel/refused.ts'
import { factOf } from './facts.ts'
import { requests } from './requests.store.ts'

/** Takes one's own request back while nobody has decided. */
export const cancel: Operation<{ readonly requestId: string }, 'cancelled'> = async ({ tx, actor, now }, { requestId }) => {
  const request = await requests.lock(tx, requestId)
  orRefuse(decideOwn({ actor, request, now }), requestId)

  await requests.decide(tx, requestId, { status: 'cancelled', by: actor.id, now, reason: null })

  return {
    value: 'cancelled',
    events: [{ type: 'request.cancelled', subject: requestId, organisation: request.organisationId, data: factOf(request) }],
  }
}
