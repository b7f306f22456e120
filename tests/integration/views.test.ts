import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { outcome, verdictOfDatabase } from '../support/make.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

const view = { name: 'Comptes dormants', search: { life: 'dormant' as const }, hidden: ['reach'], shared: false }

test('a view is one’s own until it is shared, and then of one’s structure; its owner alone takes it away', async () => {
  const [nadia, olivier] = [await world.as('nadia.roux'), await world.as('olivier.perrin')]
  const viewId = await nadia.call.views.save(view)
  expect(await nadia.call.views.list()).toMatchObject([{ ...view, id: viewId, mine: true }])
  const namesFor = async (by: typeof nadia) => (await by.call.views.list()).map(({ name }) => name)

  // A second account manager of the same structure.
  const { rows } = await world.owner.query<{ id: string }>(
    `select b.id from account a join account b on b.structure_id = a.structure_id and b.id <> a.id and b.status = 'active' where a.id = $1 order by b.id limit 1`,
    [nadia.person.id],
  )
  await world.tamper(
    `insert into role_grant (id, account_id, role, organisation_id, request_id, granted_at) select gen_random_uuid(), $1, 'account-manager', organisation_id, request_id, now() from role_grant where account_id = $2 limit 1`,
    [rows[0]?.id, nadia.person.id],
  )
  const colleague = await world.enter(rows[0]?.id ?? '')
  expect(await namesFor(colleague)).toEqual([])
  expect(await nadia.call.views.save({ ...view, shared: true })).toBe(viewId)
  expect(await namesFor(colleague)).toEqual(['Comptes dormants'])
  expect(await namesFor(olivier)).toEqual([])
  expect(await outcome(colleague.call.views.remove({ viewId }))).toBe('not-found')
  await nadia.call.views.remove({ viewId })
  expect([await namesFor(nadia), await namesFor(colleague)]).toEqual([[], []])
  expect(await world.entriesAbout(viewId)).toEqual(['view.saved', 'view.saved', 'view.removed'])
  await world.tamper('delete from role_grant where account_id = $1', [rows[0]?.id])
})

test('thirty views are enough, a filter that is not understood is none, and the database wants each told', async () => {
  const nadia = await world.as('nadia.roux')
  for (let index = 0; index < 30; index += 1) await nadia.call.views.save({ ...view, name: `Vue ${index}` })
  expect(await outcome(nadia.call.views.save({ ...view, name: 'Une de trop' }))).toBe('too-many')
  expect(await outcome(nadia.call.views.save({ ...view, name: 'Vue 3' }))).toBe('allowed')
  await expect(nadia.call.views.save({ ...view, search: { lif: 'dormant' } as never })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  expect(await verdictOfDatabase(world.pool.query(`update saved_view set shared = true`))).toBe('P6')
  expect(await verdictOfDatabase(world.pool.query('delete from saved_view'))).toBe('P6')
})
