/**
 * Where a rule begins to speak. Fitted on the odd seeds of 90 invented days of 20,000 accounts, reported on the even ones
 * (`npm run signals`); what a standard says is said beside it.
 */
export const thresholds = {
  /** So many requests of one kind within a day, and so many times the busiest day before; or very many, and of an ordinary day. */
  burst: { least: 5, times: 2, many: 15, timesOrdinary: 4 },
  structureBurst: { least: 8, times: 1.5, many: 25, timesOrdinary: 4, people: 2 },
  /** Endings by clicks, in an hour or spread over a day. */
  endings: [
    { hours: 1, least: 8, times: 2 },
    { hours: 24, least: 15, times: 2 },
  ],
  /** A person's or structure's pace is broken for so long after their last burst, by so many readers more. */
  breaker: { hours: 24, readers: 1 },
  /** A habit of working hours: so many acts known, and so small a share of them at night. */
  offHours: { known: 10, share: 0.03, habit: 2 },
  /** An account this young has no reason to ask for others. */
  newAccountDays: 7,
  resetThenAsks: { hours: 24, least: 3 },
  /** Signs in from its creator's browser within so many days of its birth, where so few others ever do. */
  creatorsDevice: { days: 14, sharers: 3, usual: 5 },
  /** A request from a network never seen before, of somebody who has signed in so often. */
  newNetworkKnown: 10,
  /** 90 days without a sign-in, 30 days without a first one (Okta; ANSSI "created and never used"). */
  dormant: { days: 90, unusedDays: 30 },
  /** Two networks within so many minutes, the later one never seen before; one network alone is no habit. */
  pace: { minutes: 20, known: 5 },
  /** Failures within an hour before a success; from a network never seen before fewer are enough. */
  failures: { hours: 1, least: 8, leastFromNew: 4 },
  scope: { hours: 1, least: 3 },
  roleHours: 24,
  /** Different findings, or findings about different accounts, of one structure within so many hours. */
  structure: { hours: 24, least: 3 },
} as const
