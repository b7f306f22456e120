import { type Role, roles } from '../access/roles.ts'
import type { Actor, Level, Place } from '../access/scope.ts'
import { type NetworkKind, type ProfileId, profileAllowedAt, profileIds } from '../accounts/profiles.ts'
import { canonicalJson } from '../requests/canonical.ts'
import { grantableLevels } from '../requests/filing.ts'
import type { RequestKind } from '../requests/kinds.ts'
import { type Requirement, requirementFor, requirementsFor } from '../requests/requirement.ts'
import { fits } from '../requests/stages.ts'
import type { Attempt } from './coalition.ts'
import type { Kinship } from './independence.ts'
import type { ConditionName, Demand, PolicyRule } from './rules.ts'

/** What an attacker may be after, in one organisation. */
export const goals = ['account', 'credential', 'role', 'policy'] as const
export type Goal = (typeof goals)[number]

export type Ground = {
  readonly id: string
  readonly level: Level
  readonly place: Place
  readonly network: NetworkKind | null
  /** No account is asked for beyond it. */
  readonly conventionEndsOn: string | null
}

/** Somebody with a role in force, and where they work: what it would take to have their access reset. */
export type Member = Actor & { readonly home: Ground; readonly profile: ProfileId }

/** A hand on somebody, and whether it could leave the account in the hands of whoever it belonged to: a role gives nobody a password. */
export type Hand = Kinship & { readonly takesOver: boolean }

/** All that decides what a few people could do together in one organisation. */
export type Field = {
  readonly ground: Ground
  readonly nation: Ground
  readonly members: readonly Member[]
  readonly hands: readonly Hand[]
  /** Who asked for the accounts here whose invitation nobody has used yet. */
  readonly inviters: readonly string[]
  /** The rules of the policy in force, or of a draft. */
  readonly rules: readonly PolicyRule[]
  readonly settledOwners: number
  readonly now: Date
}

/** An ordinary account of the organisation that nobody of the coalition holds. */
const somebodyElse = 'somebody-else'

const common = { justification: 'x' }
const onRecord = { email: 'x', phone: 'x' } as const
const free = { loginTaken: false, phoneValid: true, roleHeld: false, conventionEndsOn: null } as const
const far = '2999-12-31'
const todayIn = ({ now }: Field): string => now.toISOString().slice(0, 10)

type Asked = {
  readonly kind: RequestKind
  readonly at: Ground
  readonly profiles: readonly ProfileId[]
  readonly role?: Role
  /** What else whoever attacks sees to. */
  readonly chosen?: readonly ConditionName[]
}

/** What an attacker always sees to: who is asked for has as much or as little within reach, and there are findings or none. */
const alwaysChosen = ['reachAtLeast', 'signals'] as const satisfies readonly ConditionName[]

/** Each requirement such a request may be given, by what the search asks about: whoever attacks takes the weakest. */
const needs = (
  { rules, settledOwners }: Field,
  { kind, at: { network, place }, profiles, role, chosen = [] }: Asked,
): readonly Requirement[] => {
  const matched = { kind, network, place, profiles, role: role ?? null, reach: null, signals: [] }
  return distinctBy(requirementsFor(rules, matched, settledOwners, new Set([...alwaysChosen, ...chosen])), ({ demand }) =>
    canonicalJson([demand.stages, demand.callBack]),
  )
}

const distinctBy = <T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] => [
  ...new Map(items.map((item) => [keyOf(item), item])).values(),
]

const about = (field: Field, id: string, home: Ground) => ({
  ...free,
  today: todayIn(field),
  place: home.place,
  level: home.level,
  network: home.network,
  account: { id, status: 'active', endsOn: far, ...onRecord } as const,
  grantPlace: null,
})

export const toCreate = (field: Field): readonly Attempt[] => {
  const { ground } = field
  const allowed = profileIds.filter((profile) => profileAllowedAt(profile, ground))
  return allowed.flatMap((profile) => {
    const content = {
      kind: 'create-account',
      organisationId: ground.id,
      givenName: 'x',
      familyName: 'x',
      login: 'x',
      email: 'x',
      phone: 'x',
      profile,
      endsOn: ground.conventionEndsOn ?? far,
      ...common,
    } as const
    return needs(field, { kind: 'create-account', at: ground, profiles: [profile] }).map((requirement) => ({
      kind: 'create-account' as const,
      filing: { ...about(field, '', ground), account: null, conventionEndsOn: ground.conventionEndsOn, content },
      place: ground.place,
      subjectId: null,
      requirement,
    }))
  })
}

/** Somebody a request is about; without a profile, whoever suits the one who asks. */
export type Target = Pick<Member, 'id' | 'home'> & { readonly profile: ProfileId | null }

const toReset = (field: Field, { id, home, profile }: Target): readonly Attempt[] => {
  const content = { kind: 'reset-credentials', accountId: id, ...common } as const
  return needs(field, { kind: 'reset-credentials', at: home, profiles: profile ? [profile] : [], chosen: profile ? [] : ['profiles'] }).map(
    (requirement) => ({
      kind: 'reset-credentials',
      filing: { ...about(field, id, home), content },
      place: home.place,
      subjectId: id,
      requirement,
    }),
  )
}

