import type { Actor, Grant, Level, Place } from '../access/scope.ts'
import { covers } from '../access/scope.ts'
import type { Stage, StageLevel } from '../policy/rules.ts'

/** Where a request is at home, and whether the time has come in which those one level up may sign as well. */
export type Standing = { readonly place: Place; readonly wide: boolean }

const upwards = ['site', 'structure', 'departement', 'region', 'network', 'nation'] as const satisfies readonly Level[]

/** The level of the organisation it is about: a site counts as its structure. */
const homeLevel = ({ siteId: _site, ...place }: Place): Level =>
  upwards.find((level) => level !== 'site' && place[`${level}Id`] !== null) ?? 'nation'

const isAbove = ({ level }: Grant, place: Place): boolean => upwards.indexOf(level) > upwards.indexOf(homeLevel(place))

const at = {
  covering: (grant, place) => covers([grant], place),
  structure: (grant, place) => covers([grant], place) && !isAbove(grant, place),
  above: (grant, place) => covers([grant], place) && isAbove(grant, place),
  network: (grant, place) => covers([grant], place) && (grant.level === 'network' || grant.level === 'nation'),
  'another-structure': (grant, place) =>
    grant.level === 'structure' &&
    grant.organisationId !== place.structureId &&
    place.networkId !== null &&
    grant.networkId === place.networkId,
} as const satisfies Record<StageLevel, (grant: Grant, place: Place) => boolean>

/** What one level up is, once the time has come; whoever could sign before still can. */
const oneUp = {
  covering: 'covering',
  structure: 'covering',
  above: 'above',
  network: 'network',
  'another-structure': 'above',
} as const satisfies Record<StageLevel, StageLevel>

/** Does it make a difference to this stage that it goes up one level? */
export const goesUp = ({ level }: Stage): boolean => oneUp[level] !== level

/** May this person fill a place in this stage, by a role they hold? */
export const fits = ({ grants }: Actor, { roles, level }: Stage, { place, wide }: Standing): boolean =>
  grants.some((grant) => roles.includes(grant.role) && (at[level](grant, place) || (wide && at[oneUp[level]](grant, place))))

/** How many places stay empty when each of these people takes at most one (a largest matching, by augmenting paths). */
export const emptyPlaces = (stages: readonly Stage[], people: readonly Actor[], standing: Standing): number => {
  const places = stages.flatMap((stage) => Array.from({ length: stage.people }, () => stage))
  const takenBy = new Map<number, Actor>()
  const seat = (person: Actor, tried: Set<number>): boolean =>
    places.some((stage, index) => {
      if (tried.has(index) || !fits(person, stage, standing)) return false
      tried.add(index)
      const sitting = takenBy.get(index)
      if (sitting && !seat(sitting, tried)) return false
      takenBy.set(index, person)
      return true
    })
  return places.length - people.filter((person) => seat(person, new Set())).length
}

/**
 * Are there too few for its own level? Some place would stay empty, or a stage that may go up has one person alone: were they away, or the
 * one who asks, nobody would be left.
 */
export const tooFew = (stages: readonly Stage[], people: readonly Actor[], place: Place): boolean => {
  const standing = { place, wide: false }
  if (!stages.some(goesUp)) return false
  if (emptyPlaces(stages, people, standing) > 0) return true
  return stages.some((stage) => goesUp(stage) && people.filter((person) => fits(person, stage, standing)).length < 2)
}
