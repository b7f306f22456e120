import { decidePolicyRequest, type Policy } from '@countersign/shared/policy/policy.ts'
import { requirementFor } from '@countersign/shared/requests/requirement.ts'
import type { Operation } from '../../kernel/commit.ts'
import { orRefuse, Refused } from '../../kernel/refused.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { tree } from '../organisations/tree.store.ts'
import { requests } from '../requests/requests.store.ts'
import { deadlineAfter } from '../requests/working-hours.ts'
import { policies } from './policy.store.ts'

export type PolicyAsked = { readonly after: Policy; readonly justification: string }

/** Asks the other policy owners for another policy. Nothing changes until they have signed. */
export const askForPolicy: Operation<PolicyAsked, { readonly id: string; readonly reference: number }> = async (
  { tx, actor, now },
  { after, justification },
) => {
  const { document: before } = await policies.lock(tx)
  const nation = await organisations.find(tx, (await tree.nationId(tx)) ?? '')
  if (!nation) throw new Refused('not-found')
  orRefuse(decidePolicyRequest({ actor, place: nation.place, before, after, pending: (await policies.pending(tx)) !== null }))
  const kind = 'set-policy' as const
  const requirement = requirementFor(kind, 'sensitive', await requests.policyOwnersEver(tx))
  const filed = await requests.file(tx, {
    content: { kind, before, after, justification },
    requesterId: actor.id,
    subjectId: null,
    organisationId: nation.id,
    place: nation.place,
    channel: 'operator',
    ...requirement,
    now,
    expiresAt: deadlineAfter(now, kind),
    heldUntil: null,
  })
  return {
    value: { id: filed.id, reference: filed.reference },
    events: [
      {
        type: 'request.submitted',
        subject: filed.id,
        organisation: nation.id,
        data: {
          reference: filed.reference,
          kind,
          accountId: null,
          contentHash: filed.hash,
          approvalsNeeded: requirement.approvalsNeeded,
          channel: 'operator',
        },
      },
    ],
  }
}
