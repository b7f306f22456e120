import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createApp } from '@countersign/server/app.ts'
import type { Embedded } from '@countersign/server/database/embedded.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
import { openLive } from '@countersign/server/kernel/live.ts'
import { openReplica } from '@countersign/server/kernel/replica.ts'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { failureFolder, type Ground, openGround } from '../../support/ground.ts'
import { startStandby } from '../../support/standby.ts'
import { applicationUrl } from '../../support/template.ts'

const log = pino({ level: 'silent' })

/** A web server with nothing of its own but connections. */
const openProcess = async (url: string, readUrl: string) => {
  const pool = openPool(url, 8)
  const db = openDb(pool)
  const live = await openLive(url, log)
  const replica = openReplica(readUrl, log)
  const parts = { db, pool, live, replica, log, key: Buffer.alloc(32), publicUrl: 'http://localhost', demo: true, trustedProxies: [] }
  const server: Server = createServer(createApp(parts))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ask = async <T>(token: string, path: string, body: unknown): Promise<T> => {
    const headers = { 'Content-Type': 'application/json', Cookie: `session=${token}` }
    const answer = await fetch(`${base}/api/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return ((await answer.json()) as { result: { data: T } }).result.data
  }
  const close = async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
    await live.close()
    await replica.close()
    await pool.end()
  }
  return { ask, served: replica.served, close }
}
type Process = Awaited<ReturnType<typeof openProcess>>

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
  one = await openProcess(ground.url, readUrl)
  other = await openProcess(ground.url, readUrl)
  token = (await ground.enter(ground.founders[0])).token
}, 120_000)
afterAll(async () => {
  await one.close()
  await other.close()
  await admin.end().catch(() => undefined)
  await standby.stop()
  await ground.close()
})

const states = async (by: Process): Promise<ReadonlyMap<string, string>> => {
  const { rows } = await by.ask<{ rows: { id: string; status: string }[] }>(token, 'accounts.list', {})
  return new Map(rows.map(({ id, status }) => [id, status]))
}
const suspend = (by: Process, id: string) => by.ask(token, 'accounts.suspend', { accountIds: [id] })

test('lists are answered by the replica, whichever of two processes is asked', async () => {
  for (const process of [one, other]) {
    expect((await states(process)).size).toBe(22)
    expect(process.served()).toEqual({ replica: 1, primary: 0 })
  }
})

test('a person sees their own last change at once, through either process, however often they make one', async () => {
  for (const [index, id] of people.slice(0, 12).entries()) {
    const [acting, asked] = index % 2 === 0 ? [one, other] : [other, one]
    await suspend(acting, id)
    expect((await states(asked)).get(id)).toBe('suspended')
  }
  expect(one.served().replica + other.served().replica).toBeGreaterThan(2)
})

test('a replica that stands still answers nothing that is too old: the primary does', async () => {
  await admin.query('select pg_wal_replay_pause()')
  const [, , , , , , , , , , , , late = ''] = people
  await suspend(one, late)
  const before = other.served()
  expect((await states(other)).get(late)).toBe('suspended')
  expect(other.served()).toEqual({ ...before, primary: before.primary + 1 })
  await admin.query('select pg_wal_replay_resume()')
})

test('a replica that is gone is missed by nobody', async () => {
  await standby.stop()
  expect((await states(one)).size).toBe(22)
  await suspend(one, people.at(-1) ?? '')
  expect((await states(other)).get(people.at(-1) ?? '')).toBe('suspended')
})
