import type { Proof } from '@countersign/shared/access/proof.ts'
import { decidePolicyRequest, type Policy } from '@countersign/shared/policy/policy.ts'
import { canonicalJson } from '@countersign/shared/requests/canonical.ts'
import type { Operation } from '../../kernel/commit.ts'
import { orRefuse, Refused } from '../../kernel/refused.ts'
import { sha256 } from '../../kernel/secrets.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { tree } from '../organisations/tree.store.ts'
import { requestSubmitted } from '../requests/facts.ts'
import { requests } from '../requests/requests.store.ts'
import { requirementNow } from '../requests/require.ts'
import { timesOf } from '../requests/working-hours.ts'
import { type Proving, proveForAct, type Unproven } from '../sessions/prove-again.ts'
import { policies } from './policy.store.ts'

export type PolicyAsked = { readonly after: Policy; readonly justification: string; readonly proof?: Proof | undefined }
type Asked = { readonly id: string; readonly reference: number }

/** Asks the other policy owners for another policy. Nothing changes until they have signed. */
export const askForPolicy =
  (proving: Proving): Operation<PolicyAsked, Asked | Pick<Unproven, 'refusal'>> =>
  async (work, { after, justification, proof }) => {
    const { tx, actor, now } = work
    const { document: before } = await policies.lock(tx)
    const nation = await organisations.find(tx, (await tree.nationId(tx)) ?? '')
    if (!nation) throw new Refused('not-found')
    orRefuse(
      decidePolicyRequest({
        actor,
        place: nation.place,
        before,
        after,
        pending: (await policies.pending(tx)) !== null,
        ...(await policies.owners(tx)),
      }),
    )
    const proven = await proveForAct(work, proving, proof, { act: 'ask-policy', on: sha256(canonicalJson(after)) })
    if ('refusal' in proven) return { value: { refusal: proven.refusal }, events: [proven.event] }
    const kind = 'set-policy' as const
    const requirement = await requirementNow(tx, {
      kind,
      network: null,
      place: nation.place,
      profiles: [],
      role: null,
      requesterId: actor.id,
      subjectId: null,
    })
    const content = { kind, before, after, justification }
    const filed = await requests.file(tx, {
      content,
      requesterId: actor.id,
      subjectId: null,
      organisationId: nation.id,
      place: nation.place,
      channel: 'operator',
      device: actor.device,
      ...requirement,
      now,
      ...timesOf(now, requirement.demand),
    })
    return {
      value: { id: filed.id, reference: filed.reference },
      events: [
        proven.given,
        requestSubmitted({ filed, content, subjectId: null, organisationId: nation.id, requirement, channel: 'operator' }),
      ],
    }
  }
