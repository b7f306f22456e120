import type { Actor } from '../access/scope.ts'
import { canonicalJson } from '../requests/canonical.ts'
import { peopleIn, requirementFor } from '../requests/requirement.ts'
import { emptyPlaces } from '../requests/stages.ts'
import type { Demand, Matched, PolicyRule } from './rules.ts'

/** What a draft would have asked of a request, beside what the policy in force asks. */
export const trialOutcomes = ['same', 'more', 'fewer', 'others', 'nobody'] as const
export type TrialOutcome = (typeof trialOutcomes)[number]

export type Tried = {
  readonly matched: Matched
  readonly before: readonly PolicyRule[]
  readonly after: readonly PolicyRule[]
  readonly policyOwnersEver: number
  /** Everybody who might sign there, without whoever asked and whom it is about. */
  readonly signers: readonly Actor[]
}

const signed = ({ stages, assurance, callBack }: Demand): string => canonicalJson({ stages, assurance, callBack })

/** Somebody for each place, even when those one level up may sign: that nobody does is the gravest that can be said of it. */
export const tryOn = ({ matched, before, after, policyOwnersEver, signers }: Tried): TrialOutcome => {
  const [was, is] = [before, after].map((rules) => requirementFor(rules, matched, policyOwnersEver).demand) as [Demand, Demand]
  if (emptyPlaces(is.stages, signers, { place: matched.place, wide: true }) > 0) return 'nobody'
  const [fewer, more] = [peopleIn(is) < peopleIn(was), peopleIn(is) > peopleIn(was)]
  return more ? 'more' : fewer ? 'fewer' : signed(is) === signed(was) ? 'same' : 'others'
}
