import { type Assurance, assurances } from '../access/proof.ts'
import type { Role } from '../access/roles.ts'
import { type ProfileId, profiles } from '../accounts/profiles.ts'
import { type ConditionName, type Demand, type Matched, nowhere, type PolicyRule, possibleRules } from '../policy/rules.ts'
import { canonicalJson } from './canonical.ts'
import type { RequestKind } from './kinds.ts'

/**
 * Who may countersign what at all; a policy chooses among these. The IT admin takes access away and gives none: theirs is the second
 * signature under a mass revocation alone. A mass suspension may have put every supervisor out: policy owners can give it back.
 */
export const mayCountersign = {
  'create-account': ['supervisor', 'policy-owner'],
  'reset-credentials': ['reset-manager', 'supervisor', 'policy-owner'],
  'change-contact': ['reset-manager', 'supervisor', 'policy-owner'],
  reinstate: ['supervisor', 'policy-owner'],
  'grant-role': ['policy-owner'],
  'reinstate-bulk': ['supervisor', 'policy-owner'],
  'revoke-bulk': ['it-admin', 'supervisor', 'policy-owner'],
  'set-policy': ['policy-owner'],
} as const satisfies Record<RequestKind, readonly [Role, ...Role[]]>

/** About whom there is a number on record to call. A reset is never signed before somebody has. */
export const callable = ['reset-credentials', 'change-contact', 'reinstate', 'grant-role'] as const satisfies readonly RequestKind[]

/** What leads into somebody's account: they are always called and told about it. */
const waysIn: ReadonlySet<RequestKind> = new Set(['reset-credentials', 'change-contact'])
export const leadsIn = (kind: RequestKind): boolean => waysIn.has(kind)

/** No reset for this long after a contact changed (MITRE T1098): a hijacker changes the address first. */
export const contactHoldHours = 72

/**
 * Until so long after it, "this was not me" puts the contact before back on record: a link that says so lives for 72 hours from when its
 * mail is written, which the hold-up of a mail may delay by as much.
 */
export const contactRestoreHours = 2 * contactHoldHours

/**
 * For how many hours it waits after a contact changed: whatever is mailed then may go to a thief.
 * There is no other contact while the one before could still be taken back: it would go back to the first thief's.
 */
const afterContact: Partial<Record<RequestKind, number>> = {
  'reset-credentials': contactHoldHours,
  'change-contact': contactRestoreHours,
  // Whoever gets a role may be sent a link for their second factor.
  'grant-role': contactHoldHours,
}

/** Until when such a request waits because a contact changed, in milliseconds since 1970; zero where it does not. */
export const contactHoldsUntil = (kind: RequestKind, contactChangedAt: Date | null): number =>
  contactChangedAt ? contactChangedAt.getTime() + (afterContact[kind] ?? 0) * 3_600_000 : 0

/** Resets of one account the public page takes in 24 hours: whoever keeps asking keeps the reset manager and the person from their work. */
export const publicAsksADay = 3

/** People related by lineage within this many days are not independent of each other (P2); a policy may look back further. */
export const leastIndependenceDays = 30
export const mostIndependenceDays = 365

/** While fewer policy owners than this were named so long ago that they can be independent of whoever named them, the network is being founded. */
export const foundingPolicyOwners = 3

/** What policy owners alone sign for: nobody widens their own reach (P10). */
const ofOwners: ReadonlySet<RequestKind> = new Set(['grant-role', 'set-policy'])

/** The fewest people besides whoever asks that any policy may ask for (P4, P10); national reach is never one person's to give. */
export const floorOf = (kind: RequestKind, reached: readonly ProfileId[]): number =>
  ofOwners.has(kind) || (kind !== 'revoke-bulk' && reached.some((profile) => profiles[profile].dataScope === 'nation')) ? 2 : 1

/** What a request needs, as it is frozen into it: how many people, of which roles, and all that the rule of the policy asks. */
export type Requirement = { readonly approvalsNeeded: number; readonly approverRoles: readonly Role[]; readonly demand: Demand }

/** What every kind needs while two founders are alone: one of them besides the one who asks. */
export const foundingDemand: Demand = {
  stages: [{ people: 1, roles: ['policy-owner'], level: 'covering' }],
  assurance: 'session',
  callBack: false,
  coolingOffHours: 0,
  deadline: { workingHours: 19 },
  escalation: null,
}

export const peopleIn = ({ stages }: Pick<Demand, 'stages'>): number => stages.reduce((sum, { people }) => sum + people, 0)

