import { z } from 'zod'
import { isoDate } from '../text/fields.ts'
import { firstObjection, granted, type Rule, refused, type Verdict } from '../verdict.ts'

/** Nobody is away for longer in one go: whoever is gives the role back. */
export const longestAbsenceDays = 92

/** Days in France, both of them included. */
export const absenceDates = z.strictObject({
  from: isoDate,
  until: isoDate,
  /** Who is asked in one's place; nobody, and it goes up one level. */
  delegateId: z.uuid('field-required').nullable(),
})
export type AbsenceAsked = z.infer<typeof absenceDates>

export type AbsenceCase = {
  readonly actorId: string
  readonly asked: AbsenceAsked
  readonly today: string
  /** One is announced already for some of these days. */
  readonly overlaps: boolean
  /** By their own roles, may they sign whatever the one who is away may sign? Naming somebody gives nobody a right (P1, P10). */
  readonly delegateSigns: boolean
  /** They are away themselves on some of these days: nobody stands in for who stands in. */
  readonly delegateAway: boolean
}

const dayMilliseconds = 86_400_000

const rules: readonly Rule<AbsenceCase>[] = [
  ({ asked, today }) => asked.from < today && 'absence-past',
  ({ asked }) => asked.until < asked.from && 'absence-ends-first',
  ({ asked }) => Date.parse(asked.until) - Date.parse(asked.from) >= longestAbsenceDays * dayMilliseconds && 'absence-long',
  ({ overlaps }) => overlaps && 'absence-overlaps',
  ({ asked, actorId }) => asked.delegateId === actorId && 'own-account',
  ({ asked, delegateSigns }) => asked.delegateId !== null && !delegateSigns && 'delegate-cannot-sign',
  ({ asked, delegateAway }) => asked.delegateId !== null && delegateAway && 'delegate-away',
]

/** May this absence be announced, with this delegate? */
export const decideAbsence = (subject: AbsenceCase): Verdict<true> => {
  const objection = firstObjection(rules, subject)
  return objection ? refused(objection) : granted(true)
}
