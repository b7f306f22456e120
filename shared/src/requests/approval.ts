import type { Role } from '../access/roles.ts'
import { type Actor, covers, type Place, scopeOf, scopeOfRoles } from '../access/scope.ts'
import { type Kinship, related } from '../policy/independence.ts'
import type { RefusalCode } from '../refusals.ts'
import { firstObjection, granted, type Rule, refused, type Verdict } from '../verdict.ts'
import type { RequestKind } from './kinds.ts'
import { independenceDays } from './requirement.ts'
import type { CallBackOutcome, RequestStatus } from './status.ts'

/** A request as the rules see it: loaded, complete, and locked when a decision is about to be written. */
export type RequestCase = {
  readonly kind: RequestKind
  readonly status: RequestStatus
  readonly place: Place
  readonly requesterId: string | null
  readonly subjectId: string | null
  readonly approverIds: readonly string[]
  readonly approvalsNeeded: number
  readonly approverRoles: readonly Role[]
  readonly contentHash: string
  readonly expiresAt: Date
  readonly heldUntil: Date | null
  readonly callBack: CallBackOutcome | null
  /** Who made the last call. */
  readonly callerId: string | null
  /** The browsers it was asked and signed from, and called from where nobody known asked; those that are known. */
  readonly devices: readonly string[]
}

export type ApprovalCase = {
  readonly actor: Actor
  readonly request: RequestCase
  /** The browser the actor is at; null where it is not known. */
  readonly device: string | null
  /** The lineage around everybody involved. */
  readonly kinship: readonly Kinship[]
  /** Of a list: the person stands on it, or somebody on it is related to them. */
  readonly onList: boolean
  readonly relatedToList: boolean
  readonly now: Date
  /** The hash of the content the person had before their eyes (H10). */
  readonly seen: string
}

const days = 24 * 60 * 60 * 1000
export const independentSince = (now: Date): Date => new Date(now.getTime() - independenceDays * days)

export type Involved = Pick<RequestCase, 'requesterId' | 'subjectId' | 'approverIds' | 'callerId'>

/** Everybody with a hand in a request. Where nobody known asked, whoever called stands in the place of who asks. */
export const involved = ({ requesterId, subjectId, approverIds, callerId }: Involved): string[] =>
  [requesterId ?? callerId, subjectId, ...approverIds].filter((id) => id !== null)

const inScope: Rule<Pick<ApprovalCase, 'actor' | 'request'>> = ({ actor, request }) =>
  !covers(scopeOfRoles(actor, request.approverRoles), request.place) && 'out-of-scope'

const open: readonly Rule<Pick<ApprovalCase, 'request' | 'now' | 'seen'>>[] = [
  ({ request }) => request.status !== 'pending' && 'already-decided',
  ({ request, now }) => request.expiresAt <= now && 'expired',
  ({ request, seen }) => request.contentHash !== seen && 'content-changed',
]

/** Read aloud, this is what "countersigned by somebody independent" means. Scope first: nobody learns of a request outside theirs. */
const approvalRules: readonly Rule<ApprovalCase>[] = [
  inScope,
  ...open,
  ({ actor, request }) => request.requesterId === actor.id && 'own-request',
  ({ actor, request, onList }) => (onList || request.subjectId === actor.id) && 'own-account',
  ({ actor, request }) => request.approverIds.includes(actor.id) && 'already-approved',
  ({ actor, request, kinship, now }) =>
    involved(request).some((person) => person !== actor.id && related(actor.id, person, kinship, independentSince(now))) &&
    'not-independent',
  ({ request, relatedToList }) => request.kind === 'reinstate-bulk' && relatedToList && 'not-independent',
  ({ request, now }) => request.heldUntil !== null && request.heldUntil > now && 'held-after-contact-change',
  ({ request }) => request.kind === 'reset-credentials' && request.callBack !== 'confirmed' && 'call-back-missing',
  // Where nobody known asked, the one who called is the first of the two people it takes.
  ({ actor, request }) => request.requesterId === null && request.callerId === actor.id && 'called-back-yourself',
  // Last: who may not sign at all is told why before where.
  ({ request, device }) => device !== null && request.devices.includes(device) && 'same-device',
]

