import { searchWords } from '../text/search.ts'
import { busiest, daysBetween, type Fact, habitDays, hoursBetween, type Identity, typicalDay, within } from './fact.ts'
import { networks, type Rule, signIns } from './sign-ins.ts'
import { thresholds } from './thresholds.ts'

const acts: ReadonlySet<Fact['type']> = new Set(['request.submitted', 'request.approval-given', 'request.rejected'])
/** What gives access. */
const bursting = ['create-account', 'reset-credentials', 'change-contact', 'reinstate', 'grant-role'] as const
const mayBurst = (kind: Fact['kind']): kind is (typeof bursting)[number] => bursting.some((one) => one === kind)

/** Today's and the days' before, apart. */
const split = (facts: readonly Fact[], hours: number, at: Date) => {
  const recent = within(facts, hours, at)
  return { recent, before: facts.slice(0, facts.length - recent.length) }
}

type Pace = { readonly least: number; readonly times: number; readonly many: number; readonly timesOrdinary: number }

/** More than the days before explain: beyond the busiest of them, or so many that a pace raised day by day explains nothing. */
const bursts = (count: number, before: readonly Fact[], { least, times, many, timesOrdinary }: Pace): boolean =>
  (count >= least && count > times * busiest(before, 24)) || (count >= many && count > timesOrdinary * typicalDay(before))

export const burstOfRequests: Rule = ({ fact, history: { by } }) => {
  if (fact.type !== 'request.submitted' || !mayBurst(fact.kind) || !fact.byId) return null
  const same = by.filter(({ type, kind }) => type === fact.type && kind === fact.kind)
  const { recent, before } = split(same, 24, fact.at)
  const [count, usual] = [recent.length + 1, busiest(before, 24)]
  if (!bursts(count, before, thresholds.burst)) return null
  const facts = [...recent.map(({ id }) => id), fact.id]
  const numbers = { kind: fact.kind, count, hours: 24, usual, days: habitDays }
  return {
    rule: 'burst-of-requests',
    severity: 'serious',
    accountId: fact.byId,
    structureId: fact.structureId,
    part: fact.kind,
    numbers,
    facts,
  }
}

export const burstInStructure: Rule = ({ fact, history: { inStructure } }) => {
  if (fact.type !== 'request.submitted' || !mayBurst(fact.kind) || !fact.structureId || !fact.byId) return null
  // What the public page is asked for has nobody behind it, and must not slow down who has.
  const same = inStructure.filter(({ type, kind, byId }) => type === fact.type && kind === fact.kind && byId !== null)
  const { recent, before } = split(same, 24, fact.at)
  const [count, usual] = [recent.length + 1, busiest(before, 24)]
  const people = new Set([...recent, fact].map(({ byId }) => byId)).size
  if (people < thresholds.structureBurst.people || !bursts(count, before, thresholds.structureBurst)) return null
  const facts = [...recent.map(({ id }) => id), fact.id]
  const numbers = { kind: fact.kind, count, hours: 24, usual, days: habitDays, people }
  return {
    rule: 'burst-in-structure',
    severity: 'serious',
    accountId: null,
    structureId: fact.structureId,
    part: fact.kind,
    numbers,
    facts,
  }
}

const endings: ReadonlySet<Fact['type']> = new Set(['account.suspended', 'account.revoked'])

/** By clicks, fast or spread over a day; either is held against as long a time of the days before. */
export const burstOfEndings: Rule = ({ fact, history: { by } }) => {
  if (!endings.has(fact.type) || fact.bulk || !fact.byId) return null
  const clicked = by.filter(({ type, bulk }) => endings.has(type) && !bulk)
  const { before } = split(clicked, 24, fact.at)
  for (const { least, times, hours } of thresholds.endings) {
    const recent = within(clicked, hours, fact.at)
    const [count, usual] = [recent.length + 1, busiest(before, hours)]
    if (count < least || count <= times * usual) continue
    const numbers = { count, hours, usual, days: habitDays }
    const facts = [...recent.map(({ id }) => id), fact.id]
    return { rule: 'burst-of-endings', severity: 'critical', accountId: fact.byId, structureId: null, numbers, facts }
  }
  return null
}

