import { z } from 'zod'
import { type Actor, covers, type Place, scopeOf } from '../access/scope.ts'
import { canonicalJson } from '../requests/canonical.ts'
import { firstObjection, granted, type Rule, refused, type Verdict } from '../verdict.ts'

/** What the policy owners have decided for the whole network; changed by a countersigned request alone. */
export const policyDocument = z.strictObject({
  /** A critical finding about an account suspends it by itself: never more than that, and never by anything less. */
  criticalSuspends: z.boolean(),
  /** More accounts than this are a mass action: a second person makes it final. */
  massAccounts: z.int('number-range').min(10, 'number-range').max(1000, 'number-range'),
  /** So is more than this share of a structure, in per cent. */
  massPercent: z.int('number-range').min(1, 'number-range').max(50, 'number-range'),
})

export type Policy = z.infer<typeof policyDocument>

/** What a new network begins with. */
export const firstPolicy: Policy = { criticalSuspends: false, massAccounts: 100, massPercent: 10 }

export const samePolicy = (one: Policy, other: Policy): boolean => canonicalJson(one) === canonicalJson(other)

export type PolicyCase = {
  readonly actor: Actor
  /** The nation: a policy is for the whole network. */
  readonly place: Place
  readonly before: Policy
  readonly after: Policy
  /** One change at a time: two from the same policy could not both be carried out. */
  readonly pending: boolean
}

const rules: readonly Rule<PolicyCase>[] = [
  ({ actor, place }) => !covers(scopeOf(actor, 'request:file:set-policy'), place) && 'out-of-scope',
  ({ before, after }) => samePolicy(before, after) && 'nothing-to-do',
  ({ pending }) => pending && 'policy-change-pending',
]

/** May this person ask for that policy now? */
export const decidePolicyRequest = (subject: PolicyCase): Verdict<true> => {
  const objection = firstObjection(rules, subject)
  return objection ? refused(objection) : granted(true)
}
