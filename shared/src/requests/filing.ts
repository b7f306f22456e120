import { filedWith } from '../access/permissions.ts'
import type { Role } from '../access/roles.ts'
import { type Actor, covers, coversReach, type Level, type Place, scopeOf } from '../access/scope.ts'
import { type NetworkKind, type ProfileId, profileAllowedAt, profiles } from '../accounts/profiles.ts'
import type { AccountStatus } from '../accounts/status.ts'
import type { RefusalCode } from '../refusals.ts'
import type { FormContent } from './content.ts'

/** Where a role may be granted: a supervisor answers for a structure or a region, an IT admin sees the whole network. */
export const grantableLevels = {
  'account-manager': ['structure'],
  supervisor: ['structure', 'departement', 'region', 'network'],
  'reset-manager': ['structure', 'departement', 'region', 'network', 'nation'],
  'it-admin': ['nation'],
  auditor: ['structure', 'departement', 'region', 'network', 'nation'],
  'policy-owner': ['nation'],
} as const satisfies Record<Role, readonly Level[]>

/** What the door has looked up for the content: the place it is about, and the account where there is one. */
export type FilingCase = {
  readonly actor: Actor | 'public'
  readonly content: FormContent
  readonly place: Place
  readonly level: Level
  readonly network: NetworkKind | null
  readonly conventionEndsOn: string | null
  readonly today: string
  readonly loginTaken: boolean
  readonly phoneValid: boolean
  readonly account: {
    readonly id: string
    readonly status: AccountStatus
    readonly endsOn: string
    readonly email: string
    readonly phone: string
  } | null
  readonly grantPlace: Place | null
  readonly roleHeld: boolean
}

/** An objection names the field it is about, so that the sentence appears there; null where it is about the whole. */
export type FilingObjection = { readonly field: string | null; readonly refusal: RefusalCode }

type FilingRule = (subject: FilingCase) => readonly [field: string | null, refusal: RefusalCode] | false

const mayFile: FilingRule = ({ actor, content, place }) =>
  actor !== 'public' && !covers(scopeOf(actor, filedWith[content.kind]), place) && [null, 'out-of-scope']

const grantedInScope = ({ actor, grantPlace }: FilingCase): boolean =>
  actor !== 'public' && grantPlace !== null && covers(scopeOf(actor, 'request:file:grant-role'), grantPlace)

/**
 * May this person ask for this profile there? The network has to have it, and nobody hands out a reach wider than their own
 * scope: an account manager reaches no further than the structure.
 */
export const profileOpenTo = (
  actor: Actor,
  profile: ProfileId,
  { place, ...where }: { readonly level: Level; readonly network: NetworkKind | null; readonly place: Place },
): boolean => {
  const [scope, { dataScope }] = [scopeOf(actor, 'request:file:create-account'), profiles[profile]]
  return profileAllowedAt(profile, where) && (dataScope === 'none' ? covers(scope, place) : coversReach(scope, place, dataScope))
}

const fieldRules = {
  'create-account': [
    ({ loginTaken }) => loginTaken && ['login', 'login-taken'],
    ({ phoneValid }) => !phoneValid && ['phone', 'phone-invalid'],
    ({ actor, content, ...where }) =>
      content.kind === 'create-account' &&
      (actor === 'public' || !profileOpenTo(actor, content.profile, where)) && ['profile', 'profile-not-allowed'],
    ({ content, today }) => content.kind === 'create-account' && content.endsOn <= today && ['endsOn', 'end-date-past'],
    ({ content, conventionEndsOn }) =>
      content.kind === 'create-account' &&
      conventionEndsOn !== null &&
      content.endsOn > conventionEndsOn && ['endsOn', 'end-date-beyond-convention'],
  ],
  'reset-credentials': [({ account }) => account?.status !== 'active' && ['accountId', 'account-not-active']],
  'change-contact': [
    ({ account }) => account?.status !== 'active' && ['accountId', 'account-not-active'],
    ({ phoneValid }) => !phoneValid && ['phone', 'phone-invalid'],
    ({ content, account }) =>
      content.kind === 'change-contact' &&
      (content.before.email !== account?.email || content.before.phone !== account.phone) && [null, 'contact-changed-since'],
    ({ content }) =>
      content.kind === 'change-contact' &&
      content.email === content.before.email &&
      content.phone === content.before.phone && ['email', 'contact-unchanged'],
  ],
  reinstate: [
    ({ account }) => account?.status === 'revoked' && ['accountId', 'account-revoked'],
    ({ account }) => account?.status !== 'suspended' && ['accountId', 'already-in-state'],
    ({ account, today }) => account !== null && account.endsOn < today && ['accountId', 'end-date-past'],
  ],
  'grant-role': [
    ({ account }) => account?.status !== 'active' && ['accountId', 'account-not-active'],
    ({ actor, content }) =>
      actor !== 'public' && content.kind === 'grant-role' && content.accountId === actor.id && ['accountId', 'own-account'],
    (subject) => !grantedInScope(subject) && ['organisationId', 'organisation-unknown'],
    // Of a place outside one's scope nothing else is said, neither its level nor who holds what there.
    (subject) =>
      grantedInScope(subject) &&
      subject.content.kind === 'grant-role' &&
      !(grantableLevels[subject.content.role] as readonly Level[]).includes(subject.level) && ['organisationId', 'role-not-for-level'],
    (subject) => grantedInScope(subject) && subject.roleHeld && ['role', 'role-already-held'],
  ],
} as const satisfies Record<FormContent['kind'], readonly FilingRule[]>

/** All that stands against filing this, field by field; an empty list means it may be held. Out of scope says nothing else. */
export const objectionsToFiling = (subject: FilingCase): readonly FilingObjection[] => {
  const scope = mayFile(subject)
  if (scope) return [{ field: scope[0], refusal: scope[1] }]
  const rules: readonly FilingRule[] = fieldRules[subject.content.kind]
  return rules.flatMap((rule) => {
    const objection = rule(subject)
    return objection ? [{ field: objection[0], refusal: objection[1] }] : []
  })
}