export const offHours: Rule = ({ fact, history: { by } }) => {
  if (!acts.has(fact.type) || !fact.offHours || !fact.byId) return null
  const known = by.filter(({ type, at }) => (acts.has(type) || type === 'session.opened') && hoursBetween(at, fact.at) > 24)
  const earlier = known.filter((one) => one.offHours).length
  if (known.length < thresholds.offHours.known || earlier >= Math.max(thresholds.offHours.habit, thresholds.offHours.share * known.length))
    return null
  const numbers = { act: fact.type, known: known.length, earlier, days: habitDays }
  return { rule: 'off-hours', severity: 'serious', accountId: fact.byId, structureId: fact.structureId, numbers, facts: [fact.id] }
}

export const newNetworkAsks: Rule = ({ fact, history: { by } }) => {
  if (fact.type !== 'request.submitted' || !mayBurst(fact.kind) || !fact.byId || !fact.prefix) return null
  // The sign-in that came just before is part of the same visit.
  const known = by.filter(({ at }) => hoursBetween(at, fact.at) > 24)
  if (signIns(known).length < thresholds.newNetworkKnown || networks(known).has(fact.prefix)) return null
  const numbers = { kind: fact.kind, to: fact.prefix, known: networks(known).size, signIns: signIns(known).length, days: habitDays }
  const severity = fact.offHours ? 'critical' : 'serious'
  return { rule: 'new-network-asks', severity, accountId: fact.byId, structureId: fact.structureId, numbers, facts: [fact.id] }
}

export const newAccountAsks: Rule = ({ fact, history: { bornAt } }) => {
  if (fact.type !== 'request.submitted' || !mayBurst(fact.kind) || !fact.byId || !bornAt) return null
  if (daysBetween(bornAt, fact.at) > thresholds.newAccountDays) return null
  const numbers = { days: Math.floor(daysBetween(bornAt, fact.at)), limit: thresholds.newAccountDays, kind: fact.kind }
  // In the weeks of a roll-out every account manager is new.
  return { rule: 'new-account-asks', severity: 'notice', accountId: fact.byId, structureId: fact.structureId, numbers, facts: [fact.id] }
}

export const resetThenAsks: Rule = ({ fact, history: { by, resetAt } }) => {
  if (fact.type !== 'request.submitted' || !mayBurst(fact.kind) || !fact.byId || !resetAt) return null
  const { hours, least } = thresholds.resetThenAsks
  if (resetAt > fact.at || hoursBetween(resetAt, fact.at) > hours) return null
  const asked = by.filter(({ type, kind, at }) => type === fact.type && mayBurst(kind) && at >= resetAt)
  const count = asked.length + 1
  if (count < least && !fact.offHours) return null
  const numbers = { count, hours: Math.max(1, Math.round(hoursBetween(resetAt, fact.at))) }
  const facts = [...asked.map(({ id }) => id), fact.id]
  return { rule: 'reset-then-asks', severity: 'serious', accountId: fact.byId, structureId: fact.structureId, numbers, facts }
}

/** Letters and signs one takes for one another at a glance: none of them tells two logins apart. */
const glance = (login: string): string =>
  login.replace(/rn/g, 'm').replace(/vv/g, 'w').replace(/[1i]/g, 'l').replace(/0/g, 'o').replace(/[._-]/g, '')

const nameOf = ({ givenName, familyName }: Identity): string => searchWords(`${givenName} ${familyName}`)

/** A login that reads like another's, or another person of the same name in the same structure. */
export const looksLike = (one: Identity, other: Identity): boolean =>
  one.login !== other.login &&
  (glance(one.login) === glance(other.login) ||
    (one.structureId !== null && one.structureId === other.structureId && nameOf(one) === nameOf(other)))

export const lookAlike: Rule = ({ fact, history: { asked, namesakes } }) => {
  const filed = fact.type === 'request.submitted' || fact.type === 'request.edited'
  const other = filed && asked ? namesakes.find((one) => looksLike(asked, one)) : undefined
  if (!asked || !other) return null
  const numbers = { login: asked.login, other: other.login, otherName: `${other.givenName} ${other.familyName}`, otherId: other.id }
  return { rule: 'look-alike', severity: 'notice', accountId: fact.byId, structureId: fact.structureId, numbers, facts: [fact.id] }
}
