import { z } from 'zod'
import { type Actor, covers, holds, type Place, scopeOf } from '../access/scope.ts'
import { justification } from '../text/fields.ts'
import { firstObjection, granted, type Rule, refused, type Verdict } from '../verdict.ts'

/** The supervisory authority is told within this time of becoming aware of a breach (GDPR, article 33 (1)). */
export const notificationHours = 72

export const notificationDeadline = (knownAt: Date): Date => new Date(knownAt.getTime() + notificationHours * 3_600_000)

/** What people call it: a line, as a reason is. */
export const incidentName = justification.pipe(z.string().max(120, 'field-too-long'))

/** An incident as the rules see it. */
export type IncidentCase = {
  readonly place: Place
  readonly openedBy: string
  readonly openedAt: Date
  /** When somebody became aware: the clock of article 33 begins here. */
  readonly knownAt: Date
  readonly notifiedAt: Date | null
  readonly closedAt: Date | null
}

type Case = {
  readonly actor: Actor
  readonly incident: IncidentCase
  /** Their own account is the suspect, or one of those it is about. */
  readonly concerned: boolean
}
/** A moment that is written down as past: when it was known, when it was notified. */
type Dated = Case & { readonly at: Date; readonly now: Date }

/** Over all of its place, or one's own: what one may contain in two départements may belong to a region. */
const over = (
  actor: Actor,
  permission: 'incident:read' | 'incident:keep',
  { place, openedBy }: Pick<IncidentCase, 'place' | 'openedBy'>,
): boolean => covers(scopeOf(actor, permission), place) || (openedBy === actor.id && holds(actor, permission))

export const maySeeIncident = (actor: Actor, incident: Pick<IncidentCase, 'place' | 'openedBy'>): boolean =>
  over(actor, 'incident:read', incident)

const whileOpen: Rule<Case> = ({ incident }) => incident.closedAt !== null && 'already-decided'

const keepingRules: readonly Rule<Case>[] = [
  ({ actor, incident }) => !maySeeIncident(actor, incident) && 'out-of-scope',
  ({ actor, incident }) => !over(actor, 'incident:keep', incident) && 'not-permitted',
  // Whoever an incident is about does not write its story.
  ({ concerned }) => concerned && 'own-account',
  whileOpen,
]

/** Who may write in an incident's file: whoever keeps incidents over all of its place, while it is open. */
export const decideKeeping = (subject: Case): Verdict<true> => {
  const objection = firstObjection(keepingRules, subject)
  return objection ? refused(objection) : granted(true)
}

const datingRules: readonly Rule<Dated>[] = [
  ...keepingRules,
  // What was notified was notified as it was known then.
  ({ incident }) => incident.notifiedAt !== null && 'already-decided',
  ({ at, now }) => at > now && 'moment-ahead',
  // The clock is never set back: it was known then, and cannot have become known later.
  ({ incident, at }) => at > incident.knownAt && 'moment-late',
]

/** When it became known can be found to be earlier, and never later. */
export const decideDating = (subject: Dated): Verdict<true> => {
  const objection = firstObjection(datingRules, subject)
  return objection ? refused(objection) : granted(true)
}

const notifyingRules: readonly Rule<Dated>[] = [
  ...keepingRules,
  ({ incident }) => incident.notifiedAt !== null && 'already-decided',
  ({ at, now }) => at > now && 'moment-ahead',
  ({ incident, at }) => at < incident.knownAt && 'moment-early',
]

/** The authority is told once, after it was known and not in the future. */
export const decideNotifying = (subject: Dated): Verdict<true> => {
  const objection = firstObjection(notifyingRules, subject)
  return objection ? refused(objection) : granted(true)
}

const reopeningRules: readonly Rule<Case>[] = [
  ...keepingRules.filter((rule) => rule !== whileOpen),
  ({ incident }) => incident.closedAt === null && 'already-in-state',
]

/** Closed too early, it is opened again by anybody who keeps it, and its story goes on. */
export const decideReopening = (subject: Case): Verdict<true> => {
  const objection = firstObjection(reopeningRules, subject)
  return objection ? refused(objection) : granted(true)
}
