import { type Actor, covers, type Place, scopeOf } from '../access/scope.ts'
import { firstObjection, granted, type Rule, refused, type Verdict } from '../verdict.ts'
import type { Severity } from './finding.ts'

/** `accepted` has a reason and an end; `snoozed` only an end. Both come back: by recurring after it, or by themselves. */
export const findingStatuses = ['open', 'accepted', 'snoozed'] as const
export type FindingStatus = (typeof findingStatuses)[number]

/** Nothing is accepted for longer than people stay in a job unlooked at (access reviews: every three months). */
export const longestAcceptance = 90
/** Put off until the week after at most. */
export const longestSnooze = 7

type Case = {
  readonly actor: Actor
  readonly finding: {
    readonly accountId: string | null
    readonly place: Place
    readonly status: FindingStatus
    readonly severity: Severity
  }
  readonly until: Date
  readonly longestDays: number
  readonly now: Date
}

/** What is suspected of oneself is for others to see: it would warn whoever has one's session. */
export const maySeeFinding = (actor: Actor, { accountId, place }: { readonly accountId: string | null; readonly place: Place }): boolean =>
  accountId !== actor.id && covers(scopeOf(actor, 'signal:read'), place)

const rules: readonly Rule<Case>[] = [
  ({ actor, finding }) => !maySeeFinding(actor, finding) && 'out-of-scope',
  ({ actor, finding }) => !covers(scopeOf(actor, 'signal:settle'), finding.place) && 'not-permitted',
  ({ until, now }) => until <= now && 'moment-past',
  ({ until, now, longestDays }) => until.getTime() - now.getTime() > (longestDays + 1) * 86_400_000 && 'too-long',
]

/** May this person accept it, or put it off, until then? */
export const decideSettling = (subject: Case): Verdict<true> => {
  const objection = firstObjection(rules, subject)
  return objection ? refused(objection) : granted(true)
}
