import { profileIds } from '../accounts/profiles.ts'
import type { RefusalCode } from '../refusals.ts'
import { type RequestKind, requestKinds } from '../requests/kinds.ts'
import { callable, floorOf, mayCountersign, peopleIn } from '../requests/requirement.ts'
import { type ConditionName, type Demand, type Matched, nowhere, type PolicyRule, possibleRules } from './rules.ts'

export type PolicyFault = { readonly path: readonly (string | number)[]; readonly refusal: RefusalCode }

const circumstances: ReadonlySet<ConditionName> = new Set(['networks', 'within', 'roles', 'reachAtLeast', 'signals'])

/** One case of each kind with each profile it may reach: all that a floor asks about. */
const everyCase: readonly Matched[] = requestKinds.flatMap((kind) =>
  profileIds.map((profile) => ({ kind, network: null, place: nowhere, profiles: [profile], role: null, reach: null, signals: [] })),
)

const withinDeadline = ({ deadline, escalation }: Demand): boolean => {
  const whole = 'hours' in deadline ? deadline.hours : deadline.workingHours
  return escalation === null || (escalation.remindAfter < escalation.widenAfter && escalation.widenAfter < whole)
}

/** Those of these roles that no signature of theirs counts for, under some request the rule applies to. */
const mayNot = (kinds: readonly RequestKind[], demand: Demand): boolean =>
  demand.stages.some((stage) =>
    kinds.some((kind) => stage.roles.some((role) => !(mayCountersign[kind] as readonly string[]).includes(role))),
  )

/** What makes a list of rules no policy, each at its place: nothing is given on one person's word, whatever its owners decide (P4, P10). */
export const faultsOf = (rules: readonly PolicyRule[]): readonly PolicyFault[] => {
  const faults: PolicyFault[] = []
  const last = rules.at(-1)
  if (!last || Object.values(last.when).some((one) => one !== undefined)) faults.push({ path: [], refusal: 'rule-for-the-rest' })
  const applying = new Map<PolicyRule, Matched[]>()
  for (const matched of everyCase)
    for (const rule of possibleRules(rules, matched, circumstances)) applying.set(rule, [...(applying.get(rule) ?? []), matched])
  for (const [index, rule] of rules.entries()) {
    const cases = applying.get(rule)
    const at = (refusal: RefusalCode, ...path: (string | number)[]) => faults.push({ path: [index, ...path], refusal })
    if (!cases) {
      at('rule-never-first')
      continue
    }
    const kinds = [...new Set(cases.map(({ kind }) => kind))]
    if (cases.some(({ kind, profiles }) => peopleIn(rule.demand) < floorOf(kind, profiles))) at('rule-too-few', 'demand', 'stages')
    if (mayNot(kinds, rule.demand)) at('rule-role-not-for-kind', 'demand', 'stages')
    if (rule.demand.callBack && !kinds.some((kind) => (callable as readonly RequestKind[]).includes(kind)))
      at('rule-nobody-to-call', 'demand', 'callBack')
    if (!withinDeadline(rule.demand)) at('rule-escalates-late', 'demand', 'escalation')
  }
  return faults
}
