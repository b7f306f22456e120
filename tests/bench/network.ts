import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startEmbedded } from '@countersign/server/database/embedded.ts'
import { analyse, dropDatabase, ensureDatabase, migrate } from '@countersign/server/database/migrate.ts'
import { seedDemo } from '@countersign/server/demo/seed.ts'
import { seal } from '@countersign/server/features/seal/seal.store.ts'
import { sealLedger } from '@countersign/server/features/seal/seal.ts'
import { enterDemo } from '@countersign/server/features/sessions/enter-demo.ts'
import { nobody } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
import { signingKey } from '@countersign/server/transparency/note.ts'
import pg from 'pg'
import { layMonths } from '../support/months.ts'
import { applicationUrl } from '../support/template.ts'
import type { Call } from './measure.ts'
import { note } from './measure.ts'
import { multiply } from './multiply.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** What is told through the commits; the rest is copied from it. */
const told = 20_000

/** As a worker does, which would be busy with it for minutes while something is measured. */
const sealAll = async (owner: string): Promise<void> => {
  note('sealing')
  const pool = openPool(applicationUrl(owner), 2, 0)
  const log = { name: 'localhost/audit', key: signingKey(Buffer.alloc(32, 11)) }
  for (const db = openDb(pool); await seal.waitingSince(db); ) await sealLedger(db, log)
  await pool.end()
}

/** The network, seeded once and kept, with its audit sealed or still to seal; what is measured is a fresh copy of it. */
export const copied = async (databaseUrl: (name: string) => string, accounts: number, audit: 'sealed' | 'unsealed'): Promise<void> => {
  const kept = audit === 'sealed' ? `months_of_${accounts}` : `unsealed_of_${accounts}`
  const admin = new pg.Client(databaseUrl('postgres'))
  await admin.connect()
  try {
    if (!(await admin.query('select 1 from pg_database where datname = $1', [kept])).rowCount) {
      await dropDatabase(databaseUrl('postgres'), 'seeding')
      await ensureDatabase(databaseUrl('postgres'), 'seeding')
      const owner = databaseUrl('seeding')
      await migrate(owner, applicationUrl(owner))
      await layMonths(owner)
      const pool = openPool(`${applicationUrl(owner)}?options=-c%20synchronous_commit%3Doff`, 4)
      await seedDemo({ db: openDb(pool), accounts: Math.min(told, accounts), report: (line) => note(`seeding: ${line}`) })
      await pool.end()
      await multiply(owner, accounts, note)
      if (audit === 'sealed') await sealAll(owner)
      await admin.query(`alter database seeding rename to ${kept}`)
    }
    note('copying the network')
    await dropDatabase(databaseUrl('postgres'), 'run')
    await admin.query(`create database run template ${kept} strategy file_copy`)
  } finally {
    await admin.end()
  }
  await migrate(databaseUrl('run'), applicationUrl(databaseUrl('run')))
  await analyse(databaseUrl('run'))
  // What copying has left to be written would be written while something is measured.
  const settled = new pg.Client(databaseUrl('run'))
  await settled.connect()
  await settled.query('checkpoint')
  await settled.end()
  execFileSync('sync')
}

export type Asker = { readonly accountId: string; readonly organisationId: string; readonly token: string }
export type Network = Awaited<ReturnType<typeof openNetwork>>

