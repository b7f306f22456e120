import { type Decision, type DecisionSigned, decisionText, type Proof, requirementText } from '@countersign/shared/access/proof.ts'
import type { Underwritten } from '@countersign/shared/events.ts'
import type { Person } from '../../kernel/actor.ts'
import type { Work } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { sha256 } from '../../kernel/secrets.ts'
import { challengeIn, challengeOf } from '../passkeys/relying-party.ts'
import { type Proving, proveAgain, type Unproven } from '../sessions/prove-again.ts'
import type { StoredRequest } from './requests.store.ts'

export type DecisionInput = {
  readonly requestId: string
  readonly seen: string
  /** Asked for afresh at every decision; none only from somebody who holds nothing to prove themselves with. */
  readonly proof?: Proof | undefined
}

/** The hash of what a request needs, as it stands now. */
export const requirementHash = (request: Pick<StoredRequest, 'approvalsNeeded' | 'approverRoles' | 'demand'>): string =>
  sha256(requirementText(request))

/** Is this a signature over the request as it was before another reader was asked for? Then it is no wrong one: it has to be read again. */
const signsFewer = (
  proof: Proof | undefined,
  request: StoredRequest,
  said: Pick<DecisionSigned, 'requestId' | 'contentHash' | 'decision'>,
) => {
  if (proof?.kind !== 'passkey') return false
  const [challenge, { nonce }] = [challengeIn(proof), proof]
  return Array.from({ length: request.approvalsNeeded - 1 }, (_, fewer) => ({ ...request, approvalsNeeded: fewer + 1 })).some(
    (before) => challengeOf(decisionText({ ...said, requirementHash: requirementHash(before), nonce })) === challenge,
  )
}

/** Who decides, proven over this content, this requirement and this decision: what stands with it in the audit. */
export const underwrite = async (
  work: Work<Person>,
  proving: Proving,
  { request, decision, seen, proof }: Omit<DecisionInput, 'requestId'> & { readonly request: StoredRequest; readonly decision: Decision },
): Promise<Underwritten | Unproven> => {
  const hash = requirementHash(request)
  const said = { requestId: request.id, contentHash: seen, decision }
  if (signsFewer(proof, request, said)) throw new Refused('content-changed', request.id)
  const proven = await proveAgain(work, proving, proof, (nonce) => decisionText({ ...said, requirementHash: hash, nonce }), request.id)
  if ('refusal' in proven) return proven
  const { through } = work.actor
  return { requirementHash: hash, ...proven, ...(through === 'here' ? {} : { through }) }
}
