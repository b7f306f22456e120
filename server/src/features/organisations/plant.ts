import type { Level } from '@countersign/shared/access/scope.ts'
import type { DomainEvent } from '@countersign/shared/events.ts'
import { nowhere, placeUnder } from '@countersign/shared/organisations/places.ts'
import { v7 as uuid } from 'uuid'
import type { Nobody } from '../../kernel/actor.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { type OrganisationFields, type Planned, type Planted, type Standing, tree } from './tree.store.ts'

export type Difference = {
  readonly created: readonly Planned[]
  readonly changed: readonly { readonly was: Standing; readonly becomes: Planned }[]
  readonly unchanged: number
  readonly moved: readonly Planned[]
}

const compared = [
  'name',
  'emailDomain',
  'address',
  'postcode',
  'communeCode',
  'phone',
  'caseload',
  'conventionEndsOn',
] as const satisfies readonly (keyof OrganisationFields)[]

/** What a plan would do to what stands. A place that would change its parent is not planted: moving people's scope is a request. */
export const compare = (plan: readonly Planned[], standing: ReadonlyMap<string, Standing>): Difference => {
  const known = plan.flatMap((becomes) => {
    const was = standing.get(becomes.externalId)
    return was ? [{ was, becomes }] : []
  })
  const moved = known.filter(({ was, becomes }) => was.parentExternalId !== becomes.parentExternalId || was.level !== becomes.level)
  const changed = known.filter((pair) => !moved.includes(pair) && compared.some((field) => pair.was[field] !== pair.becomes[field]))
  return {
    created: plan.filter(({ externalId }) => !standing.has(externalId)),
    changed,
    unchanged: known.length - changed.length - moved.length,
    moved: moved.map(({ becomes }) => becomes),
  }
}

const only = (fields: OrganisationFields, names: readonly (keyof OrganisationFields)[]) =>
  Object.fromEntries(names.map((name) => [name, fields[name]]))

type PlantInput = { readonly plan: readonly Planned[]; readonly fileHash: string }
type Planting = { readonly created: number; readonly changed: number; readonly ids: ReadonlyMap<string, string> }

/** Writes a plan of organisations, parents before children, all or nothing; planting the same again changes nothing. */
export const plant: Operation<PlantInput, Planting, Nobody> = async ({ tx, now }, { plan, fileHash }) => {
  const standing = await tree.standing(tx, [
    ...new Set(plan.flatMap(({ externalId, parentExternalId }) => [externalId, ...(parentExternalId ? [parentExternalId] : [])])),
  ])
  const { created, changed, moved } = compare(plan, standing)
  if (moved.length > 0) throw new Refused('organisation-unknown')
  if (created.length + changed.length === 0) throw new Refused('already-in-state')

  const known = new Map([...standing].map(([key, { id, path, place }]) => [key, { id, path, place }]))
  const planted: Planted[] = created.map((row) => {
    const parent = row.parentExternalId ? known.get(row.parentExternalId) : null
    if (row.parentExternalId && !parent) throw new Refused('organisation-unknown')
    const id = uuid()
    const label = id.replaceAll('-', '')
    const level: Level = row.level
    const here = { id, path: parent ? `${parent.path}.${label}` : label, place: placeUnder(parent?.place ?? nowhere, level, id) }
    known.set(row.externalId, here)
    return { ...row, ...here, parentId: parent?.id ?? null }
  })
  await tree.insert(tx, planted, now)
  await tree.update(
    tx,
    changed.map(({ was, becomes }) => ({ ...becomes, id: was.id })),
  )
  await tree.recount(tx)

  const nation = [...known.values()].find(({ place, id }) => place.nationId === id) ?? [...known.values()][0]
  const events: DomainEvent[] = [
    ...planted.map(
      (row): DomainEvent => ({ type: 'organisation.created', subject: row.id, organisation: row.id, data: { externalId: row.externalId } }),
    ),
    ...changed.map(({ was, becomes }): DomainEvent => {
      const names = compared.filter((field) => was[field] !== becomes[field])
      return {
        type: 'organisation.changed',
        subject: was.id,
        organisation: was.id,
        data: { before: only(was, names), after: only(becomes, names) },
      }
    }),
    {
      type: 'organisations.imported',
      subject: nation?.id ?? uuid(),
      organisation: nation?.id ?? null,
      data: { created: planted.length, changed: changed.length, fileHash },
    },
  ]
  return {
    value: { created: planted.length, changed: changed.length, ids: new Map([...known].map(([key, { id }]) => [key, id])) },
    events: told(events),
  }
}
