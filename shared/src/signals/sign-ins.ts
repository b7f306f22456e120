import { daysBetween, type Fact, type History, hoursBetween, within } from './fact.ts'
import type { Finding } from './finding.ts'
import { thresholds } from './thresholds.ts'

export type Look = { readonly fact: Fact; readonly history: History }
export type Rule = (look: Look) => Finding | null

const about = ({ byId, accountId, structureId }: Fact) => ({ accountId: byId ?? accountId, structureId })

export const signIns = (facts: readonly Fact[]): readonly Fact[] => facts.filter(({ type }) => type === 'session.opened')

/** Where somebody is known to come from: where they got in. A wrong password makes no network theirs. */
export const networks = (facts: readonly Fact[]): ReadonlySet<string> =>
  new Set(signIns(facts).flatMap(({ prefix }) => (prefix ? [prefix] : [])))

/** A network this person has never come from, where enough is known of where they do come from. */
const isNew = (prefix: string | null, known: readonly Fact[]): boolean =>
  prefix !== null && networks(known).size > 0 && !networks(known).has(prefix)

const minutes = (from: Date, to: Date): number => Math.round(hoursBetween(from, to) * 60)

export const creatorsDevice: Rule = ({ fact, history }) => {
  const { bornAt, creatorPlaces, sharers } = history
  const { days, sharers: few, usual } = thresholds.creatorsDevice
  if (fact.type !== 'session.opened' || !bornAt || daysBetween(bornAt, fact.at) > days || !fact.prefix || !fact.device) return null
  const place = creatorPlaces.find(({ prefix, device }) => prefix === fact.prefix && device === fact.device)
  if (!place || sharers >= few) return null
  const numbers = { days: Math.floor(daysBetween(bornAt, fact.at)), sharers, times: place.times }
  // At the desk where the creator always sits, in working hours, somebody may be shown how.
  const severity = fact.offHours ? 'critical' : place.times >= usual ? 'notice' : 'serious'
  return { rule: 'creators-device', severity, ...about(fact), numbers, facts: [fact.id] }
}

export const dormantAwake: Rule = ({ fact, history }) => {
  if (fact.type !== 'session.opened') return null
  const { bornAt, lastSignInAt } = history
  const since = lastSignInAt ?? bornAt
  const limit = lastSignInAt ? thresholds.dormant.days : thresholds.dormant.unusedDays
  if (!since || daysBetween(since, fact.at) < limit) return null
  const numbers = { days: Math.floor(daysBetween(since, fact.at)), limit, used: lastSignInAt ? 1 : 0 }
  return { rule: 'dormant-awake', severity: fact.offHours ? 'serious' : 'notice', ...about(fact), numbers, facts: [fact.id] }
}

export const impossiblePace: Rule = ({ fact, history: { by } }) => {
  const { minutes: limit, known } = thresholds.pace
  if (fact.type !== 'session.opened' || signIns(by).length < known || !isNew(fact.prefix, by)) return null
  const before = signIns(by).findLast(({ prefix }) => prefix !== null)
  if (!before || minutes(before.at, fact.at) > limit) return null
  const numbers = { minutes: minutes(before.at, fact.at), from: before.prefix, to: fact.prefix, known: networks(by).size }
  return { rule: 'impossible-pace', severity: 'serious', ...about(fact), numbers, facts: [before.id, fact.id] }
}

export const failuresThenSuccess: Rule = ({ fact, history: { by } }) => {
  if (fact.type !== 'session.opened') return null
  const { hours, least, leastFromNew } = thresholds.failures
  const failed = within(by, hours, fact.at).filter(({ type }) => type === 'sign-in.failed')
  const fromNew = isNew(fact.prefix, by)
  if (failed.length < (fromNew ? leastFromNew : least)) return null
  const first = failed[0]?.at ?? fact.at
  const usual = Math.max(0, by.filter(({ type }) => type === 'sign-in.failed').length - failed.length)
  const numbers = { failures: failed.length, minutes: Math.max(1, minutes(first, fact.at)), usual, fromNew: fromNew ? 1 : 0 }
  const severity = fromNew ? 'critical' : 'serious'
  return { rule: 'failures-then-success', severity, ...about(fact), numbers, facts: [...failed.map(({ id }) => id), fact.id] }
}

const touching = {
  'session.opened': 'signed-in',
  'sign-in.failed': 'tried',
  'request.submitted': 'asked',
  'request.approval-given': 'asked',
  'attempt.refused': 'reached',
  'account.reset': 'reset',
  'account.contact-changed': 'contact',
  'account.suspended': 'ended',
  'account.revoked': 'ended',
  'role.granted': 'role',
} as const satisfies Partial<Record<Fact['type'], string>>
const touched: Partial<Record<Fact['type'], string>> = touching

/** Whoever signed last is not who asked for it: there the decoy itself is what a click suspends. */
const bySigner: ReadonlySet<Fact['type']> = new Set(['account.reset', 'account.contact-changed', 'role.granted', 'request.approval-given'])

/** Whoever touches a decoy is the suspect, and so is a decoy that acts. */
export const canaryUsed: Rule = ({ fact, history }) => {
  const what = touched[fact.type]
  if (!history.canary || !what) return null
  const suspect = bySigner.has(fact.type) ? { accountId: fact.accountId ?? fact.byId, structureId: fact.structureId } : about(fact)
  return { rule: 'canary-used', severity: 'critical', ...suspect, numbers: { what }, facts: [fact.id] }
}
