import type { Role } from '../access/roles.ts'
import type { EventType } from '../events.ts'
import type { RefusalCode } from '../refusals.ts'
import type { RequestKind } from '../requests/kinds.ts'

/** Entries of the audit that suspicion looks at. */
export const watchedTypes = [
  'session.opened',
  'sign-in.failed',
  'request.submitted',
  'request.edited',
  'request.approval-given',
  'request.rejected',
  'attempt.refused',
  'account.reset',
  'account.contact-changed',
  'account.suspended',
  'account.revoked',
  'role.granted',
  'role.revoked',
] as const satisfies readonly EventType[]
export type WatchedType = (typeof watchedTypes)[number]

/** One entry of the audit as the rules see it. */
export type Fact = {
  readonly id: string
  readonly at: Date
  readonly type: WatchedType
  /** Whoever did it; who signs in does so before they have a session, and is named all the same. */
  readonly byId: string | null
  /** The account it happened to; null where it is about none, or about one that is only asked for. */
  readonly accountId: string | null
  readonly structureId: string | null
  /** The network it came from, as far as the address says; null where it says nothing. */
  readonly prefix: string | null
  readonly device: string | null
  /** Night, weekend or public holiday in France. */
  readonly offHours: boolean
  readonly kind: RequestKind | null
  readonly code: RefusalCode | null
  /** What a refused attempt was at. */
  readonly operation: string | null
  readonly role: Role | null
  /** One of a bulk: those are loud by themselves. */
  readonly bulk: boolean
}

export type Identity = {
  readonly id: string
  readonly givenName: string
  readonly familyName: string
  readonly login: string
  readonly structureId: string | null
}

/**
 * What was before a fact, as far back as a habit goes; each list in the order it happened and without the fact itself. What nothing is
 * known of is empty or null, and no rule takes that for innocence or guilt.
 */
export type History = {
  /** What the same person did, sign-ins and failures to sign in included. */
  readonly by: readonly Fact[]
  /** What happened to the same account. */
  readonly about: readonly Fact[]
  /** Requests filed in the same structure. */
  readonly inStructure: readonly Fact[]
  /** When the account that acts was made; null where it was founded with the network. */
  readonly bornAt: Date | null
  /** The last reset of the account that acts, before this fact. */
  readonly resetAt: Date | null
  /** However long ago; null where it never signed in before. */
  readonly lastSignInAt: Date | null
  /** Where whoever asked for this account has signed in from of late, and how often. */
  readonly creatorPlaces: readonly { readonly prefix: string | null; readonly device: string | null; readonly times: number }[]
  /** How many other accounts have signed in from the same network with the same browser of late. */
  readonly sharers: number
  /** Of a request for an account: who is asked for, and who has a name like theirs. */
  readonly asked: Identity | null
  readonly namesakes: readonly Identity[]
  /** A decoy: nobody has a reason to touch it. */
  readonly canary: boolean
}

/** A habit is what one did in so many days. */
export const habitDays = 60

const loopback = /^(?:::1|127\.|::ffff:127\.|$)/

/** The part of an address that tells one provider or site from another: two bytes of IPv4, 32 bits of IPv6. */
export const networkPrefix = (address: string | null | undefined): string | null => {
  if (!address || loopback.test(address)) return null
  const v4 = /^(?:::ffff:)?(\d+\.\d+)\.\d+\.\d+$/.exec(address)
  if (v4) return `${v4[1]}.0.0/16`
  const groups = /^([0-9a-f]{1,4}):([0-9a-f]{0,4}):/i.exec(address)
  return groups ? `${groups[1]}:${groups[2] === '' ? '0' : groups[2]}::/32`.toLowerCase() : null
}

const hour = 3_600_000
export const hoursBetween = (from: Date, to: Date): number => (to.getTime() - from.getTime()) / hour
export const daysBetween = (from: Date, to: Date): number => hoursBetween(from, to) / 24

/** Those of the last so many hours before a moment. */
export const within = (facts: readonly Fact[], hours: number, until: Date): readonly Fact[] =>
  facts.filter(({ at }) => at <= until && hoursBetween(at, until) < hours)

/** As many as on an ordinary one of the days that had any: who doubles their pace every day does not double this. */
export const typicalDay = (facts: readonly Fact[]): number => {
  const perDay = [...Map.groupBy(facts, ({ at }) => Math.floor(at.getTime() / (24 * hour))).values()].map((day) => day.length)
  return perDay.toSorted((a, b) => a - b)[Math.floor(perDay.length / 2)] ?? 0
}

/** The most there were in any one stretch of so many hours, by the clock. */
export const busiest = (facts: readonly Fact[], hours: number): number => {
  const stretches = new Map<number, number>()
  for (const { at } of facts) {
    const stretch = Math.floor(at.getTime() / (hours * hour))
    stretches.set(stretch, (stretches.get(stretch) ?? 0) + 1)
  }
  return Math.max(0, ...stretches.values())
}
