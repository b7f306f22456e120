import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Embedded } from '@countersign/server/database/embedded.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
import { openReplica, refusedByReplica, unfitReplica } from '@countersign/server/kernel/replica.ts'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { failureFolder, type Ground, openGround } from '../../support/ground.ts'
import { log, openProcess, type Process } from '../../support/process.ts'
import { startStandby } from '../../support/standby.ts'
import { applicationUrl } from '../../support/template.ts'

let ground: Ground
let standby: Embedded
let admin: pg.Client
let one: Process
let other: Process
let token: string
let people: readonly string[]
beforeAll(async () => {
  ground = await openGround('replica')
  people = await ground.crowd(20)
  standby = await startStandby(join(failureFolder, 'replica'), join(failureFolder, 'standby'), ground.superuserUrl)
  admin = new pg.Client(standby.url('ground'))
  await admin.connect()
  admin.on('error', () => undefined)
  const readUrl = applicationUrl(standby.url('ground'))
  one = await openProcess({ url: ground.url, readUrl })
  other = await openProcess({ url: ground.url, readUrl })
  token = (await ground.enter(ground.founders[0])).token
}, 120_000)
afterAll(async () => {
  await one.close()
  await other.close()
  await admin.end().catch(() => undefined)
  await standby.stop()
  await ground.close()
})

const answered = async <T>(by: Process, path: string, body: unknown): Promise<T> => {
  const answer = await by.ask(path, { token, body })
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { result: { data: T } }).result.data
}
const states = async (by: Process): Promise<ReadonlyMap<string, string>> => {
  const { rows } = await answered<{ rows: { id: string; status: string }[] }>(by, 'accounts.list', {})
  return new Map(rows.map(({ id, status }) => [id, status]))
}
const suspend = (by: Process, id: string) => answered(by, 'accounts.suspend', { accountIds: [id] })

test('lists are answered by the replica, whichever of two servers is asked', async () => {
  for (const process of [one, other]) {
    expect((await states(process)).size).toBe(22)
    expect(process.served()).toEqual({ replica: 1, primary: 0 })
  }
})

test('a person sees their own last change at once, through either server, and mostly from the replica', async () => {
  const before = one.served().replica + other.served().replica
  for (const [index, id] of people.slice(0, 12).entries()) {
    const [acting, asked] = index % 2 === 0 ? [one, other] : [other, one]
    await suspend(acting, id)
    expect((await states(asked)).get(id)).toBe('suspended')
  }
  expect(one.served().replica + other.served().replica - before).toBeGreaterThan(5)
})

test('a replica that stands still answers nothing that is too old: the primary does', async () => {
  await admin.query('select pg_wal_replay_pause()')
  try {
    const late = people[12] ?? ''
    await suspend(one, late)
    const before = other.served()
    expect((await states(other)).get(late)).toBe('suspended')
    expect(other.served()).toEqual({ ...before, primary: before.primary + 1 })
  } finally {
    await admin.query('select pg_wal_replay_resume()')
  }
})

test('an address that is no replica of this database, or signs in as somebody else, is named before anything is served', async () => {
  const primary = new pg.Client(ground.url)
  await primary.connect()
  const fit = (address: string) => unfitReplica(primary, address, log)
  expect(await fit(applicationUrl(standby.url('ground')))).toBeNull()
  expect(await fit(ground.url)).toContain('follows no other')
  expect(await fit(applicationUrl(standby.url('postgres')))).toContain('another database')
  expect(await fit(standby.url('ground'))).toContain('somebody else')
  await primary.end()
})

test('a replica that takes the call and never answers keeps nobody waiting', async () => {
  const silent = createTcpServer(() => undefined)
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done))
  const replica = openReplica(`postgres://nobody@127.0.0.1:${(silent.address() as AddressInfo).port}/ground`, log)
  expect(await Promise.race([replica.showing('0/0'), wait(5_000, 'waited')])).toBeNull()
  silent.close()
})

test('a replica that is gone is missed by nobody', async () => {
  const pool = openPool(applicationUrl(standby.url('ground')), 1)
  const db = openDb(pool)
  await db.execute(sql`select 1`)
  const asleep = db.execute(sql`select pg_sleep(5)`).then(
    () => null,
    (error: unknown) => error,
  )
  await standby.stop()
  // The one that was under way, and the one that finds nobody there.
  expect(refusedByReplica(await asleep)).toBe(true)
  expect(refusedByReplica(await db.execute(sql`select 1`).catch((error: unknown) => error))).toBe(true)
  const { db: primary } = ground
  expect(refusedByReplica(await primary.execute(sql`select 'timeout' / 0`).catch((error: unknown) => error))).toBe(false)
  await pool.end()
  expect((await states(one)).size).toBe(22)
  await suspend(one, people.at(-1) ?? '')
  expect((await states(other)).get(people.at(-1) ?? '')).toBe('suspended')
})
