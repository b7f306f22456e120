import { type ProfileId, profileIds } from '../accounts/profiles.ts'
import type { RefusalCode } from '../refusals.ts'
import { type RequestKind, requestKinds } from '../requests/kinds.ts'
import { callable, floorOf, mayCountersign, peopleIn } from '../requests/requirement.ts'
import { type Condition, type ConditionName, type Demand, type Matched, nowhere, type PolicyRule, possibleRules } from './rules.ts'

export type PolicyFault = { readonly path: readonly (string | number)[]; readonly refusal: RefusalCode }

const circumstances: ReadonlySet<ConditionName> = new Set(['networks', 'within', 'roles', 'reachAtLeast', 'signals'])

/** Which profiles a request of a kind may be about: one, none, or those of a list, of which two are as good as any number. */
const profilesOf = (kind: RequestKind): readonly (readonly ProfileId[])[] => {
  if (kind === 'set-policy' || kind === 'revoke-bulk') return [[]]
  if (kind !== 'reinstate-bulk') return profileIds.map((profile) => [profile])
  return profileIds.flatMap((one) => profileIds.filter((other) => other >= one).map((other) => (one === other ? [one] : [one, other])))
}

/** One case of each kind with whatever profiles it may be about: all that a floor asks about. */
const everyCase: readonly Matched[] = requestKinds.flatMap((kind) =>
  profilesOf(kind).map((profiles) => ({ kind, network: null, place: nowhere, profiles, role: null, reach: null, signals: [] })),
)

/** What of a request there is nothing to say: a rule that asks for it never applies to that kind. */
const saysNothing = ({ roles, profiles, reachAtLeast }: Condition, { kind, profiles: about }: Matched): boolean =>
  (roles !== undefined && kind !== 'grant-role') || (about.length === 0 && (profiles !== undefined || reachAtLeast !== undefined))

/** What only owners sign. A provider may go away, or let them in by one factor: a policy that asks them to come through one could be the last. */
const ofOwners = (kind: RequestKind): boolean => kind === 'grant-role' || kind === 'set-policy'

/** Owners hold their role over the whole nation: below it, no stage of theirs could ever be filled. */
const outOfReach = (kinds: readonly RequestKind[], { stages }: Demand): boolean =>
  kinds.some(ofOwners) && stages.some(({ level }) => level !== 'covering' && level !== 'network')

const withinDeadline = ({ deadline, escalation }: Demand): boolean => {
  const whole = 'hours' in deadline ? deadline.hours : deadline.workingHours
  return escalation === null || (escalation.remindAfter < escalation.widenAfter && escalation.widenAfter < whole)
}

/** Those of these roles that no signature of theirs counts for, under some request the rule applies to. */
const mayNot = (kinds: readonly RequestKind[], demand: Demand): boolean =>
  demand.stages.some((stage) =>
    kinds.some((kind) => stage.roles.some((role) => !(mayCountersign[kind] as readonly string[]).includes(role))),
  )

type Fault = readonly [refusal: RefusalCode, ...path: string[]]

/** What is wrong with one rule, of the cases it may be first for. */
const faultsIn = ({ demand }: PolicyRule, cases: readonly Matched[]): readonly Fault[] => {
  const kinds = [...new Set(cases.map(({ kind }) => kind))]
  const calls = kinds.some((kind) => (callable as readonly RequestKind[]).includes(kind))
  const faults: readonly (Fault | false)[] = [
    cases.length === 0 && ['rule-never-first'],
    cases.some(({ kind, profiles }) => peopleIn(demand) < floorOf(kind, profiles)) && ['rule-too-few', 'demand', 'stages'],
    demand.signIn !== undefined && kinds.some(ofOwners) && ['rule-sign-in-for-owners', 'demand', 'signIn'],
    outOfReach(kinds, demand) && ['rule-level-not-for-kind', 'demand', 'stages'],
    mayNot(kinds, demand) && ['rule-role-not-for-kind', 'demand', 'stages'],
    cases.length > 0 && demand.callBack && !calls && ['rule-nobody-to-call', 'demand', 'callBack'],
    !withinDeadline(demand) && ['rule-escalates-late', 'demand', 'escalation'],
  ]
  return faults.filter((fault) => fault !== false)
}

/** What makes a list of rules no policy, each at its place: nothing is given on one person's word, whatever its owners decide (P4, P10). */
export const faultsOf = (rules: readonly PolicyRule[]): readonly PolicyFault[] => {
  const last = rules.at(-1)
  const open = !last || Object.values(last.when).some((one) => one !== undefined)
  const cases = new Map<PolicyRule, Matched[]>(rules.map((rule) => [rule, []]))
  for (const matched of everyCase)
    for (const rule of possibleRules(rules, matched, circumstances)) if (!saysNothing(rule.when, matched)) cases.get(rule)?.push(matched)
  const found = rules.flatMap((rule, index) =>
    faultsIn(rule, cases.get(rule) ?? []).map(([refusal, ...path]): PolicyFault => ({ path: [index, ...path], refusal })),
  )
  return open ? [{ path: [], refusal: 'rule-for-the-rest' }, ...found] : found
}
