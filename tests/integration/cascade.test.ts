import { workBulks } from '@countersign/server/features/bulks/work.ts'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { makerOf, outcome } from '../support/make.ts'
import { openWorld, type Signed, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
let olivier: Signed
let since: string

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  olivier = await world.as('olivier.perrin')
  // What the demo told of the past is not what this is about.
  since = new Date(Date.now() - 1000).toISOString()
})
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

const idsOf = ({ nodes }: Awaited<ReturnType<Signed['call']['cascade']['trace']>>) => nodes.map(({ id }) => id).toSorted()

test('breach 1: what the hijacked account manager asked for, and what that asked for in its turn, is found, contained in one click and final with one signature', async () => {
  const nadia = await world.as('nadia.roux')
  const [first, second] = [await make.account(), await make.account()]
  const waiting = await make.pending(nadia)
  const found = await olivier.call.cascade.trace({ suspectId: nadia.person.id, since })
  expect(idsOf(found)).toEqual([nadia.person.id, first.id, second.id].toSorted())
  expect(found.nodes.find(({ id }) => id === first.id)?.reasons).toEqual([
    { by: nadia.person.id, kind: 'asked', requestId: first.requestId, at: expect.any(String) },
  ])

  const answer = await olivier.call.cascade.contain({
    suspectId: nadia.person.id,
    since,
    accountIds: idsOf(found),
    justification: 'Brèche',
    under: { name: 'Brèche 1' },
  })
  expect([answer.contained, answer.refused]).toEqual([3, []])
  const { rows } = await world.owner.query<{ status: string }>('select distinct status from account where id = any($1)', [idsOf(found)])
  expect(rows).toEqual([{ status: 'suspended' }])
  expect(await world.alive(nadia.token)).toBe(false)
  expect(await world.entriesAbout(waiting.id)).toEqual(['request.submitted', 'request.voided'])
  const bulk = await olivier.call.bulks.get({ bulkId: answer.bulkId ?? '' })
  expect([bulk.status, bulk.mass, bulk.from]).toEqual(['waiting', true, 'cascade'])

  const claire = await world.as('claire.fontaine')
  const requestId = bulk.request?.id ?? ''
  await claire.call.requests.approve({ requestId, seen: await make.hashOf(requestId) })
  await workBulks(world.db, () => false)
  const after = await world.owner.query<{ status: string }>('select distinct status from account where id = any($1)', [idsOf(found)])
  expect(after.rows).toEqual([{ status: 'revoked' }])
})

test('a supervisor’s signatures since then are followed, and a request they had signed waits for another', async () => {
  const [claire, marc] = [await world.as('claire.fontaine'), await world.as('marc.delorme')]
  const agent = await make.agentOf('Mission locale de Lille')
  const role = await make.askedRole(claire, agent, 'account-manager', await make.organisation('Mission locale de Lille'))
  const seen = await make.hashOf(role)
  await marc.call.requests.approve({ requestId: role, seen })
  const answer = await olivier.call.cascade.contain({
    suspectId: marc.person.id,
    since,
    accountIds: [marc.person.id],
    justification: 'Doute',
    under: { name: 'Doute' },
  })
  // He guards the network: suspended by a click of its own, and nothing of a list.
  expect([answer.contained, answer.refused]).toEqual([1, []])
  expect(await world.entriesAbout(role)).toEqual(['request.submitted', 'request.approval-given', 'request.approval-voided'])
  await olivier.call.accounts.undo({ accountId: marc.person.id })
})

test('who must stay for the network to go on stays, and keeps nobody else from being contained', async () => {
  const owners = ['claire.fontaine', 'marc.delorme', 'helene.garnier'] as const
  const ids = await Promise.all(owners.map((login) => world.idOf(login)))
  const agent = await make.agentOf('Mission locale de Lille', 1)
  const answer = await olivier.call.cascade.contain({
    suspectId: agent,
    since,
    accountIds: [agent, ...ids],
    justification: 'Doute',
    under: { name: 'Doute' },
  })
  expect([answer.contained, answer.refused.map(({ refusal }) => refusal)]).toEqual([2, ['last-policy-owner', 'last-policy-owner']])
  for (const accountId of ids) await olivier.call.accounts.undo({ accountId }).catch(() => undefined)
})

test('outside one’s scope nothing is shown, and nothing is contained', async () => {
  const [sophie, thomas] = [await world.as('sophie.marchand'), await world.as('thomas.vasseur')]
  const julien = await world.idOf('julien.lefebvre')
  const missing = '01900000-0000-7000-8000-000000000000'
  for (const suspectId of [julien, missing]) expect(await outcome(sophie.call.cascade.trace({ suspectId, since }))).toBe('not-found')
  for (const id of [julien, missing])
    expect(
      await outcome(
        sophie.call.cascade.contain({ suspectId: id, since, accountIds: [id], justification: 'Essai', under: { name: 'Essai' } }),
      ),
    ).toBe('not-found')
  expect(idsOf(await thomas.call.cascade.trace({ suspectId: julien, since }))).toEqual([julien])
})

test('who signs in from the suspect’s address is shown as a neighbour, and nobody from the machine itself', async () => {
  const [suspect, neighbour, same] = [
    await make.agentOf('Mission locale de Lille', 2),
    await make.agentOf('Mission locale de Lille', 3),
    await make.agentOf('Mission locale de Lille', 4),
  ]
  const signed = await Promise.all([suspect, neighbour, same].map((id) => world.enter(id)))
  const at = (index: number, device: string) =>
    world.owner.query(`update session set address = '203.0.113.9', device = $2 where id = $1`, [signed[index]?.person.sessionId, device])
  await at(0, 'Firefox')
  await at(1, 'Chrome')
  await at(2, 'Firefox')
  await world.tamper(
    `insert into audit_entry (id, at, type, subject_id, origin, data, transaction_id) values (gen_random_uuid(), now(), 'session.opened', $1, '{"channel":"web","address":"203.0.113.9","device":"Firefox"}', '{}', pg_current_xact_id())`,
    [suspect],
  )
  const { nodes } = await olivier.call.cascade.trace({ suspectId: suspect, since })
  expect(new Map(nodes.map(({ id, reasons }) => [id, reasons.map(({ kind }) => kind)]))).toEqual(
    new Map([
      [suspect, []],
      [neighbour, ['same-address']],
      [same, ['same-device']],
    ]),
  )
})
