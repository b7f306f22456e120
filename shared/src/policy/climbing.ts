import { filedWith, permissions } from '../access/permissions.ts'
import type { Role } from '../access/roles.ts'
import { covers, type Grant, scopeOf } from '../access/scope.ts'
import { demandsOf, mayCountersign } from '../requests/requirement.ts'
import { type Field, type Member, rolesOver, toCreate, toGrant, toTakeOver } from './attempts.ts'
import { type Attempt, type Circumstances, carriedOutBy, mayAsk, type Step, signersThere } from './coalition.ts'
import type { Kinship } from './independence.ts'
import type { PolicyRule } from './rules.ts'

/** Somebody the coalition has at its disposal: held from the beginning, or won since, and then how. */
export type Hold = Member & {
  /** Whose account it is: one that was won another way is another hold on the same. */
  readonly real: string
  /** Through which of those who were held from the beginning. */
  readonly roots: readonly string[]
  readonly how: readonly Winning[]
}

/** What was done to win it: the account itself, or a role for it. */
type Winning = { readonly role: Role | null; readonly steps: readonly Step[] }

export type Band = { readonly holds: readonly Hold[] }

/** What is won helps to win more, so many times over: beyond, a coalition of three has won nothing it had not. */
const rounds = 3

/** Roles that ask, call or sign; the others win nothing. */
const acting = new Set<Role>([
  ...Object.values(filedWith).flatMap((permission) => permissions[permission]),
  ...Object.values(mayCountersign).flat(),
])

/** Is it this role that lets them take the step? */
const lets = (rules: readonly PolicyRule[], role: Role, { act, kind }: Step): boolean => {
  if (act === 'ask') return permissions[filedWith[kind]].some((one) => one === role)
  if (act === 'call') return permissions['request:call-back'].some((one) => one === role)
  return demandsOf(rules, kind).some(({ stages }) => stages.some((stage) => stage.roles.includes(role)))
}

/** All steps of a way, those that won its people and the roles they use first. */
export const wholeWay = (rules: readonly PolicyRule[], holds: readonly Hold[], steps: readonly Step[]): readonly Step[] => {
  const by = new Map(holds.map((hold) => [hold.id, hold]))
  const winnings = steps.flatMap((step) => {
    const how = (step.by && by.get(step.by)?.how) || []
    // One role that lets them is enough, however many they were given.
    const role = how.find((winning) => winning.role !== null && lets(rules, winning.role, step))
    return [...how.filter((winning) => winning.role === null), ...(role ? [role] : [])]
  })
  const before = winnings.flatMap((winning) => winning.steps)
  return [...new Set([...before, ...steps.map((step) => ({ ...step, by: step.by && (by.get(step.by)?.real ?? step.by) }))])]
}

/** Something that might be won: whose account, with what roles, and the request it takes. */
type Prize = {
  readonly member: Member
  readonly real: string
  readonly roots: readonly string[]
  readonly how: readonly Winning[]
  readonly role: Role | null
  readonly attempt: Attempt
}

const has = (grants: readonly Grant[], wanted: Grant): boolean =>
  grants.some(({ role, organisationId }) => role === wanted.role && organisationId === wanted.organisationId)

const prizes = (field: Field, holds: readonly Hold[], held: ReadonlySet<string>, accounts: readonly Attempt[]): readonly Prize[] => {
  const resets = field.members
    .filter(({ id, grants }) => !held.has(id) && grants.some(({ role }) => acting.has(role)))
    .flatMap((member) => toTakeOver(field, member).map((attempt) => ({ member, real: member.id, roots: [], how: [], role: null, attempt })))
  const nobodyYet = { id: 'new', grants: [], home: field.ground, profile: 'site-adviser' } as const
  const born = accounts.map((attempt) => ({ member: nobodyYet, real: nobodyYet.id, roots: [], how: [], role: null, attempt }))
  const named = holds.flatMap((hold) =>
    rolesOver(field).flatMap(({ role, over }) => {
      const grant = { role, level: over.level, organisationId: over.id }
      if (!acting.has(role) || has(hold.grants, grant)) return []
      const member = { ...hold, grants: [...hold.grants, grant] }
      const base = { member, real: hold.real, roots: hold.roots, how: hold.how, role }
      return toGrant(field, role, over, hold).map((attempt) => ({ ...base, attempt }))
    }),
  )
  return [...resets, ...born, ...named]
}

/** Everything the one could do, the other could, and depends on nobody else. */
const asGood = (one: Hold, { real, roots, grants }: Pick<Hold, 'real' | 'roots' | 'grants'>): boolean =>
  one.real === real && one.roots.every((root) => roots.includes(root)) && grants.every((grant) => has(one.grants, grant))

/** What is won through the same people is one hold, with all the roles it was given: whom it depends on does not change by one more. */
const merged = (before: Hold | undefined, hold: Hold): Hold => {
  if (!before) return hold
  const more = hold.grants.filter((grant) => !has(before.grants, grant))
  return { ...before, grants: [...before.grants, ...more], how: [...new Set([...before.how, ...hold.how])] }
}

/** Whoever was won is in the hands of whoever it was won through, and another of the same as they were before. */
const handsOn = ({ id, real, roots }: Hold, at: Date): readonly Kinship[] =>
  id === real ? [] : [real, ...roots].map((by) => ({ by, of: id, at }))

