import type { Assurance } from '../access/proof.ts'
import { cameAsAsked, type SignedInThrough } from '../access/provider.ts'
import type { Role } from '../access/roles.ts'
import { type Actor, covers, type Place, scopeOf, scopeOfRoles } from '../access/scope.ts'
import { type Kinship, related } from '../policy/independence.ts'
import type { Policy } from '../policy/policy.ts'
import type { Demand } from '../policy/rules.ts'
import type { RefusalCode } from '../refusals.ts'
import { firstObjection, granted, type Rule, refused, type Verdict } from '../verdict.ts'
import type { RequestKind } from './kinds.ts'
import { callable, leadsIn, sureEnough } from './requirement.ts'
import { emptyPlaces, fits, type Standing } from './stages.ts'
import type { CallBackOutcome, RequestStatus } from './status.ts'

/** A request as the rules see it: loaded, complete, and locked when a decision is about to be written. */
export type RequestCase = {
  readonly kind: RequestKind
  readonly status: RequestStatus
  readonly place: Place
  readonly requesterId: string | null
  readonly subjectId: string | null
  readonly approverIds: readonly string[]
  /** Those who signed, with the roles they hold by now. */
  readonly signers: readonly Actor[]
  readonly approvalsNeeded: number
  readonly approverRoles: readonly Role[]
  /** What the rule of the policy asks, frozen; null where it was asked before policies had rules. */
  readonly demand: Demand | null
  /** From when on those one level up may sign as well. */
  readonly widensAt: Date | null
  readonly contentHash: string
  readonly expiresAt: Date
  readonly heldUntil: Date | null
  readonly callBack: CallBackOutcome | null
  /** Who made the last call. */
  readonly callerId: string | null
  /** The browsers it was asked, edited and signed from, and called from where nobody known asked; those that are known. */
  readonly devices: readonly string[]
}

export type ApprovalCase = {
  readonly actor: Actor
  readonly request: RequestCase
  /** The browser the actor is at; null where it is not known. */
  readonly device: string | null
  /** Where their session began; null where it was not looked at. */
  readonly through: SignedInThrough | 'here' | null
  /** The lineage around everybody involved. */
  readonly kinship: readonly Kinship[]
  /** From when on it counts. */
  readonly since: Date
  /** Of a list: the person stands on it, or somebody on it is related to them. */
  readonly onList: boolean
  readonly relatedToList: boolean
  readonly now: Date
  /** The hash of the content the person had before their eyes (H10). */
  readonly seen: string
  /** How sure it can be, or is, that they themselves sign; null where it was not looked at. */
  readonly strongest: Assurance | null
}

const days = 24 * 60 * 60 * 1000
/** From when on a hand in each other makes people dependent, as far as the policy in force looks back. */
export const independentSince = (now: Date, { independenceDays }: Pick<Policy, 'independenceDays'>): Date =>
  new Date(now.getTime() - independenceDays * days)

export type Involved = Pick<RequestCase, 'requesterId' | 'subjectId' | 'approverIds' | 'callerId'>

/** Everybody with a hand in a request. Where nobody known asked, whoever called stands in the place of who asks. */
export const involved = ({ requesterId, subjectId, approverIds, callerId }: Involved): string[] =>
  [requesterId ?? callerId, subjectId, ...approverIds].filter((id) => id !== null)

/** Is nobody with a hand in it somebody whom one person could control together with this one (P2)? */
export const isIndependent = (personId: string, request: Involved, kinship: readonly Kinship[], since: Date): boolean =>
  !involved(request).some((person) => person !== personId && related(personId, person, kinship, since))

type Asked = Pick<RequestCase, 'kind' | 'place' | 'approverRoles' | 'demand' | 'widensAt'>

const standingOf = ({ place, widensAt }: Pick<Asked, 'place' | 'widensAt'>, now: Date): Standing => ({
  place,
  wide: widensAt !== null && widensAt <= now,
})

/** Does this person hold a role that countersigns such a request there, now or when it goes up one level? */
export const isForThem = (actor: Actor, { place, approverRoles, demand }: Omit<Asked, 'kind' | 'widensAt'>): boolean =>
  actor.grants.some(({ role }) => approverRoles.includes(role)) &&
  (demand ? demand.stages.some((stage) => fits(actor, stage, { place, wide: true })) : covers(scopeOfRoles(actor, approverRoles), place))