/** A copy of the network, the product serving it from a process of its own, and a pool for the bare SQL beside it. */
export const openNetwork = async (accounts: number) => {
  const database = await startEmbedded(join(root, '.data/bench'), [
    '-c',
    'max_wal_size=8GB',
    '-c',
    'shared_buffers=2GB',
    '-c',
    'max_connections=200',
  ])
  await copied(database.url, accounts, 'sealed')
  const url = applicationUrl(database.url('run'))
  const child = fork(join(import.meta.dirname, 'serve.ts'), {
    env: { ...process.env, DATABASE_URL: url },
  })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  const base = `http://127.0.0.1:${port}`
  const pool = openPool(url, 40)
  const owner = new pg.Pool({ connectionString: database.url('run'), max: 40 })
  /** For the bare SQL of writes: no trigger, no rule, one statement and one round trip each. */
  const bare = new pg.Pool({ connectionString: database.url('run'), max: 40, options: '-c session_replication_role=replica' })
  const db = openDb(pool)

  /** What a server does when it starts, such as sealing what was copied and holding a month of signatures against the lineage, is done before anything is measured. */
  const quiet = async (): Promise<void> => {
    const unsealed = 'select 1 from audit_entry e, seal_position s where e.transaction_id >= s.position limit 1'
    for (let tries = 0; (await owner.query(unsealed)).rowCount; tries += 1) {
      if (tries > 900) throw new Error('the audit is not sealed')
      await wait(1_000)
    }
    const busy = `select 1 from pg_stat_activity where datname = 'run' and state <> 'idle' and pid <> pg_backend_pid()`
    for (let [calm, tries] = [0, 0]; calm < 10; tries += 1) {
      if (tries > 3_000) throw new Error('the server does not come to rest')
      calm = (await owner.query(busy)).rowCount ? 0 : calm + 1
      await wait(100)
    }
  }
  await quiet()

  const enter = async (accountId: string): Promise<string> =>
    (await runCommitted(enterDemo, { db, actor: nobody, origin: { channel: 'web' } }, { accountId })).token

  /** Those who hold a role over a level of the tree, one place after the other, signed in. */
  const holders = async (role: string, level: string, many: number): Promise<readonly Asker[]> => {
    const { rows } = await pool.query<{ accountId: string; organisationId: string }>(
      `select account_id as "accountId", organisation_id as "organisationId" from (
         select g.account_id, g.organisation_id, row_number() over (partition by g.organisation_id order by g.account_id) as nth
         from role_grant g join account a on a.id = g.account_id and a.status = 'active' join organisation o on o.id = g.organisation_id and o.level = $2
         where g.role = $1 and g.revoked_at is null) ranked order by nth, organisation_id limit $3`,
      [role, level, many],
    )
    return Promise.all(rows.map(async (row) => ({ ...row, token: await enter(row.accountId) })))
  }
  const post = async (path: string, body: unknown, headers: Record<string, string>): Promise<Response> =>
    fetch(`${base}/api/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const answered = async <T>(token: string, path: string, body: unknown): Promise<T> => {
    const answer = await post(path, body, { cookie: `session=${token}` })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return ((await answer.json()) as { result: { data: T } }).result.data
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  /** The same over a connection that is kept, and nothing done with the answer: what is measured is the server, not its client. */
  const ask = (token: string, path: string, body: unknown): Call => {
    const sent = JSON.stringify(body)
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent), cookie: `session=${token}` }
    return () =>
      new Promise<void>((done, failed) => {
        const call = request(`${base}/api/${path}`, { method: 'POST', agent, headers }, (answer) => {
          if (answer.statusCode !== 200) failed(new Error(`${path}: ${answer.statusCode}`))
          answer.resume().once('end', done)
        })
        // A connection that was kept may be closed by the server at the very moment it is used again: that call is made anew.
        call.once('error', (error: NodeJS.ErrnoException) =>
          call.reusedSocket && error.code === 'ECONNRESET' ? void ask(token, path, body)().then(() => done(), failed) : failed(error),
        )
        call.end(sent)
      })
  }
  const memory = async (): Promise<number> => {
    child.send('memory')
    const [{ peak }] = (await once(child, 'message')) as [{ peak: number }]
    return peak / 1_048_576
  }
  const close = async () => {
    const ended = once(child, 'exit')
    agent.destroy()
    child.send('stop')
    await Promise.all([ended, pool.end(), owner.end(), bare.end()])
    await database.stop()
  }
  return { accounts, base, pool, owner, bare, quiet, enter, holders, post, answered, ask, memory, close }
}
