import { type Role, roles } from '../access/roles.ts'
import type { Actor, Level, Place } from '../access/scope.ts'
import { type NetworkKind, profileAllowedIn, profileIds } from '../accounts/profiles.ts'
import { grantableLevels, sensitivityOf } from '../requests/filing.ts'
import type { RequestKind } from '../requests/kinds.ts'
import { type Requirement, requirementFor, type Sensitivity } from '../requests/requirement.ts'
import type { Attempt } from './coalition.ts'
import type { Kinship } from './independence.ts'

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
export type Member = Actor & { readonly home: Ground; readonly sensitivity: Sensitivity }

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
  readonly policyOwnersEver: number
  readonly now: Date
}

/** An ordinary account of the organisation that nobody of the coalition holds. */
const somebodyElse = 'somebody-else'

const common = { justification: 'x' }
const free = { loginTaken: false, phoneValid: true, roleHeld: false, conventionEndsOn: null } as const
const far = '2999-12-31'
const todayIn = ({ now }: Field): string => now.toISOString().slice(0, 10)

const needs = (field: Field, kind: RequestKind, sensitivity: Sensitivity): Requirement =>
  requirementFor(kind, sensitivity, field.policyOwnersEver)

const about = (field: Field, id: string, home: Ground) => ({
  ...free,
  today: todayIn(field),
  place: home.place,
  level: home.level,
  network: home.network,
  account: { id, status: 'active', endsOn: far } as const,
  grantPlace: null,
})

export const toCreate = (field: Field): readonly Attempt[] => {
  const { ground } = field
  const allowed = profileIds.filter((profile) => ground.network !== null && profileAllowedIn(profile, ground.network))
  return allowed.map((profile) => {
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
    return {
      kind: 'create-account',
      filing: { ...about(field, '', ground), account: null, conventionEndsOn: ground.conventionEndsOn, content },
      place: ground.place,
      subjectId: null,
      requirement: needs(field, 'create-account', sensitivityOf(profile)),
    }
  })
}

export const toReset = (field: Field, { id, home, sensitivity }: Pick<Member, 'id' | 'home' | 'sensitivity'>): Attempt => {
  const content = { kind: 'reset-credentials', accountId: id, ...common } as const
  return {
    kind: 'reset-credentials',
    filing: { ...about(field, id, home), content },
    place: home.place,
    subjectId: id,
    requirement: needs(field, 'reset-credentials', sensitivity),
  }
}

export const toGrant = (
  field: Field,
  role: Role,
  over: Ground,
  { id, home, sensitivity }: Pick<Member, 'id' | 'home' | 'sensitivity'>,
): Attempt => {
  const content = { kind: 'grant-role', accountId: id, role, organisationId: over.id, ...common } as const
  return {
    kind: 'grant-role',
    filing: { ...about(field, id, home), level: over.level, grantPlace: over.place, content },
    place: home.place,
    subjectId: id,
    requirement: needs(field, 'grant-role', sensitivity),
  }
}

/** To have somebody back who is out: their account becomes active again, at one person's word and another's signature. */
const toReinstate = (field: Field): readonly Attempt[] => {
  const { ground } = field
  const content = { kind: 'reinstate', accountId: somebodyElse, ...common } as const
  const account = { id: somebodyElse, status: 'suspended', endsOn: far } as const
  const requirement = needs(field, 'reinstate', 'standard')
  return [
    {
      kind: 'reinstate',
      filing: { ...about(field, somebodyElse, ground), account, content },
      place: ground.place,
      subjectId: somebodyElse,
      requirement,
    },
    unformed(field, 'reinstate-bulk', ground.place, 'standard'),
  ]
}

/** What no form asks for: a bulk, a policy. */
const unformed = (field: Field, kind: RequestKind, place: Place, sensitivity: Sensitivity): Attempt => ({
  kind,
  filing: null,
  place,
  subjectId: null,
  requirement: needs(field, kind, sensitivity),
})

/** The roles there are to be had over the organisation: its own, and those over the whole network. */
export const rolesOver = ({ ground, nation }: Field): readonly { readonly role: Role; readonly over: Ground }[] =>
  [ground, ...(nation.id === ground.id ? [] : [nation])].flatMap((over) =>
    roles.filter((role) => (grantableLevels[role] as readonly Level[]).includes(over.level)).map((role) => ({ role, over })),
  )

/** Each way of putting a goal as a request; any of them will do. */
export const attemptsAt = (field: Field, goal: Goal): readonly Attempt[] => {
  const other = { id: somebodyElse, home: field.ground, sensitivity: 'standard' } as const
  switch (goal) {
    case 'account':
      return [...toCreate(field), ...toReinstate(field)]
    case 'credential':
      return [toReset(field, other)]
    case 'role':
      return rolesOver(field).map(({ role, over }) => toGrant(field, role, over, other))
    case 'policy':
      return [unformed(field, 'set-policy', field.nation.place, 'sensitive')]
  }
}
