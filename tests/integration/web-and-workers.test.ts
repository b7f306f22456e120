import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '@countersign/server/database/embedded.ts'
import { readSettings } from '@countersign/server/env.ts'
import { type ProcessRole, serve } from '@countersign/server/serve.ts'
import { keyLine, signingKey, verifierOf } from '@countersign/server/transparency/note.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makerOf } from '../support/make.ts'
import { openPlaces, type Places } from '../support/places.ts'
import { startPost } from '../support/production.ts'
import { openWorld, type World } from '../support/world.ts'

const sealingKey = Buffer.alloc(32, 11).toString('base64')
const logKey = keyLine(verifierOf({ name: 'localhost/audit', key: signingKey(Buffer.from(sealingKey, 'base64')) }, 'log'))
const root = fileURLToPath(new URL('../..', import.meta.url))

let world: World
let make: ReturnType<typeof makerOf>
let post: Awaited<ReturnType<typeof startPost>>
let places: Places
const children: ChildProcess[] = []

/** `countersign start --role …`, a process of its own that shares the database with the others and nothing else. */
const start = async (role: ProcessRole) => {
  const [port, metrics] = [await freePort(), await freePort()]
  const child = spawn(process.execPath, ['server/src/cli.ts', 'start', '--role', role], {
    cwd: root,
    env: {
      ...process.env,
      DATABASE_URL: world.url,
      PUBLIC_URL: 'http://localhost',
      SMTP_URL: post.url,
      MAIL_FROM: 'countersign@example.org',
      SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      // Who answers people has no key to sign with.
      ...(role === 'web' ? { LOG_KEY: logKey } : { SEALING_KEY: sealingKey, ...places.settings }),
      PORT: String(port),
      METRICS_PORT: String(metrics),
      LOG_LEVEL: 'fatal',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  await new Promise<void>((ready, failed) => {
    child.stdout?.on('data', (chunk: Buffer) => chunk.toString().startsWith('Countersign') && ready())
    child.once('exit', () => failed(new Error(`the ${role} process ended before it served`)))
  })
  const ask = (path: string, token: string, body?: unknown) =>
    fetch(`http://127.0.0.1:${port}/api/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Cookie: `session=${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return { child, ask }
}

const ended = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((done) => child.once('exit', done))
  child.kill(signal)
  await gone
}

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  post = await startPost()
  places = await openPlaces()
})
afterAll(async () => {
  for (const child of children) await ended(child, 'SIGINT')
  await post.stop()
  await places.close()
  await world.close()
})

const until = async (what: () => Promise<boolean>): Promise<void> => {
  for (const end = Date.now() + 60_000; !(await what()); ) {
    if (Date.now() > end) throw new Error('it did not come to that within a minute')
    await wait(20)
  }
}

test('two web and two worker processes are one: sessions, mail, and a bulk that goes on when a worker is killed', async () => {
  const webs = await Promise.all([start('web'), start('web')])
  const olivier = await world.as('olivier.perrin')
  const ours = await world.owner.query<{ id: string }>(
    `select a.id from account a where a.status = 'active' and not exists (select 1 from role_grant g where g.account_id = a.id) order by a.id limit 4500`,
  )
  const accountIds = ours.rows.map(({ id }) => id)

  // What one web process opened the other knows; what it ends is over at the other.
  const agent = await world.enter(accountIds[0] ?? '')
  expect((await webs[1].ask('accounts.mine', agent.token)).status).toBe(200)
  await webs[0].ask('accounts.suspend', olivier.token, { accountIds: [agent.person.id] })
  expect((await webs[1].ask('accounts.mine', agent.token)).status).toBe(401)

  // A web process takes the order, and leaves the work.
  const preview = await olivier.call.bulks.preview({ verb: 'suspend', selection: { from: 'ticked', accountIds } })
  const { rows } = await world.owner.query<{ seen: string }>('select list_hash as seen from bulk where id = $1', [preview.bulkId])
  const order = { bulkId: preview.bulkId, seen: rows[0]?.seen, justification: 'Incident' }
  expect((await webs[0].ask('bulks.start', olivier.token, order)).status).toBe(200)
  const state = async () => {
    const found = await world.owner.query<{ done: number; status: string }>('select done, status from bulk where id = $1', [preview.bulkId])
    return found.rows[0] ?? { done: 0, status: '' }
  }
  await wait(1_000)
  expect((await state()).done).toBe(0)

  const workers = await Promise.all([start('worker'), start('worker')])
  await until(async () => (await state()).done > 0)
  await ended(workers[0].child, 'SIGKILL')
  const left = await state()
  expect([left.status, left.done < accountIds.length - 1]).toEqual(['running', true])
  await until(async () => (await state()).status === 'finished')
  const entries = await world.owner.query<{ entries: number }>(
    `select count(*)::int as entries from audit_entry where type = 'account.suspended' and subject_id = any($1) group by subject_id`,
    [accountIds],
  )
  expect(entries.rows.map((row) => row.entries)).toEqual(accountIds.map(() => 1))

  await start('worker')
  const { login } = await make.account()
  const arrived = () => post.mails.filter(({ recipient }) => recipient.startsWith(login)).length
  await until(async () => arrived() > 0)
  await wait(500)
  expect(arrived()).toBe(1)

  // Whoever asks how to check is told the key by a process that could not seal.
  const isabelle = await world.as('isabelle.carpentier')
  expect(await (await webs[0].ask('seal.state', isabelle.token)).json()).toMatchObject({ result: { data: { keys: { log: logKey } } } })

  // What they sealed meanwhile stands in both places outside, the newest checkpoint as it was signed.
  const newest = async () => {
    const { rows } = await world.owner.query<{ note: string }>('select note from checkpoint order by size desc limit 1')
    return rows[0]?.note
  }
  await until(async () => {
    const [note, { file, address }] = [await newest(), await places.brought()]
    return note !== undefined && file.at(-1) === note && address.at(-1) === note
  })
  expect(await world.broken()).toEqual([])
}, 180_000)

test.each(['CHECKPOINT_FILE', 'CHECKPOINT_URL'] as const)(
  'a worker that brings its checkpoints to %s alone does not start',
  async (name) => {
    const settings = readSettings({
      DATABASE_URL: world.url,
      PUBLIC_URL: 'http://localhost',
      SMTP_URL: post.url,
      MAIL_FROM: 'countersign@example.org',
      SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      SEALING_KEY: Buffer.alloc(32, 11).toString('base64'),
      [name]: places.settings[name],
    })
    await expect(serve(settings, 'worker')).rejects.toThrow(/2 places outside the database at least, and knows 1/)
  },
)