export const requirementOf = (demand: Demand): Requirement => ({
  approvalsNeeded: peopleIn(demand),
  approverRoles: [...new Set(demand.stages.flatMap(({ roles }) => roles))].sort(),
  demand,
})

/** Does it ask as many, and of those who may? One that was set before there was such a kind may not. */
const isEnough = ({ demand }: PolicyRule, { kind, profiles }: Pick<Matched, 'kind' | 'profiles'>): boolean => {
  const allowed: readonly Role[] = mayCountersign[kind]
  return peopleIn(demand) >= floorOf(kind, profiles) && demand.stages.every(({ roles }) => roles.every((role) => allowed.includes(role)))
}

/** The rule such a request is held under; null where the first that applies is not enough for it: nothing of the kind is filed. */
export const ruleFor = (rules: readonly PolicyRule[], matched: Matched): PolicyRule | null => {
  const [first] = possibleRules(rules, matched, new Set())
  return first && isEnough(first, matched) ? first : null
}

/**
 * What a request needs: what the first rule that applies asks. One exception: two founders cannot ask and give two signatures, nor can
 * whoever they have named sign with them for a month. So until three policy owners were named that long ago, a role grant or a policy needs one owner
 * besides the one who asks. Revoking people does not bring that back, and it is never fewer than one: two people in any case.
 */
export const requirementFor = (rules: readonly PolicyRule[], matched: Matched, settledOwners: number): Requirement => {
  if (ofOwners.has(matched.kind) && settledOwners < foundingPolicyOwners) return requirementOf(foundingDemand)
  const rule = ruleFor(rules, matched)
  // Nothing is filed where there is none (P4): see `ruleFor`.
  if (!rule) throw new Error('no rule of the policy applies')
  return requirementOf(rule.demand)
}

/** Every requirement such a request may be given, whatever is not known of it turns out to be: what an attacker may choose among. */
export const requirementsFor = (
  rules: readonly PolicyRule[],
  matched: Matched,
  settledOwners: number,
  unknown: Parameters<typeof possibleRules>[2],
): readonly Requirement[] =>
  ofOwners.has(matched.kind) && settledOwners < foundingPolicyOwners
    ? [requirementOf(foundingDemand)]
    : possibleRules(rules, matched, unknown)
        .filter((rule) => isEnough(rule, matched))
        .map(({ demand }) => requirementOf(demand))

export const sameDemand = (one: Demand, other: Demand): boolean => canonicalJson(one) === canonicalJson(other)

const anything: ReadonlySet<ConditionName> = new Set(['networks', 'within', 'profiles', 'roles', 'reachAtLeast', 'signals'])

/** Everything the policy may ask of a request of this kind. */
export const demandsOf = (rules: readonly PolicyRule[], kind: RequestKind): readonly Demand[] =>
  possibleRules(rules, { kind, network: null, place: nowhere, profiles: [], role: null, reach: null, signals: [] }, anything).map(
    ({ demand }) => demand,
  )

/** How many policy owners sign for a role, or for a policy, at most: so many there always have to be. */
export const ownersSigning = (rules: readonly PolicyRule[], settledOwners: number): number =>
  settledOwners < foundingPolicyOwners
    ? peopleIn(foundingDemand)
    : Math.max(...[...ofOwners].flatMap((kind) => demandsOf(rules, kind).map(peopleIn)))

/** Every demand that policy owners alone may have to meet. */
export const ownersAsked = (rules: readonly PolicyRule[], settledOwners: number): readonly Demand[] =>
  settledOwners < foundingPolicyOwners ? [foundingDemand] : [...ofOwners].flatMap((kind) => demandsOf(rules, kind))

/** Is this proof as good as what is asked for? */
export const sureEnough = (given: Assurance, asked: Demand['assurance']): boolean => assurances.indexOf(given) >= assurances.indexOf(asked)

/** What somebody has to show that it is they: their surest proof, and the providers they have an identity at. */
export type Means = { readonly strongest: Assurance; readonly issuers: readonly string[] }
/** Whoever has nothing beyond their session. */
export const sessionAlone: Means = { strongest: 'session', issuers: [] }

/** Could they sign as this demand asks: with such a proof, and signed in where it says? */
export const canSignFor = ({ strongest, issuers }: Means, { assurance, signIn }: Pick<Demand, 'assurance' | 'signIn'>): boolean =>
  sureEnough(strongest, assurance) && (!signIn || issuers.some((issuer) => signIn.issuers.includes(issuer)))
