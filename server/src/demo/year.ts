import { personas } from '@countersign/drizzle/seed/cast.ts'
import { firstRequirement } from '@countersign/shared/policy/first.ts'
import { DateTime } from 'luxon'
import { v7 as uuid } from 'uuid'
import type { Standing } from '../features/organisations/tree.store.ts'
import { isPublicHoliday, timesOf } from '../features/requests/working-hours.ts'
import { nobody } from '../kernel/actor.ts'
import { type Birth, history } from './history.store.ts'
import { tellEndings, tellExecutions, tellSignIns, tellSubmissions } from './history.ts'
import { pickProfile, reasons } from './people.ts'
import { actorOf, chunks, faker, isProvider, keyOf, type Officer, type Stage, supervisorOf, tell } from './stage.ts'

/** An account manager asks for about this many at a time, in forty rounds a year at most. */
const perWave = 12
const mostWaves = 40
/** Departures are spread over so many days. */
const departureDays = 36

type Wave = { readonly structure: Standing; readonly count: number; readonly day: DateTime; readonly turn: number }

const workingDays = (now: DateTime): readonly DateTime[] =>
  Array.from({ length: 363 }, (_, index) => now.minus({ days: 365 - index }).set({ hour: 9, minute: 0, second: 0, millisecond: 0 })).filter(
    (day) => day.weekday <= 5 && !isPublicHoliday(day),
  )

/** How many accounts each structure has, by the files it follows; rounding goes to the first. */
const sizes = (structures: readonly Standing[], stage: Stage, wanted: number): readonly number[] => {
  const weights = structures.map((structure) => Math.sqrt(stage.sitesOf(structure).reduce((sum, { caseload }) => sum + caseload, 1)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const parts = weights.map((weight) => Math.floor((wanted * weight) / total))
  const left = wanted - parts.reduce((sum, part) => sum + part, 0)
  return parts.map((part, index) => (index === 0 ? part + left : part))
}

const planWaves = (stage: Stage, wanted: number): readonly Wave[] => {
  const days = workingDays(stage.now)
  const structures = stage.organisations.filter(({ level }) => level === 'structure')
  const counts = sizes(structures, stage, wanted)
  return structures
    .flatMap((structure, index) => {
      const count = counts[index] ?? 0
      const members = Array.from({ length: count }, () => null)
      return chunks(members, Math.max(perWave, Math.ceil(count / mostWaves))).map(
        (part, turn): Wave => ({ structure, count: part.length, day: faker.helpers.arrayElement(days), turn }),
      )
    })
    .sort((a, b) => a.day.toMillis() - b.day.toMillis())
}

/** A year of ordinary life: account managers ask, supervisors of their region countersign the same day. */
export const tellYear = async (stage: Stage, officers: readonly Officer[], wanted: number): Promise<void> => {
  const managerOf = new Map(officers.filter(({ role }) => role === 'account-manager').map((one) => [one.over.id, one]))
  const awaited = personas.filter(({ role }) => role === null)
  const waves = planWaves(stage, wanted)
  for (const [index, { structure, count, day, turn }] of waves.entries()) {
    const manager = managerOf.get(structure.id)
    if (!manager) throw new Error('a structure of the demo has no account manager')
    const submitted = day.plus({ minutes: faker.number.int({ min: 0, max: 180 }) })
    const { expiresAt } = timesOf(submitted.toJSDate(), firstRequirement('create-account').demand)
    const births = Array.from({ length: count }, (): Birth => {
      const persona = awaited.findIndex(({ works }) => keyOf(works) === structure.externalId)
      const [known] = persona >= 0 ? awaited.splice(persona, 1) : []
      const site = faker.helpers.arrayElement([...stage.sitesOf(structure)])
      const soon = !known && faker.number.int(99) < 4 ? stage.now.plus({ days: faker.number.int({ min: 2, max: 28 }) }).toISODate() : null
      const content = stage.people.content(known ?? stage.people.name(), {
        organisationId: site.id,
        domain: structure.emailDomain ?? 'reseau-emploi.example',
        profile: known?.profile ?? pickProfile(faker, isProvider(structure)),
        endsOn: soon ?? stage.endsOn,
        justification: faker.helpers.arrayElement(reasons),
      })
      return {
        id: uuid(),
        accountId: uuid(),
        content,
        subjectId: null,
        organisationId: site.id,
        place: site.place,
        requirement: firstRequirement('create-account', 3),
        expiresAt,
      }
    })
    await tell(stage, actorOf(manager), submitted, tellSubmissions, births)
    const signed = submitted.plus({ minutes: faker.number.int({ min: 20, max: 240 }) })
    await tell(stage, actorOf(supervisorOf(officers, structure.place, turn)), signed, tellExecutions, {
      births,
      requesterId: manager.id,
      earlierApprovers: [],
    })
    if (index % 400 === 399) stage.report(`${Math.round(((index + 1) / waves.length) * 100)} %`)
  }
}

/** Who left within the last weeks was suspended or revoked by a supervisor; the others signed in, most of them lately, some never. */
export const tellDepartures = async (stage: Stage, officers: readonly Officer[]): Promise<void> => {
  const { now } = stage
  const born = await history.accounts(stage.db)
  const leaving = born.filter(
    (one) => !one.known && one.structureId && DateTime.fromISO(one.createdAt) < now.minus({ days: 40 }) && faker.number.int(999) < 85,
  )
  for (const group of Map.groupBy(leaving, ({ networkId, regionId }) => `${networkId}:${regionId}`).values()) {
    for (const [index, part] of chunks(group, 60).entries()) {
      const [any] = part
      if (!any) continue
      const when = now.minus({ days: 3 + (index % departureDays) }).set({ hour: 17 })
      const supervisor = actorOf(supervisorOf(officers, any, index))
      // Two such parts a day are what one person makes final alone; in a very large network the rest are suspended.
      const cut = index < 2 * departureDays ? Math.ceil(part.length / 3) : part.length
      await tell(stage, supervisor, when, tellEndings, { ids: part.slice(0, cut).map(({ id }) => id), verb: 'suspend' })
      if (part.length > cut)
        await tell(stage, supervisor, when.plus({ minutes: 5 }), tellEndings, { ids: part.slice(cut).map(({ id }) => id), verb: 'revoke' })
    }
  }
  const gone = new Set(leaving.map(({ id }) => id))
  const drawn = born
    .filter(({ id }) => !gone.has(id))
    .flatMap(({ id, createdAt, known }) => {
      const dice = known ? 50 : faker.number.int(99)
      const ago = dice < 88 ? faker.number.int({ min: 1, max: 20 }) : faker.number.int({ min: 21, max: 160 })
      return dice < 7 || DateTime.fromISO(createdAt) >= now.minus({ days: ago + 1 }) ? [] : [{ id, ago }]
    })
  const byDay = [...Map.groupBy(drawn, ({ ago }) => ago)].sort(([a], [b]) => b - a)
  for (const [ago, group] of byDay) {
    const when = now.minus({ days: ago }).set({ hour: 8, minute: faker.number.int({ min: 31, max: 59 }) })
    for (const part of chunks(group, 2000))
      await tell(
        stage,
        nobody,
        when,
        tellSignIns,
        part.map(({ id }) => id),
      )
  }
}
