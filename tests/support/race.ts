import type { Ask } from '@countersign/server/demo/history.store.ts'
import { tellSubmissions } from '@countersign/server/demo/history.ts'
import { organisations } from '@countersign/server/features/organisations/organisations.store.ts'
import { canonicalContent } from '@countersign/server/features/requests/requests.store.ts'
import type { Nobody, Orderer, Person } from '@countersign/server/kernel/actor.ts'
import { type Operation, runCommitted } from '@countersign/server/kernel/commit.ts'
import { firstRequirement } from '@countersign/shared/policy/first.ts'
import { v7 as uuid } from 'uuid'
import { underLong } from './long.ts'
import { makerOf, outcome } from './make.ts'
import { openWorld, type Signed } from './world.ts'

/** 300 trials in `npm test`, 3,000 in `npm run test:long` (a fault of 0.17 % is found with 99 %). */
export const trials = underLong ? 3000 : 300

/** The variant without the lock has to be caught within this many. */
export const controlTrials = 60

/** Runs trials a few at a time, so that each races its own pair and the machine is kept busy. */
export const inBatches = async <T>(count: number, trial: (index: number) => Promise<T>, width = 6): Promise<readonly T[]> => {
  const results: T[] = []
  for (let start = 0; start < count; start += width) {
    results.push(...(await Promise.all(Array.from({ length: Math.min(width, count - start) }, (_, index) => trial(start + index)))))
  }
  return results
}

export const tally = <T extends string>(results: readonly T[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const one of [...results].sort()) counts[one] = (counts[one] ?? 0) + 1
  return counts
}

/** A world of its own for races, and who takes part in them. */
export const openRaces = async () => {
  const world = await openWorld()
  const make = makerOf(world)
  const nadia = await world.as('nadia.roux')
  const sophie = await world.as('sophie.marchand')
  const supervisors = await world.owner.query<{ id: string }>(
    `select g.account_id as id from role_grant g join organisation o on o.id = g.organisation_id join organisation n on n.id = o.network_id
    where g.role = 'supervisor' and o.name = 'Auvergne-Rhône-Alpes' and n.name = 'Missions locales' and g.account_id <> $1 order by g.account_id`,
    [sophie.person.id],
  )
  const others: readonly Signed[] = await Promise.all(supervisors.rows.map(({ id }) => world.enter(id)))

  const run = <I, T, A extends Person | Nobody | Orderer>(operation: Operation<I, T, A>, actor: A, input: I) =>
    outcome(runCommitted(operation, { db: world.db, actor, origin: { channel: 'web' } }, input))

  /**
   * Active accounts without a role, one structure after the other, so that no structure loses many at once; those a trial puts out come
   * back by its undo, so that 3,000 trials do not empty the network.
   */
  const ordinary = async (count: number): Promise<readonly string[]> => {
    const { rows } = await world.owner.query<{ id: string }>(
      `select id from (select a.id, row_number() over (partition by a.structure_id order by a.id) as nth from account a
        where a.status = 'active' and a.structure_id is not null and not exists (select 1 from role_grant g where g.account_id = a.id)) a order by nth, id limit $1`,
      [count],
    )
    return rows.map(({ id }) => id)
  }

  /** Many pending requests of Nadia's at once, each needing this many signatures. */
  const stock = async (count: number, needed: number) => {
    const home = await organisations.find(world.db, await make.siteOf('Mission locale de Lyon'))
    if (!home) throw new Error('Lyon has no site')
    const asks = await Promise.all(
      Array.from({ length: count }, async (): Promise<Ask> => {
        const content = { ...(await make.creation()), phone: '+33612345678' }
        return {
          id: uuid(),
          content,
          subjectId: null,
          organisationId: home.id,
          place: home.place,
          requirement: { ...firstRequirement('create-account', 3), approvalsNeeded: needed },
          expiresAt: new Date(Date.now() + 86_400_000),
        }
      }),
    )
    for (let start = 0; start < asks.length; start += 300)
      await runCommitted(tellSubmissions, { db: world.db, actor: nadia.person, origin: { channel: 'web' } }, asks.slice(start, start + 300))
    return asks.map(({ id, content }) => {
      if (content.kind !== 'create-account') throw new Error('the stock is of creations')
      return { id, content, seen: canonicalContent(content).hash }
    })
  }

  const statusOf = async (id: string): Promise<string> =>
    (await world.owner.query<{ status: string }>('select status from request where id = $1', [id])).rows[0]?.status ?? ''

  return { world, make, nadia, sophie, others, run, ordinary, stock, statusOf }
}