/** Could this person's signature fill a place in it now? */
export const fillsNow = (actor: Actor, request: Asked, now: Date): boolean =>
  request.demand
    ? request.demand.stages.some((stage) => fits(actor, stage, standingOf(request, now)))
    : covers(scopeOfRoles(actor, request.approverRoles), request.place)

/** The number on record is called before anybody signs: always for a reset and another contact, and where the policy asks for it. */
export const needsCall = ({ kind, demand }: Pick<Asked, 'kind' | 'demand'>): boolean =>
  leadsIn(kind) || ((demand?.callBack ?? false) && (callable as readonly RequestKind[]).includes(kind))

/** How many places stay empty once these have signed. */
export const missing = (request: Asked, signers: readonly Actor[], now: Date): number =>
  request.demand ? emptyPlaces(request.demand.stages, signers, standingOf(request, now)) : 0

/** Those whose signature stands, and this person with them. */
const withActor = ({ actor, request }: Pick<ApprovalCase, 'actor' | 'request'>): readonly Actor[] => [
  ...request.signers.filter(({ id }) => request.approverIds.includes(id) && id !== actor.id),
  actor,
]

const inScope: Rule<Pick<ApprovalCase, 'actor' | 'request'>> = ({ actor, request }) => !isForThem(actor, request) && 'out-of-scope'

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
  ({ actor, request, kinship, since }) => !isIndependent(actor.id, request, kinship, since) && 'not-independent',
  ({ request, relatedToList }) => request.kind === 'reinstate-bulk' && relatedToList && 'not-independent',
  ({ request, now }) =>
    request.heldUntil !== null &&
    request.heldUntil > now &&
    (request.demand?.coolingOffHours ? 'cooling-off' : 'held-after-contact-change'),
  ({ request }) => needsCall(request) && request.callBack !== 'confirmed' && 'call-back-missing',
  // Where nobody known asked, the one who called is the first of the two people it takes.
  ({ actor, request }) => request.requesterId === null && request.callerId === actor.id && 'called-back-yourself',
  ({ actor, request, now }) => !fillsNow(actor, request, now) && 'other-level',
  // A signature that leaves too few to come for the places that stay empty would only use itself up.
  (subject) =>
    missing(subject.request, withActor(subject), subject.now) > Math.max(0, subject.request.approvalsNeeded - withActor(subject).length) &&
    'stage-filled',
  ({ request, strongest }) =>
    request.demand !== null && strongest !== null && !sureEnough(strongest, request.demand.assurance) && 'assurance-too-low',
  ({ request, through }) => through !== null && !cameAsAsked(through, request.demand?.signIn) && 'signed-in-elsewhere',
  // Last: who may not sign at all is told why before where.
  ({ request, device }) => device !== null && request.devices.includes(device) && 'same-device',
]

/** The signatures under a request, with the lineage around everybody involved. */
export type Signatures = Pick<ApprovalCase, 'kinship' | 'since'> & { readonly request: Involved }

/** Those whose signature stands no longer: by now somebody else in this request could control them, or could be controlled by whoever controls them (P2). */
export const dependentApprovers = ({ request, kinship, since }: Signatures): readonly string[] =>
  request.approverIds.filter((id) => involved(request).some((other) => other !== id && related(id, other, kinship, since)))

/** A request with the signatures that still stand, and those that fell. What is shown and what is decided both begin with it. */
export const standingSignatures = <R extends Involved>({
  request,
  kinship,
  since,
}: Pick<Signatures, 'kinship' | 'since'> & { readonly request: R }): { readonly request: R; readonly fallen: readonly string[] } => {
  const fallen = dependentApprovers({ request, kinship, since })
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
  // No place is empty then: a signature that would leave one is not taken.
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
  ({ actor, request }) => !covers(scopeOf(actor, 'request:call-back'), request.place) && 'out-of-scope',
  ({ request }) => !needsCall(request) && 'not-permitted',
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
