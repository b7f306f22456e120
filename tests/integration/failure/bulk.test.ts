import type { ChildProcess } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../../support/caller.ts'
import { type Ground, openGround, startWorker } from '../../support/ground.ts'
import { invariants } from '../../support/invariants.ts'

const kills = 20
const many = 10_000

type Hand = { readonly token: string; readonly call: Caller; readonly id: string }

let ground: Ground
let crowd: readonly string[]
/** What one person orders takes turns: as many supervisors as there are servers. */
let orderers: readonly Hand[]

beforeAll(async () => {
  ground = await openGround('bulk')
  crowd = await ground.crowd(many + kills * 5)
  const [anne, bruno] = [await ground.enter(ground.founders[0]), await ground.enter(ground.founders[1])]
  orderers = await Promise.all(
    crowd.slice(many, many + kills).map(async (id) => {
      const role = {
        kind: 'grant-role' as const,
        accountId: id,
        role: 'supervisor' as const,
        organisationId: ground.network,
        justification: 'Essai',
      }
      const { id: requestId } = await anne.call.requests.submit(role)
      const { contentHash } = await anne.call.requests.get({ requestId })
      await bruno.call.requests.approve({ requestId, seen: contentHash })
      return { ...(await ground.enter(id)), id }
    }),
  )
}, 180_000)
afterEach(async () => expect(await invariants(ground.owner)).toEqual([]))
afterAll(() => ground.close())

const begun = async ({ call }: Hand, accountIds: readonly string[]): Promise<string> => {
  const { bulkId } = await call.bulks.preview({ verb: 'suspend', selection: { from: 'names', text: accountIds.join('\n') } })
  const { listHash } = await call.bulks.get({ bulkId })
  await call.bulks.start({ bulkId, seen: listHash, justification: 'Exercice' })
  return bulkId
}
/** How often each of these was suspended, and what the lines of the bulk say of them. */
const count = async (bulkIds: readonly string[]) => {
  const { rows } = await ground.owner.query<{ told: number; twice: number; lines: number; done: number }>(
    `select (select count(*)::int from audit_entry where type = 'account.suspended' and data ->> 'bulkId' = any($1)) as told,
      (select count(*)::int from (select 1 from audit_entry where type = 'account.suspended' and data ->> 'bulkId' = any($1) group by subject_id having count(*) > 1) d) as twice,
      (select count(*)::int from bulk_line where bulk_id = any($2) and outcome = 'done') as lines, (select sum(done)::int from bulk where id = any($2)) as done`,
    [bulkIds, bulkIds],
  )
  return rows[0]
}

const started = async (tasks: readonly unknown[]): Promise<readonly ChildProcess[]> => {
  const children = tasks.map((task) => startWorker('single-worker', task))
  await Promise.all(children.map((child) => new Promise((ready) => child.once('message', ready))))
  return children
}

describe(`${kills} servers killed on their way through a chunk of a bulk`, () => {
  test.for([
    ['bulk_line', 'accounts are out and their lines do not say so'],
    ['account', 'all is locked and nothing is written'],
    ['session', 'accounts are out and their sessions are not yet'],
    ['bulk', 'all is done but the progress'],
    ['audit_entry', 'everything is written and nothing is told'],
  ] as const)('before %s: when %s, nothing has happened, and another server does it once', async ([table], { task }) => {
    const round = ['bulk_line', 'account', 'session', 'bulk', 'audit_entry'].indexOf(table)
    const pieces = orderers.map((_, index) => crowd.slice((round * kills + index) * 3, (round * kills + index + 1) * 3))
    const bulkIds = await Promise.all(orderers.map((orderer, index) => begun(orderer, pieces[index] ?? [])))
    const children = await started(
      bulkIds.map((advance, index) => ({ url: ground.url, token: orderers[index]?.token, ordererId: orderers[index]?.id, advance })),
    )
    const gate = await ground.owner.connect()
    await gate.query('begin')
    await gate.query(`lock table ${table} in share mode`)
    for (const child of children) child.send('go')
    const waiting = async () =>
      (
        await ground.owner.query<{ count: number }>(
          `select count(*)::int as count from pg_locks where not granted and relation = $1::regclass`,
          [table],
        )
      ).rows[0]?.count ?? 0
    while ((await waiting()) < children.length) {
      expect([task.name, children.every(({ exitCode }) => exitCode === null)]).toEqual([task.name, true])
      await wait(50)
    }
    for (const child of children) child.kill('SIGKILL')
    await gate.query('rollback')
    gate.release()
    const open = async () =>
      (await ground.owner.query(`select 1 from pg_stat_activity where usename = 'countersign_application' and xact_start is not null`))
        .rowCount ?? 0
    while ((await open()) > 0) await wait(20)

    expect(await count(bulkIds)).toEqual({ told: 0, twice: 0, lines: 0, done: 0 })
    const other = startWorker('bulk-worker', { url: ground.url })
    await expect.poll(() => count(bulkIds), { timeout: 60_000 }).toEqual({ told: 3 * kills, twice: 0, lines: 3 * kills, done: 3 * kills })
    other.kill('SIGKILL')
  })
})

test(`${kills} kills of PostgreSQL during a bulk of ${many}: each account once, none lost`, async () => {
  const rest = crowd.slice(0, many)
  const [orderer] = orderers
  if (!orderer) throw new Error('nobody may order')
  const { rows } = await ground.owner.query<{ id: string }>(`select id from account where id = any($1) and status = 'active'`, [rest])
  const bulkId = await begun(
    orderer,
    rows.map(({ id }) => id),
  )
  const child = startWorker('bulk-worker', { url: ground.url })
  const reached: number[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    await wait(40 + 25 * (kill % 8))
    ground.killDatabase()
    await ground.restartDatabase()
    reached.push((await count([bulkId]))?.done ?? 0)
  }
  // Most of them met it at work: it had begun, and was not over.
  expect(reached.filter((done) => done < rows.length).length).toBeGreaterThan(kills / 4)
  const settled = { told: rows.length, twice: 0, lines: rows.length, done: rows.length }
  await expect.poll(() => count([bulkId]), { timeout: 90_000 }).toEqual(settled)
  expect(child.exitCode).toBeNull()
  child.kill('SIGKILL')
  const { rows: left } = await ground.owner.query(`select distinct status from account where id = any($1)`, [rest])
  expect(left).toEqual([{ status: 'suspended' }])
}, 300_000)
