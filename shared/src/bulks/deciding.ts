import { type Actor, covers, type Place, scopeOf, scopeOfRoles } from '../access/scope.ts'
import { mayCountersign } from '../requests/requirement.ts'
import { firstObjection, granted, type Rule, refused, type Verdict } from '../verdict.ts'
import { type BulkStatus, type BulkSteer, type BulkStep, type BulkVerb, bulkNeeds, nextBulkStatus, undoHours } from './bulk.ts'

/** A bulk as the rules see it. */
export type BulkCase = {
  readonly verb: BulkVerb
  readonly status: BulkStatus
  readonly step: BulkStep
  readonly ordererId: string
  readonly place: Place
  readonly planned: number
  readonly listHash: string
  readonly previewedAt: Date
  /** Null while it has not ended. */
  readonly endedAt: Date | null
}

type Case = { readonly actor: Actor; readonly bulk: BulkCase; readonly now: Date }
type Seen = Case & { readonly seen: string }

/** A dry run older than this describes another day. */
export const previewHours = 24

const hoursSince = (at: Date, now: Date): number => (now.getTime() - at.getTime()) / 3_600_000

/** One's own, or within one's scope; a dry run is nobody's business but of whoever made it. */
export const maySee = (actor: Actor, { ordererId, status, place }: Pick<BulkCase, 'ordererId' | 'status' | 'place'>): boolean =>
  ordererId === actor.id || (status !== 'previewed' && covers(scopeOf(actor, 'account:read'), place))

const hidden: Rule<Case> = ({ actor, bulk }) => !maySee(actor, bulk) && 'out-of-scope'

const startRules: readonly Rule<Seen>[] = [
  ({ actor, bulk }) => bulk.ordererId !== actor.id && 'out-of-scope',
  ({ bulk }) => bulk.status !== 'previewed' && 'already-decided',
  ({ bulk, now }) => hoursSince(bulk.previewedAt, now) > previewHours && 'expired',
  ({ actor, bulk }) => scopeOf(actor, bulkNeeds[bulk.verb]).length === 0 && 'not-permitted',
  ({ bulk, seen }) => bulk.listHash !== seen && 'content-changed',
  ({ bulk }) => bulk.planned === 0 && 'nothing-to-do',
]

/** Who ran the dry run confirms it, naming the list they saw. */
export const decideStart = (subject: Seen): Verdict<true> => {
  const objection = firstObjection(startRules, subject)
  return objection ? refused(objection) : granted(true)
}

/**
 * Whoever could have ordered it over the whole of its place may hold it up as well, and whoever could ask for its return may stop it: a
 * hijacked orderer must not be the only one. Only going on needs who could have begun.
 */
const steers = (steer: BulkSteer, { actor, bulk }: Case): boolean => {
  // A return is in the hands of who asked for it and of those who could sign it, not of whoever put them out.
  if (bulk.verb === 'reinstate')
    return bulk.ordererId === actor.id || covers(scopeOfRoles(actor, mayCountersign['reinstate-bulk']), bulk.place)
  const ordering = scopeOf(actor, bulkNeeds[bulk.verb])
  const ending = bulk.verb === 'suspend' || bulk.verb === 'revoke'
  const holding = ending && steer !== 'resume' ? scopeOf(actor, 'request:file:reinstate') : []
  return bulk.ordererId === actor.id || covers([...ordering, ...holding], bulk.place)
}

export const decideSteer = (steer: BulkSteer, subject: Case): Verdict<BulkStatus> => {
  const possible: Partial<Record<string, BulkStatus>> = nextBulkStatus[subject.bulk.status]
  const next = possible[steer]
  if (hidden(subject)) return refused('out-of-scope')
  if (!steers(steer, subject)) return refused('not-permitted')
  return next ? granted(next) : refused('already-in-state')
}

const givingBackRules: readonly Rule<Case>[] = [
  hidden,
  ({ actor }) => scopeOf(actor, 'request:file:reinstate').length === 0 && 'not-permitted',
  ({ bulk }) => (bulk.verb === 'reset' || bulk.verb === 'reinstate' || bulk.status === 'previewed') && 'already-in-state',
  ({ bulk }) => bulk.verb === 'revoke' && bulk.step === 'act' && 'account-revoked',
  // What still runs would put out again, or further, what is being given back.
  ({ bulk }) => (bulk.status === 'running' || bulk.status === 'paused') && 'bulk-at-work',
  ({ bulk, now }) => bulk.endedAt !== null && hoursSince(bulk.endedAt, now) > undoHours && 'undo-too-late',
]

/** Anybody who may ask for an account back may ask for all a bulk has suspended, as one request, within a day of its end. */
export const decideGivingBack = (subject: Case): Verdict<true> => {
  const objection = firstObjection(givingBackRules, subject)
  return objection ? refused(objection) : granted(true)
}
