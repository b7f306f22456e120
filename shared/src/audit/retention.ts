import type { RefusalCode } from '../refusals.ts'

/** In months: a year, and with a written reason up to three (CNIL, recommendation 2021-122 on logging). */
export const retentionMonths = { least: 12, most: 36 } as const

export type Retention = { readonly months: number; readonly reason: string | null }

/** Why the audit may not be kept for as long as asked, or null. */
export const whyNotKept = ({ before, after }: { readonly before: Retention; readonly after: Retention }): RefusalCode | null => {
  if (!Number.isInteger(after.months) || after.months < retentionMonths.least || after.months > retentionMonths.most)
    return 'retention-out-of-range'
  if (after.months > retentionMonths.least && !after.reason) return 'retention-without-reason'
  return after.months === before.months && after.reason === before.reason ? 'nothing-to-do' : null
}

/** A month whose time is over, and what may still want it. */
export type DueMonth = {
  /** When the newest of its entries was written down, which may be long after the day it is about. */
  readonly recordedUntil: Date | null
  /** What was recorded after this is kept. */
  readonly keptFrom: Date
  /** Open incidents whose story reaches into it. */
  readonly incidents: number
}

const reasons: readonly (readonly [RefusalCode, (month: DueMonth) => boolean])[] = [
  ['month-recorded-lately', ({ recordedUntil, keptFrom }) => recordedUntil !== null && recordedUntil > keptFrom],
  ['month-of-open-incident', ({ incidents }) => incidents > 0],
]

/** Why this month of the audit stays although its time is over, or null. */
export const whyMonthStays = (month: DueMonth): RefusalCode | null => reasons.find(([, holds]) => holds(month))?.[0] ?? null
