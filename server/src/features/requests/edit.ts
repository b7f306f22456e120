import { decideOwn } from '@countersign/shared/requests/approval.ts'
import type { FormContent } from '@countersign/shared/requests/kinds.ts'
import { requirementFor } from '@countersign/shared/requests/requirement.ts'
import { termsOf } from '@countersign/shared/requests/terms.ts'
import type { Operation } from '../../kernel/commit.ts'
import { orRefuse, Refused } from '../../kernel/refused.ts'
import { factOf } from './facts.ts'
import { requests } from './requests.store.ts'
import { prepare } from './submit.ts'

export type EditInput = { readonly requestId: string; readonly content: FormContent }

/** Changes one's own pending request. Every approval given to the old content is void; the requirement may rise, never fall. */
export const edit: Operation<EditInput, { readonly contentHash: string }> = async ({ tx, actor, now }, { requestId, content }) => {
  const request = await requests.lock(tx, requestId)
  orRefuse(decideOwn({ actor, request, now }), requestId)
  const ownLogin = request.content.kind === 'create-account' ? request.content.login : null
  const prepared = await prepare(tx, actor, content, now, ownLogin)
  // A request keeps its subject and its place: another one is another request, and a role is asked for with a proof, as a whole.
  if (
    content.kind === 'grant-role' ||
    content.kind !== request.kind ||
    prepared.subjectId !== request.subjectId ||
    prepared.organisationId !== request.organisationId
  )
    throw new Refused('not-permitted', requestId)

  const requirement = requirementFor(request.kind, prepared.sensitivity, await requests.policyOwnersEver(tx))
  const needed = Math.max(request.approvalsNeeded, requirement.approvalsNeeded)
  const { hash, voided } = await requests.rewrite(tx, requestId, { content: prepared.content, approvalsNeeded: needed, now })

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
          approvalsNeeded: needed,
          terms: termsOf(prepared.content),
          approvalsVoided: voided,
        },
      },
    ],
  }
}
