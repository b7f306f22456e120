import type { Actor } from '../access/scope.ts'
import { canonicalJson } from '../requests/canonical.ts'
import { canSignFor, type Means, peopleIn, requirementFor } from '../requests/requirement.ts'
import { emptyPlaces } from '../requests/stages.ts'
import type { Demand, Matched, PolicyRule } from './rules.ts'

/** What a draft would have asked of a request, beside what the policy in force asks. */
export const trialOutcomes = ['nobody', 'fewer', 'more', 'others', 'timing', 'same'] as const
export type TrialOutcome = (typeof trialOutcomes)[number]

export type Tried = {
  readonly matched: Matched
  readonly before: readonly PolicyRule[]
  readonly after: readonly PolicyRule[]
  readonly settledOwners: number
  /** Everybody who might sign there, without whoever asked and whom it is about, and how surely they can show that it is they. */
  readonly signers: readonly Proven[]
}

export type Proven = Actor & Means

/** Those who can give the proof that is asked for. */
export const provenFor = (people: readonly Proven[], demand: Pick<Demand, 'assurance' | 'signIn'>): readonly Proven[] =>
  people.filter((person) => canSignFor(person, demand))

const signed = ({ stages, assurance, signIn, callBack }: Demand): string =>
  canonicalJson({ stages, assurance, signIn: signIn ?? null, callBack })

const timed = ({ coolingOffHours, deadline, escalation }: Demand): string => canonicalJson({ coolingOffHours, deadline, escalation })

/** Somebody for each place, even when those one level up may sign: that nobody does is the gravest that can be said of it. */
export const tryOn = ({ matched, before, after, settledOwners, signers }: Tried): TrialOutcome => {
  const [was, is] = [before, after].map((rules) => requirementFor(rules, matched, settledOwners).demand) as [Demand, Demand]
  const unsigned = (asked: Demand) => emptyPlaces(asked.stages, provenFor(signers, asked), { place: matched.place, wide: true }) > 0
  if (unsigned(is) && !unsigned(was)) return 'nobody'
  const [fewer, more] = [peopleIn(is) < peopleIn(was), peopleIn(is) > peopleIn(was)]
  if (more || fewer) return more ? 'more' : 'fewer'
  if (signed(is) !== signed(was)) return 'others'
  return timed(is) === timed(was) ? 'same' : 'timing'
}
