import { filedWith } from '../access/permissions.ts'
import { type Actor, covers, type Place, scopeOf } from '../access/scope.ts'
import type { RefusalCode } from '../refusals.ts'
import { decideCallBack, involved, isForThem, needsCall, objectionsToApproval, type RequestCase } from '../requests/approval.ts'
import { type FilingCase, objectionsToFiling } from '../requests/filing.ts'
import type { RequestKind } from '../requests/kinds.ts'
import type { Requirement } from '../requests/requirement.ts'
import type { Kinship } from './independence.ts'

/** One thing a coalition might want done: the request it would take, as the rules of filing and of countersigning see it. */
export type Attempt = {
  readonly kind: RequestKind
  /** Null for what no form asks for: a policy, a list given back. */
  readonly filing: Omit<FilingCase, 'actor'> | null
  readonly place: Place
  readonly subjectId: string | null
  readonly requirement: Requirement
}

export type StepAct = 'ask' | 'call' | 'sign' | 'alter'

/** What one of them does; the public page asks in nobody's name. */
export type Step = { readonly by: string | null; readonly act: StepAct; readonly kind: RequestKind; readonly about: string | null }

export type Circumstances = {
  readonly kinship: readonly Kinship[]
  readonly now: Date
  /** Objections that are set aside, to see what the rule is for. */
  readonly waived: ReadonlySet<RefusalCode>
  /** Those of whom it is known already that one person could control both: the rule would say so too, and take longer. */
  readonly dependent?: (one: string, other: string) => boolean
}

const seen = 'seen'

/** May this person, or the public page, ask for it? */
export const mayAsk = (actor: Actor | 'public', { kind, filing, place }: Attempt): boolean => {
  if (filing) return (actor !== 'public' || kind === 'reset-credentials') && objectionsToFiling({ ...filing, actor }).length === 0
  return actor !== 'public' && covers(scopeOf(actor, filedWith[kind]), place)
}

const asked = ({ kind, place, subjectId, requirement }: Attempt, requesterId: string | null, now: Date): RequestCase => ({
  kind,
  status: 'pending',
  place,
  requesterId,
  subjectId,
  approverIds: [],
  signers: [],
  ...requirement,
  // Whoever attacks can wait until it goes up one level.
  widensAt: now,
  contentHash: seen,
  expiresAt: new Date(now.getTime() + 1),
  heldUntil: null,
  callBack: null,
  callerId: null,
  devices: [],
})

/** Would this signature be taken? Whoever attacks works from as many devices as there are accounts. */
const maySign = (actor: Actor, request: RequestCase, { kinship, now, waived, dependent }: Circumstances): boolean =>
  !(dependent && involved(request).some((person) => dependent(actor.id, person))) &&
  objectionsToApproval({
    actor,
    request,
    device: null,
    through: null,
    kinship,
    // All that is given counts: it was fetched as far back as the policy looks.
    since: new Date(0),
    onList: false,
    relatedToList: false,
    now,
    seen,
    strongest: null,
  }).every((objection) => waived.has(objection))

/** The signatures still missing, from among these; null where there are not enough. */
const signedBy = (coalition: readonly Actor[], request: RequestCase, circumstances: Circumstances): readonly string[] | null => {
  if (request.approverIds.length >= request.approvalsNeeded) return request.approverIds
  for (const actor of coalition) {
    if (!maySign(actor, request, circumstances)) continue
    const complete = signedBy(
      coalition,
      { ...request, approverIds: [...request.approverIds, actor.id], signers: [...request.signers, actor] },
      circumstances,
    )
    if (complete) return complete
  }
  return null
}

/** The request once somebody of the coalition has called back, where that is asked; each way of calling is tried. */
const called = (coalition: readonly Actor[], request: RequestCase, now: Date): readonly RequestCase[] =>
  needsCall(request)
    ? coalition
        .filter((actor) => decideCallBack({ actor, request, now }).ok)
        .map((caller) => ({ ...request, callBack: 'confirmed', callerId: caller.id }))
    : [request]

/** Everything these people have to do to have it carried out, nobody else lifting a hand; null where they cannot. */
export const carriedOutBy = (
  coalition: readonly Actor[],
  attempt: Attempt,
  circumstances: Circumstances,
  askers: readonly (Actor | 'public')[] = [...coalition, 'public'],
  callers: readonly Actor[] = coalition,
): readonly Step[] | null => {
  const { kind, subjectId: about } = attempt
  if (signersThere(coalition, attempt) === 0 && attempt.requirement.approvalsNeeded > 0) return null
  for (const asker of askers) {
    if (!mayAsk(asker, attempt)) continue
    const by = asker === 'public' ? null : asker.id
    for (const request of called(callers, asked(attempt, by, circumstances.now), circumstances.now)) {
      const signers = signedBy(coalition, request, circumstances)
      if (!signers) continue
      const step = (act: StepAct, who: string | null): Step => ({ by: who, act, kind, about })
      return [step('ask', by), ...(request.callerId ? [step('call', request.callerId)] : []), ...signers.map((one) => step('sign', one))]
    }
  }
  return null
}

/** Might any of these sign what that person asked? What an honest signer is shown is not what the attacker wants, while the guards hold. */
export const signerFor = (asker: Actor, others: readonly Actor[], attempt: Attempt, circumstances: Circumstances): Actor | null =>
  others.find((actor) => maySign(actor, { ...asked(attempt, asker.id, circumstances.now), callBack: 'confirmed' }, circumstances)) ?? null

/** Could what honest people signed be something else by the time it is carried out? The rule that binds a signature to a content is asked. */
export const alteredBy = (
  asker: Actor,
  honest: readonly Actor[],
  attempt: Attempt,
  circumstances: Circumstances,
): readonly Step[] | null => {
  if (!mayAsk(asker, attempt)) return null
  const shown = { ...asked(attempt, asker.id, circumstances.now), callBack: 'confirmed', contentHash: 'altered' } as const
  const signers = signedBy(honest, shown, circumstances)
  const { kind, subjectId: about } = attempt
  const step = (act: StepAct, by: string): Step => ({ by, act, kind, about })
  return signers && [step('ask', asker.id), ...signers.map((one) => step('sign', one)), step('alter', asker.id)]
}

/** How many hold a role that signs this there. */
export const signersThere = (people: readonly Actor[], { requirement, place }: Attempt): number =>
  people.filter((actor) => isForThem(actor, { place, ...requirement })).length
