import { type Permission, permissions } from './permissions.ts'
import type { Role } from './roles.ts'

/** From the whole public-employment network down to one place with a door. */
export const levels = ['nation', 'network', 'region', 'departement', 'structure', 'site'] as const
export type Level = (typeof levels)[number]

/** Where something stands in the tree: the organisation itself and every ancestor, by level; null below its own level. */
export type Place = { readonly [L in Level as `${L}Id`]: string | null }

/** One subtree. A scope is a list of subtrees; the empty scope covers nothing (P4). */
export type Subtree = { readonly level: Level; readonly organisationId: string }
export type Scope = readonly Subtree[]

/** `networkId` is the network of the place it is held over; it is asked about only where peers of other structures sign. */
export type Grant = Subtree & { readonly role: Role; readonly networkId?: string | null }

/** A person who acts, as every policy sees them. */
export type Actor = { readonly id: string; readonly grants: readonly Grant[] }

/** Scope has one meaning and two readings: this one decides, `within` in the server's kernel lists. A test holds them equal (P7). */
export const covers = (scope: Scope, place: Place): boolean =>
  scope.some(({ level, organisationId }) => place[`${level}Id`] === organisationId)

/** Does some one subtree hold both the place and everything a reach of this level would open from there? */
export const coversReach = (scope: Scope, place: Place, reach: Level): boolean =>
  scope.some((subtree) => covers([subtree], place) && levels.indexOf(subtree.level) <= levels.indexOf(reach))

/** The subtrees in which a person holds a permission through any of their roles. */
export const scopeOf = (actor: Actor, permission: Permission): Scope => {
  const allowed: readonly Role[] = permissions[permission]
  return actor.grants.filter(({ role }) => allowed.includes(role))
}

/** The subtrees in which a person holds one of these roles: what a frozen requirement asks for. */
export const scopeOfRoles = (actor: Actor, roles: readonly Role[]): Scope => actor.grants.filter(({ role }) => roles.includes(role))

export const holds = (actor: Actor, permission: Permission): boolean => scopeOf(actor, permission).length > 0
