import { z } from 'zod'
import { type Actor, covers, type Place, scopeOf } from '../access/scope.ts'
import { canonicalJson } from '../requests/canonical.ts'
import { canSignFor, leastIndependenceDays, type Means, mostIndependenceDays, ownersAsked, peopleIn } from '../requests/requirement.ts'
import { firstObjection, granted, type Rule, refused, type Verdict } from '../verdict.ts'
import { faultsOf } from './faults.ts'
import { type PolicyRule, policyRule } from './rules.ts'

/** What the policy owners have decided for the whole network; changed by a countersigned request alone. */
export const policyShape = z.strictObject({
  /** A critical finding about an account suspends it by itself: never more than that, and never by anything less. */
  criticalSuspends: z.boolean(),
  /** More accounts than this are a mass action: a second person makes it final. */
  massAccounts: z.int('number-range').min(10, 'number-range').max(1000, 'number-range'),
  /** So is more than this share of a structure, in per cent. */
  massPercent: z.int('number-range').min(1, 'number-range').max(50, 'number-range'),
  /** Whoever had a hand in somebody within so many days is not independent of them (P2). */
  independenceDays: z.int('number-range').min(leastIndependenceDays, 'number-range').max(mostIndependenceDays, 'number-range'),
  /** The first that applies says what a request needs; the last applies to everything. */
  rules: z.array(policyRule).min(1, 'rule-for-the-rest').max(60, 'rules-too-many'),
})

/** A policy that asks too little of anybody is none: each fault is said at the rule it is in. */
export const policyDocument = policyShape.check((context) => {
  for (const { path, refusal } of faultsOf(context.value.rules))
    context.issues.push({ code: 'custom', message: refusal, path: ['rules', ...path], input: context.value })
})

export type Policy = z.infer<typeof policyDocument>

/** A policy as a request may hold it: the oldest were asked for before policies had rules. */
export const policyOnRecord = policyShape.extend({
  rules: policyShape.shape.rules.exactOptional(),
  independenceDays: policyShape.shape.independenceDays.exactOptional(),
})
export type PolicyOnRecord = z.infer<typeof policyOnRecord>

export const samePolicy = (one: PolicyOnRecord, other: PolicyOnRecord): boolean => canonicalJson(one) === canonicalJson(other)

export type PolicyCase = {
  readonly actor: Actor
  /** The nation: a policy is for the whole network. */
  readonly place: Place
  readonly before: Policy
  readonly after: Policy
  /** One change at a time: two from the same policy could not both be carried out. */
  readonly pending: boolean
  /** Who can act today, each by what they can show. */
  readonly ownersAtWork: readonly Means[]
  readonly settledOwners: number
}

/** Could no role be given and no policy be changed any more, besides by whoever asks? Asked again when it is carried out. */
export const leavesNobodyToSign = (
  after: readonly PolicyRule[],
  { ownersAtWork, settledOwners }: Pick<PolicyCase, 'ownersAtWork' | 'settledOwners'>,
): boolean =>
  ownersAsked(after, settledOwners).some(
    (demand) => peopleIn(demand) > ownersAtWork.filter((owner) => canSignFor(owner, demand)).length - 1,
  )

const rules: readonly Rule<PolicyCase>[] = [
  ({ actor, place }) => !covers(scopeOf(actor, 'request:file:set-policy'), place) && 'out-of-scope',
  ({ before, after }) => samePolicy(before, after) && 'nothing-to-do',
  ({ pending }) => pending && 'policy-change-pending',
  // Besides whoever asks, or no role could be given and no policy changed ever again.
  ({ after, ownersAtWork, settledOwners }) => leavesNobodyToSign(after.rules, { ownersAtWork, settledOwners }) && 'owners-too-few',
]

/** May this person ask for that policy now? */
export const decidePolicyRequest = (subject: PolicyCase): Verdict<true> => {
  const objection = firstObjection(rules, subject)
  return objection ? refused(objection) : granted(true)
}
