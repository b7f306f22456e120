import type { Spot } from '@countersign/drizzle/seed/cast.ts'
import type { Role } from '@countersign/shared/access/roles.ts'
import type { Grant, Place } from '@countersign/shared/access/scope.ts'
import { fakerFR as faker } from '@faker-js/faker'
import type { DateTime } from 'luxon'
import type { Standing } from '../features/organisations/tree.store.ts'
import type { Proving } from '../features/sessions/prove-again.ts'
import type { Nobody, Person } from '../kernel/actor.ts'
import { type Operation, runCommitted } from '../kernel/commit.ts'
import type { Db } from '../kernel/db.ts'
import { keys } from './network.ts'
import type { peopleOf } from './people.ts'

export type Officer = { readonly id: string; readonly role: Role; readonly over: Standing }

/** What every scene of the demo's past plays on. */
export type Stage = {
  readonly db: Db
  readonly now: DateTime
  readonly start: DateTime
  readonly endsOn: string
  readonly people: ReturnType<typeof peopleOf>
  readonly at: (key: string) => Standing
  readonly organisations: readonly Standing[]
  readonly sitesOf: (structure: Standing) => readonly Standing[]
  readonly report: (line: string) => void
}

export { faker }

/** The people of the past held nothing to prove themselves with. */
export const nothingToProve: Proving = { key: Buffer.alloc(32), relyingParty: { id: '', origin: '' } }

/** One who acts in the past, with the grants they held then. */
export const past = (id: string, grants: readonly Grant[]): Person => ({
  kind: 'person',
  id,
  organisationId: id,
  sessionId: id,
  epoch: 1,
  twoFactor: true,
  through: 'here',
  device: null,
  grants,
})

export const actorOf = ({ id, role, over }: Officer): Person => past(id, [{ role, level: over.level, organisationId: over.id }])

/** Commits an operation as of a moment in the past. */
export const tell = <I, T, A extends Person | Nobody>(
  { db }: Pick<Stage, 'db'>,
  actor: A,
  at: DateTime,
  operation: Operation<I, T, A>,
  input: I,
): Promise<T> => runCommitted(operation, { db, actor, origin: { channel: 'seed' }, pretendNow: at.toJSDate() }, input)

export const chunks = <T>(rows: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(rows.length / size) }, (_, index) => rows.slice(index * size, (index + 1) * size))

const keyOfSpot = {
  nation: () => keys.nation,
  network: (spot: Extract<Spot, { at: 'network' }>) => keys.network(spot.network),
  region: (spot: Extract<Spot, { at: 'region' }>) => keys.region(spot.network, spot.code),
  structure: (spot: Extract<Spot, { at: 'structure' }>) => keys.structure('mission-locale', spot.commune),
} as const

export const keyOf = (spot: Spot): string => (keyOfSpot[spot.at] as (spot: Spot) => string)(spot)

export const isProvider = ({ externalId }: Standing): boolean => externalId.includes(':provider:')

/** Somebody who supervises a place; another one at every turn. */
export const supervisorOf = (officers: readonly Officer[], place: Pick<Place, 'regionId' | 'networkId'>, turn: number): Officer => {
  const able = officers.filter(({ role, over }) => role === 'supervisor' && (over.id === place.regionId || over.id === place.networkId))
  const found = able[turn % Math.max(1, able.length)]
  if (!found) throw new Error('a place of the demo has no supervisor')
  return found
}
