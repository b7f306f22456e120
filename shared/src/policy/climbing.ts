import { filedWith, permissions } from '../access/permissions.ts'
import type { Role } from '../access/roles.ts'
import type { Grant } from '../access/scope.ts'
import { approverRoles } from '../requests/requirement.ts'
import { type Field, type Member, rolesOver, toCreate, toGrant, toReset } from './attempts.ts'
import { type Attempt, type Circumstances, carriedOutBy, type Step } from './coalition.ts'
import type { Kinship } from './independence.ts'

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

export type Band = { readonly holds: readonly Hold[]; readonly kinship: readonly Kinship[] }

/** What is won helps to win more, so many times over: beyond, a coalition of three has won nothing it had not. */
const rounds = 3

/** Roles that ask, call or sign; the others win nothing. */
const acting = new Set<Role>([
  ...Object.values(filedWith).flatMap((permission) => permissions[permission]),
  ...Object.values(approverRoles).flat(),
])

/** Is it this role that lets them take the step? */
const lets = (role: Role | null, { act, kind }: Step): boolean =>
  role === null || (act === 'ask' ? permissions[filedWith[kind]] : approverRoles[kind]).some((one) => one === role)

/** All steps of a way, those that won its people and the roles they use first. */
export const wholeWay = (holds: readonly Hold[], steps: readonly Step[]): readonly Step[] => {
  const by = new Map(holds.map((hold) => [hold.id, hold]))
  const before = steps.flatMap((step) =>
    ((step.by && by.get(step.by)?.how) || []).filter(({ role }) => lets(role, step)).flatMap((winning) => winning.steps),
  )
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

const prizes = (field: Field, holds: readonly Hold[], accounts: readonly Attempt[]): readonly Prize[] => {
  const held = new Set(holds.filter(({ how }) => how.length === 0).map(({ real }) => real))
  const resets = field.members
    .filter(({ id }) => !held.has(id))
    .map((member) => ({ member, real: member.id, roots: [], how: [], role: null, attempt: toReset(field, member) }))
  const nobodyYet = { id: 'new', grants: [], home: field.ground, sensitivity: 'standard' } as const
  const born = accounts.map((attempt) => ({ member: nobodyYet, real: nobodyYet.id, roots: [], how: [], role: null, attempt }))
  const named = holds.flatMap((hold) =>
    rolesOver(field).flatMap(({ role, over }) => {
      const grant = { role, level: over.level, organisationId: over.id }
      if (!acting.has(role) || has(hold.grants, grant)) return []
      const member = { ...hold, grants: [...hold.grants, grant] }
      return [{ member, real: hold.real, roots: hold.roots, how: hold.how, role, attempt: toGrant(field, role, over, hold) }]
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

/**
 * The band with all it can win for itself: accounts, credentials of others, roles. Whoever is won depends on whoever asked, and on those that
 * one was won through (P2); won another way, they are another of the same. While a network is being founded, its exception is taken to last:
 * the answer may then be lower than the truth, never higher.
 */
export const climbed = (field: Field, band: Band, circumstances: Circumstances): Band => {
  const holds = new Map(band.holds.map((hold) => [hold.id, hold]))
  const kinship = [...band.kinship]
  const accounts = toCreate(field).slice(0, 1)
  const take = ({ member, real, roots, how, role, attempt }: Prize): boolean => {
    const before = [...holds.values()]
    let taken = false
    for (const asker of before) {
      const through = [...new Set([...roots, ...asker.roots])].sort()
      if ([...holds.values()].some((one) => asGood(one, { real, roots: through, grants: member.grants }))) continue
      const steps = carriedOutBy(before, attempt, { ...circumstances, kinship }, [asker])
      if (!steps) continue
      const id = `${real}<${through.join('&')}`
      if (!holds.has(id)) kinship.push(...[real, ...through].map((by) => ({ by, of: id, at: circumstances.now })))
      holds.set(id, merged(holds.get(id), { ...member, id, real, roots: through, how: [...how, { role, steps: wholeWay(before, steps) }] }))
      taken = true
    }
    return taken
  }
  for (let round = 0; round < rounds; round += 1) {
    const taken = prizes(field, [...holds.values()], accounts).map(take)
    if (!taken.includes(true)) break
  }
  return { holds: [...holds.values()], kinship }
}
