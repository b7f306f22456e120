import { z } from 'zod'
import type { assurances } from '../access/proof.ts'
import { printable, providerAddress } from '../access/provider.ts'
import { roles } from '../access/roles.ts'
import type { Place } from '../access/scope.ts'
import { networkKinds, profileIds } from '../accounts/profiles.ts'
import { type RequestKind, requestKinds } from '../requests/kinds.ts'
import { signalRules } from '../signals/finding.ts'

/**
 * Where the role of a countersigner must be held, seen from the place of the request: anywhere above or at it, at that very structure,
 * above it, over the network, or over another structure of the same network.
 */
export const stageLevels = ['covering', 'structure', 'above', 'network', 'another-structure'] as const
export type StageLevel = (typeof stageLevels)[number]

const stage = z.strictObject({
  people: z.int('number-range').min(1, 'number-range').max(4, 'number-range'),
  roles: z.array(z.enum(roles)).min(1, 'field-required').max(roles.length),
  level: z.enum(stageLevels),
})
export type Stage = z.infer<typeof stage>

/** How sure it must be that a countersigner acted themselves. A recovery code is weaker than a code of the day and has no line of its own. */
export const demandedAssurances = ['session', 'totp', 'passkey'] as const satisfies readonly (typeof assurances)[number][]

/** Longest life of a request: ten working days, or a week of the clock. */
const mostWorkingHours = 95
const mostHours = 168

const hoursUpTo = (most: number) => z.int('number-range').min(1, 'number-range').max(most, 'number-range')

const saidByProvider = z.string().regex(printable, 'level-unreadable').max(200, 'level-unreadable')

/**
 * Where whoever signs has signed in: through one of these identity providers and, where any is named, at one of these behind them (those a
 * hub leads to, by the hub's names for them) and in one of these contexts or by one of these methods.
 */
const signIn = z.strictObject({
  issuers: z.array(z.url('provider-unknown').max(300).regex(providerAddress, 'provider-unknown')).min(1, 'field-required').max(5),
  behind: z.array(saidByProvider).min(1, 'field-required').max(20).exactOptional(),
  contexts: z.array(saidByProvider).max(10),
})

/** What a rule asks of a request; frozen word for word into each request it applies to (P3). */
export const demand = z.strictObject({
  /** All at once and in any order; nobody counts for two. */
  stages: z.array(stage).min(1, 'field-required').max(3),
  assurance: z.enum(demandedAssurances),
  signIn: signIn.exactOptional(),
  /** The number on record is called before anybody signs. */
  callBack: z.boolean(),
  coolingOffHours: z.int('number-range').min(0, 'number-range').max(mostHours, 'number-range'),
  /** Until silence is a refusal: in working hours, or in hours of the clock where an incident is being answered. */
  deadline: z.union([z.strictObject({ workingHours: hoursUpTo(mostWorkingHours) }), z.strictObject({ hours: hoursUpTo(mostHours) })]),
  /** In hours of the same kind since it was asked: when whoever may sign is reminded, and when those one level up may as well. */
  escalation: z.strictObject({ remindAfter: hoursUpTo(mostHours), widenAfter: hoursUpTo(mostHours) }).nullable(),
})
export type Demand = z.infer<typeof demand>

const listOf = <T extends readonly [string, ...string[]]>(values: T) =>
  z.array(z.enum(values)).min(1, 'field-required').max(values.length).exactOptional()

/** Each condition that is given must hold; one that is missing holds for everything. */
export const condition = z.strictObject({
  kinds: listOf(requestKinds),
  networks: listOf(networkKinds),
  /** An organisation with all below it. */
  within: z.uuid('field-required').exactOptional(),
  profiles: listOf(profileIds),
  /** Roles that are asked for. */
  roles: listOf(roles),
  /** Citizens' files within reach of the account it is about. */
  reachAtLeast: z.int('number-range').min(1, 'number-range').max(1_000_000_000, 'number-range').exactOptional(),
  /** Of findings that are open about who asks, whom it is about, or the structure. */
  signals: listOf(signalRules),
})
export type Condition = z.infer<typeof condition>

export const policyRule = z.strictObject({ when: condition, demand })
export type PolicyRule = z.infer<typeof policyRule>

/** A request as the rules of the policy see it. A list of accounts has a profile for each, and no one reach. */
export type Matched = {
  readonly kind: RequestKind
  readonly network: (typeof networkKinds)[number] | null
  readonly place: Place
  readonly profiles: readonly (typeof profileIds)[number][]
  readonly role: (typeof roles)[number] | null
  readonly reach: number | null
  readonly signals: readonly (typeof signalRules)[number][]
}

/** For what is asked about any place at all. */
export const nowhere: Place = { nationId: null, networkId: null, regionId: null, departementId: null, structureId: null, siteId: null }

const among = <T>(wanted: readonly T[] | undefined, found: readonly T[]): boolean =>
  wanted === undefined || found.some((one) => wanted.includes(one))
const listed = <T>(one: T | null): readonly T[] => (one === null ? [] : [one])

/** One line a condition: the table a reader checks. */
const holds = {
  kinds: ({ kinds }, { kind }) => among(kinds, [kind]),
  networks: ({ networks }, { network }) => among(networks, listed(network)),
  within: ({ within }, { place }) => within === undefined || Object.values(place).includes(within),
  profiles: (when, { profiles }) => among(when.profiles, profiles),
  roles: (when, { role }) => among(when.roles, listed(role)),
  reachAtLeast: ({ reachAtLeast }, { reach }) => reachAtLeast === undefined || (reach !== null && reach >= reachAtLeast),
  signals: (when, { signals }) => among(when.signals, signals),
} as const satisfies { readonly [C in keyof Condition]-?: (when: Condition, matched: Matched) => boolean }

export type ConditionName = keyof typeof holds

const conditions = Object.keys(holds) as readonly ConditionName[]

export const applies = (when: Condition, matched: Matched): boolean => conditions.every((name) => holds[name](when, matched))

/**
 * The rules that may come first for such a request, whatever is not known of it turns out to be; where all is known that is one.
 * Up to and with the first that holds for certain.
 */
export const possibleRules = (
  rules: readonly PolicyRule[],
  matched: Matched,
  unknown: ReadonlySet<ConditionName>,
): readonly PolicyRule[] => {
  const possible: PolicyRule[] = []
  for (const rule of rules) {
    if (!conditions.every((name) => unknown.has(name) || holds[name](rule.when, matched))) continue
    possible.push(rule)
    if (conditions.every((name) => rule.when[name] === undefined || !unknown.has(name))) break
  }
  return possible
}
