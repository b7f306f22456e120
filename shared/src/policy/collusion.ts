import { covers, scopeOf } from '../access/scope.ts'
import type { RefusalCode } from '../refusals.ts'
import { attemptsAt, type Field, type Goal, type Member } from './attempts.ts'
import { among, type Band, climbed, type Hold, representatives, wholeWay } from './climbing.ts'
import { alteredBy, type Circumstances, carriedOutBy, mayAsk, type Step, signerFor, signersThere } from './coalition.ts'
import { closedByRule, closedByShape, type Hole, type Shape } from './holes.ts'

/** Searched exactly up to this many accounts; whoever needs more is told "at least four". */
const searchedUpTo = 3

/** The fewest accounts that are enough, and the cheapest way. */
export type Found = { readonly held: readonly string[]; readonly steps: readonly Step[] }

/** As many of a kind as a band of three and whoever it is about can need. */
const enoughAlike = searchedUpTo + 1

/** Those who differ in nothing that a rule asks are one kind. */
const kindOf = ({ grants, home, profile }: Member): string =>
  `${home.id} ${profile} ${grants
    .map(({ role, organisationId }) => `${role}@${organisationId}`)
    .sort()
    .join()}`

/** Members without those who could only take the place of another; whoever stands in the lineage is one of a kind. */
const distinct = ({ members, hands, inviters }: Field): readonly Member[] => {
  const tied = new Set([...hands.flatMap(({ by, of }) => [by, of]), ...inviters])
  const seen = new Map<string, number>()
  return members.filter((member) => {
    if (tied.has(member.id)) return true
    const before = seen.get(kindOf(member)) ?? 0
    seen.set(kindOf(member), before + 1)
    return before < enoughAlike
  })
}

const combinations = function* <T>(items: readonly T[], size: number, from = 0): Generator<readonly T[]> {
  if (size === 0) yield []
  else
    for (let index = from; index <= items.length - size; index += 1)
      for (const rest of combinations(items, size - 1, index + 1)) yield [items[index] as T, ...rest]
}

/** Who is held, and whom they asked for or had reset lately: an invitation or a link may have gone where they said. */
const bandOf = (field: Field, held: readonly Member[]): Band => {
  const roots = new Map(held.map(({ id }) => [id, id]))
  for (let before = 0; before < roots.size; ) {
    before = roots.size
    for (const { by, of, takesOver } of field.hands) {
      const root = roots.get(by)
      if (takesOver && root && !roots.has(of)) roots.set(of, root)
    }
  }
  const holds = field.members.flatMap((member): readonly Hold[] => {
    const root = roots.get(member.id)
    return root ? [{ ...member, real: member.id, roots: [root], how: [] }] : []
  })
  return { holds }
}

type Test = (band: Band) => readonly Step[] | null

/** Whoever is held, as they are: no shortcut stands between them and the rules, or one that is missing would not be missed. */
const carried =
  (field: Field, goal: Goal, circumstances: Circumstances): Test =>
  ({ holds }) => {
    for (const attempt of attemptsAt(field, goal)) {
      const steps = carriedOutBy(holds, attempt, circumstances)
      if (steps) return steps
    }
    return null
  }

/** Honest people sign what they are shown; whoever asked puts something else in its place. */
const altered =
  (field: Field, goal: Goal, circumstances: Circumstances): Test =>
  ({ holds }) => {
    const honest = field.members.filter(({ id }) => !holds.some(({ real }) => real === id))
    for (const attempt of attemptsAt(field, goal))
      for (const asker of holds) {
        const steps = alteredBy(asker, honest, attempt, circumstances)
        if (steps) return steps
      }
    return null
  }

/** The same of those who have won more: they are many, and a few of them do for all. */
const carriedWithMore =
  (field: Field, goal: Goal, circumstances: Circumstances): Test =>
  ({ holds }) => {
    for (const attempt of attemptsAt(field, goal)) {
      const few = representatives(field, holds, attempt, circumstances)
      const steps = carriedOutBy(few, attempt, among(field, few, circumstances))
      if (steps) return wholeWay(field.rules, few, steps)
    }
    return null
  }

