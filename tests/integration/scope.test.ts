import { account } from '@countersign/drizzle/schema/account.ts'
import { within } from '@countersign/server/kernel/scope.ts'
import { covers, levels, type Place, type Scope } from '@countersign/shared/access/scope.ts'
import { profiles } from '@countersign/shared/accounts/profiles.ts'
import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

test('policy scope and SQL scope agree, on random scopes over the whole network (P7)', async () => {
  const { rows } = await world.db.execute<{ id: string } & Place>(
    sql`select id, nation_id as "nationId", network_id as "networkId", region_id as "regionId", departement_id as "departementId", structure_id as "structureId", site_id as "siteId" from account`,
  )
  const organisations = await world.owner.query<{ id: string; level: Scope[number]['level'] }>('select id, level from organisation')
  const subtree = fc.constantFrom(...organisations.rows).map(({ id, level }) => ({ organisationId: id, level }))
  const crooked = fc.record({
    organisationId: fc.constantFrom(...organisations.rows).map(({ id }) => id),
    level: fc.constantFrom(...levels),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 4, arbitrary: subtree }, { weight: 1, arbitrary: crooked }), { maxLength: 4 }),
      async (scope) => {
        const listed = await world.db.execute<{ id: string }>(sql`select id from account where ${within(scope, account)}`)
        const decided = rows.filter((row) => covers(scope, row)).map(({ id }) => id)
        expect(listed.rows.map(({ id }) => id).sort()).toEqual(decided.sort())
      },
    ),
    { numRuns: 200 },
  )
})

test('the profiles of the database are those of the policy', async () => {
  const { rows } = await world.owner.query('select id, data_scope as "dataScope", rights, networks from profile order by id')
  expect(rows).toEqual(
    Object.entries(profiles)
      .map(([id, profile]) => ({ id, ...profile }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  )
})

test('the caseloads of the tree add up, and every reach is that of its organisation', async () => {
  const sums = await world.owner.query(
    `select o.id from organisation o where total_caseload <> (select coalesce(sum(s.caseload), 0) from organisation s where s.path <@ o.path)`,
  )
  expect(sums.rowCount).toBe(0)
  const { rows } = await world.owner.query<{ total: number }>(`select total_caseload as total from organisation where level = 'nation'`)
  expect(rows[0]?.total).toBe(1_100_000)
})
