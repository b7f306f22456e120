import { afterAll, beforeAll, expect, test } from 'vitest'
import { makerOf } from '../support/make.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

test.each([
  ['the first instant of the day in Paris', '2026-06-30T22:00:00Z', ['2026-07-01']],
  ['the last instant of the day in Paris', '2026-07-01T21:59:59Z', ['2026-07-01']],
  ['winter, just after midnight', '2026-01-14T23:00:00Z', ['2026-01-15']],
] as const)('a day of the audit is a day in Paris: %s', async (_, at, [day]) => {
  const isabelle = await world.as('isabelle.carpentier')
  const { rows } = await world.owner.query<{ id: string }>(`select id from audit_entry where type = 'role.granted' order by id limit 1`)
  const id = rows[0]?.id ?? ''
  await world.tamper('update audit_entry set at = $1 where id = $2', [at, id])
  const found = async (since: string, until: string) =>
    (await isabelle.call.audit.list({ type: 'role.granted', since, until })).rows.some((row) => row.id === id)
  const before = new Date(new Date(day).getTime() - 86_400_000).toISOString().slice(0, 10)
  const after = new Date(new Date(day).getTime() + 86_400_000).toISOString().slice(0, 10)
  expect([await found(day, day), await found(before, before), await found(after, after)]).toEqual([true, false, false])
})

test('the audit pages through everything of a scope once, newest first, and nothing of another', async () => {
  const make = makerOf(world)
  await make.account()
  const sophie = await world.as('sophie.marchand')
  const seen = new Set<string>()
  let cursor: string | undefined
  let last = '9'
  for (let page = 0; page < 8; page += 1) {
    const found: Awaited<ReturnType<typeof sophie.call.audit.list>> = await sophie.call.audit.list(cursor ? { cursor } : {})
    for (const { id, at } of found.rows) {
      expect(seen.has(id)).toBe(false)
      expect(at <= last).toBe(true)
      last = at
      seen.add(id)
    }
    cursor = found.next ?? undefined
  }
  const { rows } = await world.owner.query<{ outside: number }>(
    `select count(*)::int as outside from audit_entry where id = any($1::uuid[]) and region_id is distinct from (select o.id from organisation o join organisation n on n.id = o.network_id where o.name = 'Auvergne-Rhône-Alpes' and n.name = 'Missions locales')`,
    [[...seen]],
  )
  expect(rows[0]?.outside).toBe(0)
})
