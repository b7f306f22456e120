import { decideOwn } from '@countersign/shared/requests/approval.ts'
import type { FormContent } from '@countersign/shared/requests/content.ts'
import { sameDemand } from '@countersign/shared/requests/requirement.ts'
import { termsOf } from '@countersign/shared/requests/terms.ts'
import type { Operation } from '../../kernel/commit.ts'
import { orRefuse, Refused } from '../../kernel/refused.ts'
import { factOf } from './facts.ts'
import { requests } from './requests.store.ts'
import { requirementNow } from './require.ts'
import { asAsked, prepare } from './submit.ts'

export type EditInput = { readonly requestId: string; readonly content: FormContent }

/** Changes one's own pending request. Every approval given to the old content is void; what it needs stays. */
export const edit: Operation<EditInput, { readonly contentHash: string }> = async ({ tx, actor, now }, { requestId, content }) => {
  const request = await requests.lock(tx, requestId)
  orRefuse(decideOwn({ actor, request, now }), requestId)
  const ownLogin = request.content.kind === 'create-account' ? request.content.login : null
  const prepared = await prepare(tx, actor, content, now, ownLogin)
  // A request keeps its subject and its place: another one is another request. A role is asked for with a proof, as a whole, and what
  // somebody has confirmed on the telephone is what is signed: another contact is asked for anew.
  if (
    content.kind === 'grant-role' ||
    content.kind === 'change-contact' ||
    content.kind !== request.kind ||
    prepared.subjectId !== request.subjectId ||
    prepared.organisationId !== request.organisationId
  )
    throw new Refused('not-permitted', requestId)

  // What it needs is frozen: content that would need something else is asked for anew.
  const { demand } = await requirementNow(tx, asAsked(prepared, request.requesterId))
  // Nor does new content use up the time that was given to object to the old.
  if (!request.demand || request.demand.coolingOffHours > 0 || !sameDemand(demand, request.demand))
    throw new Refused('other-requirement', requestId)
  const { hash, voided } = await requests.rewrite(tx, requestId, { content: prepared.content, device: actor.device, now })

  return {
    value: { contentHash: hash },
    events: [
      {
        type: 'request.edited',
        subject: requestId,
        organisation: request.organisationId,
        data: {
          ...factOf(request),
          before: request.contentHash,
          after: hash,
          approvalsNeeded: request.approvalsNeeded,
          terms: termsOf(prepared.content),
          approvalsVoided: voided,
        },
      },
    ],
  }
}
