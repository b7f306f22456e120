import { hoursBetween } from './fact.ts'
import type { Finding, SignalRule } from './finding.ts'
import { refusedOwn, refusedScope, roleInAndOut } from './refusals.ts'
import {
  burstInStructure,
  burstOfEndings,
  burstOfRequests,
  lookAlike,
  newAccountAsks,
  newNetworkAsks,
  offHours,
  resetThenAsks,
} from './requests.ts'
import { canaryUsed, creatorsDevice, dormantAwake, failuresThenSuccess, impossiblePace, type Look, type Rule } from './sign-ins.ts'
import { thresholds } from './thresholds.ts'

const rules = {
  'burst-of-requests': burstOfRequests,
  'burst-in-structure': burstInStructure,
  'burst-of-endings': burstOfEndings,
  'off-hours': offHours,
  'new-network-asks': newNetworkAsks,
  'new-account-asks': newAccountAsks,
  'reset-then-asks': resetThenAsks,
  'creators-device': creatorsDevice,
  'dormant-awake': dormantAwake,
  'impossible-pace': impossiblePace,
  'failures-then-success': failuresThenSuccess,
  'refused-own': refusedOwn,
  'refused-scope': refusedScope,
  'look-alike': lookAlike,
  'role-in-and-out': roleInAndOut,
  'canary-used': canaryUsed,
} as const satisfies Record<Exclude<SignalRule, 'structure-at-once'>, Rule>

/** What one fact, with what was before it, gives reason to look at. */
export const observe = (look: Look): readonly Finding[] => Object.values(rules).flatMap((rule) => rule(look) ?? [])

/** A finding that stands, as far as a structure's own rule needs it. */
export type Standing = Pick<Finding, 'rule' | 'accountId' | 'structureId' | 'facts'> & { readonly at: Date }

/** Several of these at once in one structure are more than each alone. */
export const gather = (structureId: string, standing: readonly Standing[], now: Date): Finding | null => {
  const { hours, least } = thresholds.structure
  const recent = standing.filter((one) => one.structureId === structureId && one.accountId !== null && hoursBetween(one.at, now) < hours)
  const [accounts, kinds] = [new Set(recent.map(({ accountId }) => accountId)).size, new Set(recent.map(({ rule }) => rule)).size]
  // One busy rule about many, or one person under many rules, is told already.
  if (accounts < 2 || kinds < 2 || accounts + kinds < least + 2) return null
  const numbers = { findings: recent.length, accounts, kinds, hours }
  return {
    ...{ rule: 'structure-at-once', severity: 'critical', accountId: null, structureId, numbers },
    facts: recent.flatMap(({ facts }) => facts.slice(-1)),
  }
}