const mightAsk = (field: Field, goal: Goal, { holds }: Band): boolean =>
  attemptsAt(field, goal).some((attempt) => holds.some((one) => mayAsk(one, attempt)))

/** What a hole would let a band do, by the shape of it. */
const shapes = {
  asker: mightAsk,
  'asker-of-account': (field, goal, band) => goal === 'account' && mightAsk(field, goal, band),
  'asker-where-nobody-signs': (field, goal, { holds }) =>
    attemptsAt(field, goal).some((attempt) => holds.some((one) => mayAsk(one, attempt)) && signersThere(field.members, attempt) === 0),
  'asker-and-honest-signer': (field, goal, { holds }) => {
    const circumstances = { kinship: field.hands, now: field.now, waived: new Set<RefusalCode>() }
    const honest = field.members.filter(({ id }) => !holds.some(({ real }) => real === id))
    return attemptsAt(field, goal).some((attempt) =>
      holds.some((one) => mayAsk(one, attempt) && signerFor(one, honest, attempt, circumstances) !== null),
    )
  },
  administrator: (field, _, { holds }) => holds.some((one) => covers(scopeOf(one, 'delivery:read'), field.nation.place)),
  anybody: (_, __, { holds }) => holds.length > 0,
  inviter: (field, goal, { holds }) => goal === 'account' && holds.some(({ real }) => field.inviters.includes(real)),
} as const satisfies Record<Shape, (field: Field, goal: Goal, band: Band) => boolean>

const throughHole =
  (field: Field, goal: Goal, shape: Shape): Test =>
  (band) =>
    shapes[shape](field, goal, band) ? [] : null

/** What is tried of every coalition of a size, the cheapest first. */
const testsOf = (field: Field, goal: Goal, open: Hole | null): ((size: number) => readonly Test[]) => {
  const circumstances: Circumstances = { kinship: field.hands, now: field.now, waived: new Set(open ? closedByRule[open] : []) }
  const direct = carried(field, goal, circumstances)
  const withMore = carriedWithMore(field, goal, circumstances)
  const after: Test = (band) => {
    for (const grown of climbed(field, band, circumstances)) {
      const steps = withMore(grown)
      if (steps) return steps
    }
    return null
  }
  // As long as the rules hold, everybody with a part in a request goes back to somebody else who is held: fewer win nothing that helps.
  const parts =
    circumstances.waived.size > 0 ? 0 : Math.min(...attemptsAt(field, goal).map(({ requirement }) => 1 + requirement.approvalsNeeded))
  const shape = open && open in closedByShape ? closedByShape[open as keyof typeof closedByShape] : null
  const hole = shape ? [throughHole(field, goal, shape)] : []
  return (size) => [...hole, direct, ...(size === 1 ? [altered(field, goal, circumstances)] : []), ...(size >= parts ? [after] : [])]
}

/**
 * The fewest accounts somebody must hold, with password, factor and session, to reach the goal in this organisation while nobody else is
 * deceived into signing something else than what they are shown; null where more than three are needed. With a hole left open, to see what
 * its guard is for.
 */
export const searching = function* (field: Field, goal: Goal, open: Hole | null = null): Generator<void, Found | null> {
  const few = { ...field, members: distinct(field) }
  const tests = testsOf(few, goal, open)
  for (let size = 1; size <= searchedUpTo; size += 1)
    for (const test of tests(size))
      for (const held of combinations(few.members, size)) {
        const steps = test(bandOf(few, held))
        if (steps) return { held: held.map(({ id }) => id), steps }
        yield
      }
  return null
}

/** The whole of a search at once; whoever has others waiting goes on step by step and gives way between. */
export const atOnce = <T>(search: Generator<void, T>): T => {
  for (;;) {
    const { done, value } = search.next()
    if (done) return value
  }
}

/** The same, at once. */
export const fewest = (field: Field, goal: Goal, open: Hole | null = null): Found | null => atOnce(searching(field, goal, open))