/** How these few stand to each other: the lineage, and what they were won through. */
export const among = (field: Field, few: readonly Hold[], circumstances: Circumstances): Circumstances => {
  const kinship = [...field.hands, ...few.flatMap((hold) => handsOn(hold, circumstances.now))]
  if (circumstances.waived.size > 0) return { ...circumstances, kinship }
  const rootsOf = new Map(few.map(({ id, roots }) => [id, roots]))
  const dependent = (one: string, other: string): boolean =>
    one !== other && (rootsOf.get(one)?.some((root) => rootsOf.get(other)?.includes(root)) ?? false)
  return { ...circumstances, kinship, dependent }
}

/** One who acts, one it is about, and one more: of those alike, no more than these can have a part in one request. */
const enough = 3

const calls = (hold: Hold, { place }: Attempt): boolean => covers(scopeOf(hold, 'request:call-back'), place)

/** Of those who were won through the same people so many; whoever stands in the lineage is one of a kind. */
const alike = (field: Field, holds: readonly Hold[], most: number, kindOf = ({ roots }: Hold): string => roots.join()): readonly Hold[] => {
  const tied = new Set(field.hands.flatMap(({ by, of }) => [by, of]))
  const met = new Map<string, number>()
  return holds.filter((hold) => {
    if (tied.has(hold.real)) return true
    const times = (met.get(kindOf(hold)) ?? 0) + 1
    met.set(kindOf(hold), times)
    return times <= most
  })
}

/**
 * Of many holds that would do the same for a request, through the same people, a few. As long as the rules hold, those with a part in it go
 * back to different people: whoever was won through too many leaves none for the others.
 */
export const representatives = (field: Field, holds: readonly Hold[], attempt: Attempt, { waived }: Circumstances): readonly Hold[] => {
  const held = new Set(holds.flatMap(({ roots }) => roots)).size
  const most = waived.size > 0 ? held : held - attempt.requirement.approvalsNeeded
  const does = (hold: Hold) => [mayAsk(hold, attempt), signersThere([hold], attempt) > 0, calls(hold, attempt)]
  const able = holds.filter((hold) => hold.roots.length <= most && does(hold).includes(true))
  return alike(field, able, enough, (hold) => `${hold.roots} ${does(hold)}`)
}

/** Of those that bring the same, those that ask for as few as any. */
const weakest = (attempts: readonly Attempt[]): readonly Attempt[] => {
  const met = new Set<string>()
  return attempts.filter(({ requirement }) => {
    const key = JSON.stringify(requirement)
    return !met.has(key) && met.add(key)
  })
}

/**
 * The band with what it can win for itself, after one round, two and three: accounts, credentials of others, roles. Whoever is won depends on whoever asked, and on those that
 * one was won through (P2); won another way, they are another of the same. While a network is being founded, its exception is taken to last:
 * the answer may then be lower than the truth, never higher.
 */
export const climbed = function* (field: Field, band: Band, circumstances: Circumstances): Generator<Band> {
  const holds = new Map(band.holds.map((hold) => [hold.id, hold]))
  const accounts = weakest(toCreate(field))
  const held = new Set(band.holds.map(({ real }) => real))
  // It takes another to do anything with what was won.
  const most = new Set(band.holds.flatMap(({ roots }) => roots)).size - (circumstances.waived.size > 0 ? 0 : 1)
  const ofOne = Map.groupBy(band.holds, ({ real }) => real)
  const take = ({ member, real, roots, how, role, attempt }: Prize): boolean => {
    const before = representatives(field, [...holds.values()], attempt, circumstances)
    if (circumstances.waived.size === 0 && signersThere(before, attempt) < attempt.requirement.approvalsNeeded) return false
    const under = among(field, before, circumstances)
    let taken = false
    const win = (hand: Hold, steps: () => readonly Step[] | null): void => {
      const through = [...new Set([...roots, ...hand.roots])].sort()
      if (through.length > most) return
      if (ofOne.get(real)?.some((one) => asGood(one, { real, roots: through, grants: member.grants }))) return
      const way = steps()
      if (!way) return
      const id = `${real}<${through.join('&')}`
      holds.set(
        id,
        merged(holds.get(id), { ...member, id, real, roots: through, how: [...how, { role, steps: wholeWay(field.rules, before, way) }] }),
      )
      ofOne.set(
        real,
        [...holds.values()].filter((one) => one.real === real),
      )
      taken = true
    }
    const asking = before.filter((one) => mayAsk(one, attempt))
    for (const asker of alike(field, asking, 2)) win(asker, () => carriedOutBy(before, attempt, under, [asker]))
    // Where the public page asks, whoever calls has the hand in it.
    if (mayAsk('public', attempt))
      for (const caller of alike(
        field,
        before.filter((one) => calls(one, attempt)),
        2,
      ))
        win(caller, () => carriedOutBy(before, attempt, under, ['public'], [caller]))
    return taken
  }
  for (let round = 0; round < rounds; round += 1) {
    const taken = prizes(field, [...holds.values()], held, accounts).map(take)
    if (!taken.includes(true)) return
    yield { holds: [...holds.values()] }
  }
}
