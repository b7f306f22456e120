import { afterWorkingHours } from '@countersign/server/features/requests/working-hours.ts'
import { expect, test } from 'vitest'

test.each([
  ['within a day', '2026-03-02T10:00+01:00', 4, '2026-03-02T14:00+01:00'],
  ['over a night', '2026-03-02T16:00+01:00', 4, '2026-03-03T10:30+01:00'],
  ['over a weekend', '2026-03-06T17:00+01:00', 4, '2026-03-09T11:30+01:00'],
  ['asked on a Sunday evening', '2026-03-08T22:00+01:00', 4, '2026-03-09T12:30+01:00'],
  ['two working days', '2026-03-02T08:30+01:00', 19, '2026-03-03T18:00+01:00'],
  ['over 1 May, a holiday', '2026-04-30T16:00+02:00', 4, '2026-05-04T10:30+02:00'],
  ['over Easter Monday', '2026-04-03T17:00+02:00', 4, '2026-04-07T11:30+02:00'],
  ['over Christmas', '2026-12-24T17:00+01:00', 2, '2026-12-28T09:30+01:00'],
  ['over the change to summer time', '2026-03-27T17:00+01:00', 2, '2026-03-30T09:30+02:00'],
])('%s', (_, from, hours, until) => {
  expect(afterWorkingHours(new Date(from), hours).toISOString()).toBe(new Date(until).toISOString())
})
