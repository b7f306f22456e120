import { counts } from '@countersign/server/features/accounts/counts.store.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makerOf } from '../support/make.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
})
// One of the invariants counts every account in full and compares.
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

const full = async (where: string, values: readonly unknown[] = []): Promise<number> => {
  const { rows } = await world.owner.query<{ count: number }>(`select count(*)::int as count from account where ${where}`, [...values])
  return rows[0]?.count ?? -1
}

describe('how many there are', () => {
  test('is right to the row after a birth, an ending, an undo and a bulk, before the counts are folded and after', async () => {
    const olivier = await world.as('olivier.perrin')
    const { id } = await make.account()
    await olivier.call.accounts.suspend({ accountIds: [id] })
    await olivier.call.accounts.undo({ accountId: id })
    await olivier.call.accounts.revoke({ accountIds: [id] })
    const { rows } = await world.owner.query<{ id: string }>(
      `select id from account a where status = 'active' and not exists (select 1 from role_grant g where g.account_id = a.id) limit 200`,
    )
    await olivier.call.accounts.suspend({ accountIds: rows.map((row) => row.id) })
    const { at: _at, ...before } = await olivier.call.accounts.facets({})
    expect(before.total).toEqual({ count: await full('true'), exact: true })
    expect(before.by?.status.suspended).toBe(await full(`status = 'suspended'`))

    await counts.fold(world.db)
    expect(await olivier.call.accounts.facets({})).toMatchObject(before)
    const scattered = await world.owner.query(
      'select 1 from account_count group by organisation_id, status, profile_id having count(*) > 1',
    )
    expect(scattered.rowCount).toBe(0)
  })

  test('stays right where bulks and foldings run at the same instant', async () => {
    const olivier = await world.as('olivier.perrin')
    const sophie = await world.as('sophie.marchand')
    const { rows } = await world.owner.query<{ id: string }>(
      `select id from account a where status = 'active' and region_id = (select region_id from account where login = 'nadia.roux')
        and not exists (select 1 from role_grant g where g.account_id = a.id) limit 120`,
    )
    const parts = Array.from({ length: 12 }, (_, index) => rows.slice(index * 10, index * 10 + 10).map((row) => row.id))
    await Promise.all(
      parts.flatMap((accountIds, index) => [(index % 2 ? olivier : sophie).call.accounts.suspend({ accountIds }), counts.fold(world.db)]),
    )
    expect((await olivier.call.accounts.facets({})).by?.status.suspended).toBe(await full(`status = 'suspended'`))
  })

  test('counts nobody outside the scope, and each facet says what choosing it would leave', async () => {
    const sophie = await world.as('sophie.marchand')
    const [grant] = sophie.person.grants
    const region = [grant?.organisationId]
    const facets = await sophie.call.accounts.facets({ status: 'active' })
    expect(facets.total.count).toBe(await full(`region_id = $1 and status = 'active'`, region))
    expect(facets.by?.status.revoked).toBe(await full(`region_id = $1 and status = 'revoked'`, region))
    expect(facets.by?.profile['site-adviser']).toBe(
      await full(`region_id = $1 and status = 'active' and profile_id = 'site-adviser'`, region),
    )
    const [first] = facets.by?.places ?? []
    expect(first?.level).toBe('departement')
    const narrowed = await sophie.call.accounts.facets({ status: 'active', organisation: first?.id })
    expect(narrowed.total.count).toBe(first?.count)
    const holders = await world.owner.query<{ count: number }>(
      `select count(distinct a.id)::int as count from account a join role_grant g on g.account_id = a.id
       where g.role = 'account-manager' and g.revoked_at is null and a.status = 'active' and a.region_id = $1`,
      region,
    )
    expect(facets.by?.role['account-manager']).toBe(holders.rows[0]?.count)
  })

  test('says about how many something waits to be looked at: as many as the list then shows, and none to who may not know', async () => {
    const [sophie, nadia] = [await world.as('sophie.marchand'), await world.as('nadia.roux')]
    const before = (await sophie.call.accounts.facets({})).by?.signal ?? 0
    await make.finding(await make.agentOf('Mission locale de Lyon', 3))
    await make.finding(await make.agentOf('Mission locale de Lyon', 4))
    expect((await sophie.call.accounts.facets({})).by?.signal).toBe(before + 2)
    expect((await sophie.call.accounts.list({ signal: 'open' })).rows.length).toBe(before + 2)
    expect((await sophie.call.accounts.facets({ status: 'revoked' })).by?.signal).toBe(0)
    expect((await nadia.call.accounts.facets({})).by?.signal).toBe(0)
  })

  test('tells the parts of a place from each other for somebody with two roles over it, and forgets a part that is empty', async () => {
    const claire = await world.as('claire.fontaine')
    const [grant] = claire.person.grants
    const twice = grant ? [...claire.person.grants, { ...grant, role: 'supervisor' as const }] : []
    const facets = await counts.facets(world.db, { id: claire.person.id, grants: twice }, {})
    expect(facets.by?.places.length).toBeGreaterThan(2)
    expect(facets.by?.places.every(({ level }) => level === 'network')).toBe(true)

    const sophie = await world.as('sophie.marchand')
    const structure = await make.organisation('Mission locale de Lyon')
    const { rows } = await world.owner.query<{ id: string; site: string }>(
      `select id, site_id as site from account where status = 'active' and site_id = (select site_id from account where structure_id = $1 and site_id is not null and status = 'active' limit 1)`,
      [structure],
    )
    await sophie.call.accounts.suspend({ accountIds: rows.map(({ id }) => id) })
    const left = (await sophie.call.accounts.facets({ status: 'active', organisation: structure })).by?.places ?? []
    expect(left.map(({ id }) => id)).not.toContain(rows[0]?.site)
  })

  test('finds nothing for a place elsewhere, and gives no number it would have to guess', async () => {
    const sophie = await world.as('sophie.marchand')
    const elsewhere = await make.organisation('Mission locale de Lille')
    expect(await sophie.call.accounts.facets({ organisation: elsewhere })).toMatchObject({ total: { count: 0, exact: true } })
    const found = await sophie.call.accounts.facets({ q: 'roux' })
    expect(found.by).toBeNull()
    expect(found.total.exact).toBe(true)
  })
})
