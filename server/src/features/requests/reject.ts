import { decideRejection } from '@countersign/shared/requests/approval.ts'
import type { Operation } from '../../kernel/commit.ts'
import { orRefuse } from '../../kernel/refused.ts'
import { bulks } from '../bulks/bulks.store.ts'
import { askBack } from '../bulks/give-back.ts'
import type { Proving, Unproven } from '../sessions/prove-again.ts'
import { type DecisionInput, underwrite } from './decide.ts'
import { factOf } from './facts.ts'
import { requests } from './requests.store.ts'

/**
 * Refuses a request, with a sentence the requester will read. Whoever refuses a mass revocation asks, in the same breath, for everybody
 * it has suspended to come back: one request, which somebody else countersigns.
 */
export const reject =
  (proving: Proving): Operation<DecisionInput & { readonly reason: string }, 'rejected' | Pick<Unproven, 'refusal'>> =>
  async (work, { requestId, seen, proof, reason }) => {
    const { tx, actor, now } = work
    const request = await requests.lock(tx, requestId)
    const status = orRefuse(decideRejection({ actor, request, now, seen }), requestId)
    const proven = await underwrite(work, proving, { request, decision: 'reject', seen, proof })
    if ('refusal' in proven) return { value: { refusal: proven.refusal }, events: [proven.event] }

    await requests.decide(tx, requestId, { status, by: actor.id, now, reason })

    const { content } = request
    const back =
      content.kind === 'revoke-bulk' ? await askBack(tx, actor, await bulks.lock(tx, content.bulkId), { justification: reason, now }) : null
    return {
      value: status,
      events: [
        {
          type: 'request.rejected',
          subject: requestId,
          organisation: request.organisationId,
          data: { ...factOf(request), reason, contentHash: seen, ...proven },
        },
        ...(back?.events ?? []),
      ],
    }
  }
