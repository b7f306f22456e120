import { type Actor, covers, type Place, scopeOf } from '../access/scope.ts'
import type { AccountStatus } from '../accounts/status.ts'
import { firstObjection, granted, type Rule, refused, type Verdict } from '../verdict.ts'
import { type Finding, type Severity, severities } from './finding.ts'

/** `accepted` has a reason and an end; `snoozed` only an end. Both come back: by recurring after it, or by themselves. */
export const findingStatuses = ['open', 'accepted', 'snoozed'] as const
export type FindingStatus = (typeof findingStatuses)[number]

/** Nothing is accepted for longer than people stay in a job unlooked at (access reviews: every three months). */
export const longestAcceptance = 90
/** Put off for a week at most. */
export const longestSnooze = 7

/** What nobody has looked at for so long, and has not recurred, is history. */
export const lapsedDays = 30

type Case = {
  readonly actor: Actor
  readonly finding: { readonly accountId: string | null; readonly place: Place; readonly severity: Severity }
  /** Did something that is among its facts: who takes part in what a structure is suspected of is suspected too. */
  readonly involved: boolean
  readonly as: 'accepted' | 'snoozed'
  readonly until: Date
  readonly now: Date
}

/** What is suspected of oneself is for others to see: it would warn whoever has one's session. */
export const maySeeFinding = (actor: Actor, { accountId, place }: { readonly accountId: string | null; readonly place: Place }): boolean =>
  accountId !== actor.id && covers(scopeOf(actor, 'signal:read'), place)

const longest = { accepted: longestAcceptance, snoozed: longestSnooze } as const

const rules: readonly Rule<Case>[] = [
  ({ actor, finding, involved }) => (involved || !maySeeFinding(actor, finding)) && 'out-of-scope',
  ({ actor, finding }) => !covers(scopeOf(actor, 'signal:settle'), finding.place) && 'not-permitted',
  // One person does not silence what is critical; they may look at it again within the week.
  ({ as, finding }) => as === 'accepted' && finding.severity === 'critical' && 'critical-stands',
  ({ until, now }) => until <= now && 'moment-past',
  ({ as, until, now }) => until.getTime() - now.getTime() > longest[as] * 86_400_000 && 'too-long',
]

/** How many a finding is about, for whoever accepts it as it is. */
export const countOf = ({ numbers, times }: { readonly numbers: Finding['numbers']; readonly times: number }): number =>
  typeof numbers['count'] === 'number' ? numbers['count'] : times

/** A finding as it stood, and the same found again. */
type Settled = {
  readonly status: FindingStatus
  readonly until: Date | null
  readonly severity: Severity
  readonly settledCount: number | null
}
type Again = { readonly severity: Severity; readonly count: number }

const graver = (one: Severity, other: Severity): boolean => severities.indexOf(one) > severities.indexOf(other)

export const gravest = (all: readonly Severity[]): Severity => all.reduce((one, other) => (graver(other, one) ? other : one), 'notice')

/** Put off, or accepted as it was: graver, or more than twice as many, it is another matter. */
const rests = ({ status, until, severity, settledCount }: Settled, again: Again, now: Date): boolean => {
  if (status === 'open' || until === null || until <= now) return false
  return !graver(again.severity, severity) && (status === 'snoozed' || again.count <= 2 * (settledCount ?? 0))
}

/** What becomes of a finding that recurs: whether it stays silent, how grave it is now, and whether that has to be told aloud. */
export const recurring = (known: Settled | null, again: Again, now: Date) => {
  const quiet = known !== null && rests(known, again, now)
  const reopened = known !== null && known.status !== 'open' && !quiet
  const severity = known && !reopened && graver(known.severity, again.severity) ? known.severity : again.severity
  const loud = severity === 'critical' && !quiet && (known === null || reopened || known.severity !== 'critical')
  return { quiet, reopened, severity, loud }
}

/** May this person accept it, or put it off, until then? */
export const decideSettling = (subject: Case): Verdict<true> => {
  const objection = firstObjection(rules, subject)
  return objection ? refused(objection) : granted(true)
}

type Placing = {
  readonly actor: Actor
  readonly account: { readonly place: Place; readonly status: AccountStatus }
  readonly holdsRole: boolean
}

const placingRules: readonly Rule<Placing>[] = [
  ({ actor, account }) => !covers(scopeOf(actor, 'canary:place'), account.place) && 'out-of-scope',
  ({ account }) => account.status !== 'active' && 'account-not-active',
  // Whoever has a role has reasons to use it.
  ({ holdsRole }) => holdsRole && 'canary-with-role',
]

/** May this account become a decoy? */
export const decidePlacing = (subject: Placing): Verdict<true> => {
  const objection = firstObjection(placingRules, subject)
  return objection ? refused(objection) : granted(true)
}
