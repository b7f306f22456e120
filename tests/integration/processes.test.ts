import { startJobs } from '@countersign/server/jobs.ts'
import { type Carrier, type Destination, destinations } from '@countersign/server/kernel/outbox.ts'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { log as sealer } from '../support/bundle.ts'
import { makerOf } from '../support/make.ts'
import { log, openProcess, type Process } from '../support/process.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
let one: Process
let other: Process
beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  one = await openProcess(world)
  other = await openProcess(world)
})
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(async () => {
  await one.close()
  await other.close()
  await world.close()
})

const eventually = async (what: () => Promise<boolean> | boolean): Promise<boolean> => {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    if (await what()) return true
    await new Promise((done) => setTimeout(done, 20))
  }
  return false
}

test('a session that one server opened is known to the other, and dead there in the commit that ends the account here', async () => {
  const agent = await world.enter(await make.agentOf('Mission locale de Lyon', 0))
  expect((await other.ask('accounts.mine', { token: agent.token })).status).toBe(200)
  const olivier = await world.as('olivier.perrin')
  await one.ask('accounts.suspend', { token: olivier.token, body: { accountIds: [agent.person.id] } })
  expect((await other.ask('accounts.mine', { token: agent.token })).status).toBe(401)
  await olivier.call.accounts.undo({ accountId: agent.person.id })
})

test('what is committed through one server is heard at the other', async () => {
  const heard: string[] = []
  const stop = other.live.listen((changes) => heard.push(...changes.map(({ subject }) => subject)))
  const agent = await make.agentOf('Mission locale de Lyon', 1)
  const olivier = await world.as('olivier.perrin')
  await one.ask('accounts.suspend', { token: olivier.token, body: { accountIds: [agent] } })
  expect(await eventually(() => heard.includes(agent))).toBe(true)
  stop()
  await olivier.call.accounts.undo({ accountId: agent })
})

test('two servers are one public door: twenty asks an hour from an address, wherever they knock', async () => {
  const body = { name: 'nobody.at-all', justification: '' }
  const answers: number[] = []
  for (let index = 0; index < 22; index += 1)
    answers.push((await (index % 2 === 0 ? one : other).ask('requests.askReset', { body })).status)
  expect(answers.filter((status) => status === 200).length).toBe(20)
  expect(answers.slice(20)).toEqual([429, 429])
})

test('two workers deliver every message once and raise every finding once', async () => {
  const delivered: string[] = []
  const carrier: Carrier = async (_db, { entryId, accountId }) => {
    delivered.push(`${entryId} ${accountId}`)
    return 'delivered'
  }
  const carriers = Object.fromEntries(destinations.map((name) => [name, carrier])) as Record<Destination, Carrier>
  const workers = [one, other].map(({ db, live }) => startJobs({ db, live, carriers, sealing: { db, signer: sealer, carriers: [] }, log }))
  const nadia = await world.as('nadia.roux')
  const invited = [await make.account(), await make.account()]
  for (let index = 0; index < 6; index += 1) await make.pending(nadia)
  const undelivered = async () => {
    const { rows } = await world.owner.query<{ count: number }>('select count(*)::int as count from outbox where settled_at is null')
    return rows[0]?.count
  }
  expect(await eventually(async () => (await undelivered()) === 0)).toBe(true)
  const raised = async () => {
    const { rows } = await world.owner.query<{ times: number }>(
      `select e.id from audit_entry e join finding f on f.id = e.subject_id where e.type = 'signal.raised' and f.rule = 'burst-of-requests' and f.account_id = $1`,
      [nadia.person.id],
    )
    return rows.length
  }
  expect(await eventually(async () => (await raised()) > 0)).toBe(true)
  await Promise.all(workers.map((worker) => worker.stop()))
  expect(await raised()).toBe(1)
  expect(new Set(delivered).size).toBe(delivered.length)
  expect(delivered.length).toBeGreaterThanOrEqual(invited.length)
})
