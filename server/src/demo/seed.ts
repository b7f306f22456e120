import { DateTime } from 'luxon'
import { counts } from '../features/accounts/counts.store.ts'
import { founding } from '../features/founding/founding.store.ts'
import { plant } from '../features/organisations/plant.ts'
import { tree } from '../features/organisations/tree.store.ts'
import { ledger } from '../features/signals/ledger.store.ts'
import { nobody } from '../kernel/actor.ts'
import type { Db } from '../kernel/db.ts'
import { planNetwork } from './network.ts'
import { tellOpening } from './opening.ts'
import { peopleOf } from './people.ts'
import { faker, type Stage, tell } from './stage.ts'
import { tellSuspicion } from './suspicion.ts'
import { tellToday } from './today.ts'
import { tellDepartures, tellYear } from './year.ts'

export type Seeding = { readonly db: Db; readonly accounts: number; readonly report: (line: string) => void }

/** The day of breach 1, so that the demo never changes its faces. */
const seedNumber = 20_251_201

/**
 * Builds a whole network with a year of life, through the same commits and triggers as everybody: no door is opened for it.
 * The same people and places every time; the dates end today. Does nothing where there are accounts.
 */
export const seedDemo = async ({ db, accounts, report }: Seeding): Promise<void> => {
  if (await founding.done(db)) return
  faker.seed(seedNumber)
  const now = DateTime.now().setZone('Europe/Paris')
  const start = now.minus({ days: 400 }).set({ hour: 10, minute: 0, second: 0, millisecond: 0 })
  const endsOn = `${now.year + 1}-12-31`

  report('organisations')
  const plan = planNetwork(faker, endsOn)
  await tell({ db }, nobody, start, plant, { plan, fileHash: '' })
  const standing = await tree.standing(
    db,
    plan.map(({ externalId }) => externalId),
  )
  const organisations = [...standing.values()]
  const sites = Map.groupBy(
    organisations.filter(({ level }) => level === 'site'),
    ({ parentExternalId }) => parentExternalId,
  )
  const stage: Stage = {
    db,
    now,
    start,
    endsOn,
    people: peopleOf(faker),
    organisations,
    at: (key) => {
      const one = standing.get(key)
      if (!one) throw new Error(`the demo network has no ${key}`)
      return one
    },
    sitesOf: ({ externalId }) => sites.get(externalId) ?? [],
    report,
  }

  report('founders, account managers, supervisors')
  const officers = await tellOpening(stage)
  report('a year of accounts')
  await tellYear(stage, officers, Math.max(0, accounts - officers.length))
  report('departures and sign-ins')
  await tellDepartures(stage, officers)
  report('today')
  await tellToday(stage, officers)
  // What the invented past would look like to the rules says nothing about anybody.
  await ledger.skipToPresent(db)
  await tellSuspicion(stage, officers)
  await counts.fold(db)
}