/** Once they are called and written to where whoever attacks says, anybody's honest reset is theirs. */
const toMove = (field: Field, { id, home, profile }: Target): readonly Attempt[] =>
  needs(field, {
    kind: 'change-contact',
    at: home,
    profiles: profile ? [profile] : [],
    chosen: profile ? [] : ['profiles'],
  }).map((requirement) => ({
    kind: 'change-contact',
    filing: {
      ...about(field, id, home),
      content: { kind: 'change-contact', accountId: id, before: onRecord, email: 'y', phone: 'y', ...common },
    },
    place: home.place,
    subjectId: id,
    requirement,
  }))

const signedAs = ({ requirement: { demand } }: Attempt): string => canonicalJson([demand.stages, demand.signIn ?? null])

/** Each way to somebody's access. A contact that is signed like a reset is no other way: whoever may ask for one may ask for the other. */
export const toTakeOver = (field: Field, target: Target): readonly Attempt[] => {
  const resets = toReset(field, target)
  const known = new Set(resets.map(signedAs))
  return [...resets, ...toMove(field, target).filter((one) => !known.has(signedAs(one)))]
}

export const toGrant = (field: Field, role: Role, over: Ground, { id, home, profile }: Target): readonly Attempt[] => {
  const content = { kind: 'grant-role', accountId: id, role, organisationId: over.id, ...common } as const
  return needs(field, {
    kind: 'grant-role',
    at: home,
    profiles: profile ? [profile] : [],
    role,
    chosen: profile ? [] : ['profiles', 'within', 'networks'],
  }).map((requirement) => ({
    kind: 'grant-role',
    filing: { ...about(field, id, home), level: over.level, grantPlace: over.place, content },
    place: home.place,
    subjectId: id,
    requirement,
  }))
}

/** To have somebody back who is out: their account becomes active again, at one person's word and another's signature. */
const toReinstate = (field: Field): readonly Attempt[] => {
  const { ground } = field
  const content = { kind: 'reinstate', accountId: somebodyElse, ...common } as const
  const account = { id: somebodyElse, status: 'suspended', endsOn: far, ...onRecord } as const
  const alone = needs(field, { kind: 'reinstate', at: ground, profiles: [], chosen: ['profiles'] }).map((requirement) => ({
    kind: 'reinstate' as const,
    filing: { ...about(field, somebodyElse, ground), account, content },
    place: ground.place,
    subjectId: somebodyElse,
    requirement,
  }))
  return [...alone, ...unformed(field, 'reinstate-bulk', ground, ['profiles', 'within', 'networks'])]
}

/** What no form asks for: a bulk, a policy. */
const unformed = (field: Field, kind: RequestKind, at: Ground, chosen: readonly ConditionName[] = []): readonly Attempt[] =>
  needs(field, { kind, at, profiles: [], chosen }).map((requirement) => ({
    kind,
    filing: null,
    place: at.place,
    subjectId: null,
    requirement,
  }))

/** The roles there are to be had over the organisation: its own, and those over the whole network. */
export const rolesOver = ({ ground, nation }: Field): readonly { readonly role: Role; readonly over: Ground }[] =>
  [ground, ...(nation.id === ground.id ? [] : [nation])].flatMap((over) =>
    roles.filter((role) => (grantableLevels[role] as readonly Level[]).includes(over.level)).map((role) => ({ role, over })),
  )

/** Each way of putting a goal as a request; any of them will do. */
export const attemptsAt = (field: Field, goal: Goal): readonly Attempt[] => {
  const other = { id: somebodyElse, home: field.ground, profile: null } as const
  switch (goal) {
    case 'account':
      return [...toCreate(field), ...toReinstate(field)]
    case 'credential':
      return toTakeOver(field, other)
    case 'role':
      return rolesOver(field).flatMap(({ role, over }) => toGrant(field, role, over, other))
    case 'policy':
      return unformed(field, 'set-policy', field.nation)
  }
}

export type UsualKind = 'create-account' | 'reset-credentials'

/** What is asked of somebody's ordinary account, or of their reset, in this organisation: nothing is suspicious about it. */
export const usualDemand = (field: Field, kind: UsualKind): Demand => {
  const { ground } = field
  const matched = {
    kind,
    network: ground.network,
    place: ground.place,
    profiles: ['site-adviser' as const],
    role: null,
    reach: null,
    signals: [],
  }
  return requirementFor(field.rules, matched, field.settledOwners).demand
}

/** Who of these may sign that, in time, those one level up among them. */
export const usualSigners = (field: Field, kind: UsualKind, people: readonly Member[]): readonly Member[] => {
  const { stages } = usualDemand(field, kind)
  return people.filter((one) => stages.some((stage) => fits(one, stage, { place: field.ground.place, wide: true })))
}
