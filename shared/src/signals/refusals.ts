import type { RefusalCode } from '../refusals.ts'
import { type Fact, hoursBetween, within } from './fact.ts'
import type { Rule } from './sign-ins.ts'
import { thresholds } from './thresholds.ts'

/** Signing for oneself: no button leads there. */
const own: ReadonlySet<RefusalCode> = new Set(['own-request', 'not-independent', 'called-back-yourself'])
/** One's own account is in the way of many things; of a signature only where one signs for oneself. */
const signsForOneself = ({ code, operation }: Fact): boolean =>
  code !== null && (own.has(code) || (code === 'own-account' && operation === 'requests.approve'))
/** Reaching where one may not. */
const beyond: ReadonlySet<RefusalCode> = new Set(['out-of-scope', 'not-found', 'not-permitted'])

export const refusedOwn: Rule = ({ fact }) => {
  if (fact.type !== 'attempt.refused' || !signsForOneself(fact)) return null
  const numbers = { code: fact.code }
  return { rule: 'refused-own', severity: 'serious', accountId: fact.byId, structureId: fact.structureId, numbers, facts: [fact.id] }
}

export const refusedScope: Rule = ({ fact, history: { by } }) => {
  if (fact.type !== 'attempt.refused' || !fact.code || !beyond.has(fact.code)) return null
  const { hours, least } = thresholds.scope
  const earlier = within(by, hours, fact.at).filter(({ type, code }) => type === 'attempt.refused' && code !== null && beyond.has(code))
  if (earlier.length + 1 < least) return null
  const facts = [...earlier.map(({ id }) => id), fact.id]
  const numbers = { count: facts.length, hours }
  return { rule: 'refused-scope', severity: 'serious', accountId: fact.byId, structureId: fact.structureId, numbers, facts }
}

export const roleInAndOut: Rule = ({ fact, history: { about } }) => {
  if (fact.type !== 'role.revoked') return null
  const given = about.findLast(({ type, role }) => type === 'role.granted' && role === fact.role)
  if (!given || hoursBetween(given.at, fact.at) > thresholds.roleHours) return null
  const numbers = { role: fact.role, hours: Math.max(1, Math.round(hoursBetween(given.at, fact.at))) }
  const { accountId, structureId } = fact
  return { rule: 'role-in-and-out', severity: 'notice', accountId, structureId, numbers, facts: [given.id, fact.id] }
}