/** The signatures under a request, with the lineage around everybody involved. */
export type Signatures = Pick<ApprovalCase, 'kinship' | 'now'> & { readonly request: Involved }

/** Those whose signature stands no longer: by now somebody else in this request could control them, or could be controlled by whoever controls them (P2). */
export const dependentApprovers = ({ request, kinship, now }: Signatures): readonly string[] =>
  request.approverIds.filter((id) => involved(request).some((other) => other !== id && related(id, other, kinship, independentSince(now))))

/** A request with the signatures that still stand, and those that fell. What is shown and what is decided both begin with it. */
export const standingSignatures = <R extends Involved>({
  request,
  kinship,
  now,
}: Pick<Signatures, 'kinship' | 'now'> & { readonly request: R }): { readonly request: R; readonly fallen: readonly string[] } => {
  const fallen = dependentApprovers({ request, kinship, now })
  return { request: { ...request, approverIds: request.approverIds.filter((id) => !fallen.includes(id)) }, fallen }
}

/** All that stands against this approval, in the order of the rules. */
export const objectionsToApproval = (subject: ApprovalCase): readonly RefusalCode[] =>
  approvalRules.map((rule) => rule(subject)).filter((objection) => objection !== false)

/** Says whether this approval may be given, and what the request becomes by it. */
export const decideApproval = (subject: ApprovalCase): Verdict<'pending' | 'executed'> => {
  const objection = firstObjection(approvalRules, subject)
  if (objection) return refused(objection)
  const given = subject.request.approverIds.length + 1
  return granted(given >= subject.request.approvalsNeeded ? 'executed' : 'pending')
}

export type RejectionCase = Pick<ApprovalCase, 'actor' | 'request' | 'now' | 'seen'>

const rejectionRules: readonly Rule<RejectionCase>[] = [
  inScope,
  ...open,
  ({ actor, request }) => request.requesterId === actor.id && 'own-request',
]

/** Saying no needs no independence: whoever may countersign, and did not ask, may refuse. */
export const decideRejection = (subject: RejectionCase): Verdict<'rejected'> => {
  const objection = firstObjection(rejectionRules, subject)
  return objection ? refused(objection) : granted('rejected')
}

export type OwnRequestCase = { readonly actor: Actor; readonly request: RequestCase; readonly now: Date }

const ownRules: readonly Rule<OwnRequestCase>[] = [
  ({ actor, request }) =>
    request.requesterId !== actor.id && (covers(scopeOf(actor, 'request:read'), request.place) ? 'not-your-request' : 'out-of-scope'),
  ({ request }) => request.status !== 'pending' && 'already-decided',
  ({ request, now }) => request.expiresAt <= now && 'expired',
]

/** The requester may cancel or edit while nobody has decided. */
export const decideOwn = (subject: OwnRequestCase): Verdict<true> => {
  const objection = firstObjection(ownRules, subject)
  return objection ? refused(objection) : granted(true)
}

const callBackRules: readonly Rule<OwnRequestCase>[] = [
  inScope,
  ({ request }) => request.kind !== 'reset-credentials' && 'not-permitted',
  ({ request }) => request.status !== 'pending' && 'already-decided',
  ({ request, now }) => request.expiresAt <= now && 'expired',
  ({ actor, request }) => request.requesterId === actor.id && 'own-request',
  ({ actor, request }) => request.subjectId === actor.id && 'own-account',
  // Or two people could call and sign in turns, where it takes three.
  ({ actor, request }) => request.approverIds.includes(actor.id) && 'already-approved',
]

export const decideCallBack = (subject: OwnRequestCase): Verdict<true> => {
  const objection = firstObjection(callBackRules, subject)
  return objection ? refused(objection) : granted(true)
}
