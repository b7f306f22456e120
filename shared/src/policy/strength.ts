import { attemptsAt, type Field, type Goal, goals, type Member } from './attempts.ts'
import { type Found, searching } from './collusion.ts'

/** For each goal the fewest accounts that are enough; null where it takes four or more. */
export type Strength = Readonly<Record<Goal, Found | null>>

/** How many accounts it takes; one more than was searched stands for "at least so many". */
export const amounts = (strength: Strength): Readonly<Record<Goal, number | null>> =>
  Object.fromEntries(goals.map((goal) => [goal, strength[goal]?.held.length ?? null])) as Record<Goal, number | null>

/** A place that a rule of the policy names is like no other. */
const shared = ({ ground, nation, rules }: Field, id: string): string =>
  rules.some(({ when }) => when.within === id)
    ? id
    : id === ground.id
      ? 'here'
      : (Object.entries(ground.place).find(([, one]) => one === id)?.[0] ?? (id === nation.id ? 'nation' : id))

/** All that the rules could ask about somebody, seen from the organisation: whoever reads the same is the same to them. */
const toldOf = (field: Field, { grants, home, profile }: Member): string => {
  const places = Object.values(home.place).map((id) => (id ? shared(field, id) : '-'))
  const roles = grants
    .map(
      ({ role, level, organisationId, networkId }) =>
        `${role} ${level} ${shared(field, organisationId)} ${networkId === field.ground.place.networkId}`,
    )
    .sort()
  return JSON.stringify([places, home.level, home.network, profile, roles])
}

/** Whoever can change the policy can have it ask less of anything else: no goal is further than that (it may be nearer, and is never said to be further than it is). */
const throughPolicy = (strength: Strength, attainable: (goal: Goal) => boolean): Strength =>
  Object.fromEntries(
    goals.map((goal) => {
      const [own, policy] = [strength[goal], strength.policy]
      return [goal, policy && attainable(goal) && (!own || policy.held.length < own.held.length) ? policy : own]
    }),
  ) as Strength

/** Measures one organisation after another, and one that is just like another only once: a network has few kinds of structures. */
export const measuring = (): ((field: Field) => Generator<void, Strength>) => {
  const known = new Map<string, { readonly ids: readonly string[]; readonly strength: Strength }>()
  return function* (field) {
    const told = field.members
      .map((member) => ({ member, told: toldOf(field, member) }))
      .sort((a, b) => (a.told < b.told ? -1 : a.told > b.told ? 1 : 0))
    const ids = told.map(({ member }) => member.id)
    const at = new Map(ids.map((id, index) => [id, index]))
    const hands = field.hands.map(({ by, of, takesOver }) => `${at.get(by) ?? by} ${at.get(of) ?? of} ${takesOver}`).sort()
    const key = JSON.stringify([
      field.ground.level,
      field.ground.network,
      field.ground.conventionEndsOn,
      Object.values(field.ground.place).map((id) => id && shared(field, id)),
      field.inviters,
      field.settledOwners,
      told.map((one) => one.told),
      hands,
    ])
    const before = known.get(key)
    if (!before) {
      const found: [Goal, Found | null][] = []
      for (const goal of goals)
        found.push([
          goal,
          attemptsAt(field, goal).length > 0 ? yield* searching({ ...field, members: told.map(({ member }) => member) }, goal) : null,
        ])
      const strength = throughPolicy(Object.fromEntries(found) as Strength, (goal) => attemptsAt(field, goal).length > 0)
      known.set(key, { ids, strength })
      return strength
    }
    const here = new Map(before.ids.map((id, index) => [id, ids[index] ?? id]))
    const named = <T extends string | null>(id: T) => (id === null ? id : ((here.get(id) ?? id) as T))
    return Object.fromEntries(
      goals.map((goal) => {
        const found = before.strength[goal]
        if (!found) return [goal, null]
        return [
          goal,
          { held: found.held.map(named), steps: found.steps.map((step) => ({ ...step, by: named(step.by), about: named(step.about) })) },
        ]
      }),
    ) as Strength
  }
}
