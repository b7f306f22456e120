import type { Demand } from '@countersign/shared/policy/rules.ts'
import Holidays from 'date-holidays'
import { DateTime } from 'luxon'

const zone = 'Europe/Paris'
/** Monday to Friday, 08:30 to 18:00 (DOMAIN section 4). */
const opens = { hour: 8, minute: 30 }
const closes = { hour: 18, minute: 0 }

const calendar = new Holidays('FR', { types: ['public'] })

/** The calendar takes a millisecond for a day; a habit of sixty days asks for a thousand facts of the same few. */
const holidays = new Map<string, boolean>()

export const isPublicHoliday = (day: DateTime): boolean => {
  const noon = day.setZone(zone).set({ hour: 12, minute: 0 })
  const date = noon.toISODate() ?? ''
  const known = holidays.get(date)
  if (known !== undefined) return known
  const holiday = (calendar.isHoliday(noon.toJSDate()) || []).some(({ type }) => type === 'public')
  holidays.set(date, holiday)
  return holiday
}

const isWorkingDay = (day: DateTime): boolean => day.weekday <= 5 && !isPublicHoliday(day)

/** The instant after `hours` of working time have passed since `from`; nights, weekends and French public holidays do not count. */
export const afterWorkingHours = (from: Date, hours: number): Date => {
  let left = hours * 60
  let here = DateTime.fromJSDate(from, { zone })
  for (;;) {
    const opening = here.set({ ...opens, second: 0, millisecond: 0 })
    const closing = here.set({ ...closes, second: 0, millisecond: 0 })
    if (here < opening) here = opening
    if (isWorkingDay(here) && here < closing) {
      const today = closing.diff(here, 'minutes').minutes
      if (left <= today) return here.plus({ minutes: left }).toJSDate()
      left -= today
    }
    here = opening.plus({ days: 1 })
  }
}

/** Before 07:00, after 20:00, at weekends and on public holidays nobody is expected to act (DOMAIN section 4). */
export const isOffHours = (at: Date): boolean => {
  const here = DateTime.fromJSDate(at, { zone })
  return here.hour < 7 || here.hour >= 20 || !isWorkingDay(here)
}

/** The calendar day it is in France. */
export const todayInParis = (now: Date): string => DateTime.fromJSDate(now, { zone }).toISODate() ?? ''

const hour = 3_600_000

/**
 * From when on it may be signed, when silence becomes a refusal, when whoever may sign is reminded, and when those one level up may sign as
 * well. What must wait, for a contact that changed (until when, in milliseconds since 1970) or because the policy lets things cool off, is given its time after the wait.
 */
export const timesOf = (now: Date, { coolingOffHours, deadline, escalation }: Demand, contactHolds = 0) => {
  const held = Math.max(contactHolds, now.getTime() + coolingOffHours * hour)
  const from = new Date(Math.max(held, now.getTime()))
  const after = (hours: number): Date => ('hours' in deadline ? new Date(from.getTime() + hours * hour) : afterWorkingHours(from, hours))
  return {
    heldUntil: held > now.getTime() ? from : null,
    expiresAt: after('hours' in deadline ? deadline.hours : deadline.workingHours),
    remindAt: escalation && after(escalation.remindAfter),
    widensAt: escalation && after(escalation.widenAfter),
  }
}
