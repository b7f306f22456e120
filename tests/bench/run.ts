import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { createApp } from '@countersign/server/app.ts'
import { startEmbedded } from '@countersign/server/database/embedded.ts'
import { analyse, ensureDatabase, migrate } from '@countersign/server/database/migrate.ts'
import { seedDemo } from '@countersign/server/demo/seed.ts'
import { advance } from '@countersign/server/features/bulks/advance.ts'
import { bulks } from '@countersign/server/features/bulks/bulks.store.ts'
import { preview } from '@countersign/server/features/bulks/preview.ts'
import { start } from '@countersign/server/features/bulks/start.ts'
import { enterDemo } from '@countersign/server/features/sessions/enter-demo.ts'
import { nobody, ordererOf, personOfSession } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
import { openLive } from '@countersign/server/kernel/live.ts'
import { massAccounts } from '@countersign/shared/bulks/threshold.ts'
import { sql } from 'drizzle-orm'
import { pino } from 'pino'
import { applicationUrl } from '../support/template.ts'

/** `npm run bench`: what a page and a click cost over HTTP on the 20,000 accounts of the demo, beside the bare SQL of the same run. */
const root = fileURLToPath(new URL('../..', import.meta.url))
const rounds = 300
const accounts = 20_000

const quantiles = (times: readonly number[]) => {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1)
  return `p50 ${at(0.5).padStart(6)} ms   p99 ${at(0.99).padStart(6)} ms`
}
const measure = async (name: string, times: number, run: (index: number) => Promise<unknown>): Promise<void> => {
  for (let warm = 0; warm < 10; warm += 1) await run(-1 - warm)
  const took: number[] = []
  for (let index = 0; index < times; index += 1) {
    const start = performance.now()
    await run(index)
    took.push(performance.now() - start)
  }
  process.stdout.write(`${name.padEnd(44)} ${quantiles(took)}\n`)
}

const asked = 2000

/** Known and unknown names in turn, a few at a time; their medians may differ by 5 % and no more, or time tells who exists. */
const existence = async (name: string, logins: readonly string[], ask: (name: string) => Promise<void>): Promise<void> => {
  const took = { known: [] as number[], unknown: [] as number[] }
  const names = logins.flatMap((login, index) => [['known', login] as const, ['unknown', `nobody.at-all-${index}`] as const])
  const work = async () => {
    for (let next = names.pop(); next; next = names.pop()) {
      const start = performance.now()
      await ask(next[1])
      took[next[0]].push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: 16 }, work))
  const median = (times: readonly number[]) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
  const ratio = median(took.known) / median(took.unknown)
  process.stdout.write(
    `${name.padEnd(44)} p50 ${median(took.known).toFixed(1)} ms against ${median(took.unknown).toFixed(1)} ms, ratio ${ratio.toFixed(3)}\n`,
  )
  if (Math.abs(ratio - 1) > 0.05) process.exitCode = 1
}

/** What an account costs in a bulk must not grow with how many they are. */
const mostGrowth = 1.5

const database = await startEmbedded(join(root, '.data/bench'), ['-c', 'max_wal_size=2GB'])
try {
  await ensureDatabase(database.url('postgres'), 'bench')
  const url = applicationUrl(database.url('bench'))
  await migrate(database.url('bench'), url)
  const pool = openPool(url, 10)
  const db = openDb(pool)
  await seedDemo({ db, accounts, report: (line) => process.stderr.write(`seeding: ${line}\n`) })
  await analyse(database.url('bench'))
  const log = pino({ level: 'silent' })
  const live = await openLive(url, log)
  const server = createServer(
    createApp({ db, pool, live, log, key: Buffer.alloc(32), publicUrl: 'http://localhost', demo: true, trustedProxies: ['127.0.0.1'] }),
  )
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
  const tokenOf = async (login: string): Promise<string> => {
    const { rows } = await pool.query<{ id: string }>('select id from account where login = $1', [login])
    const { token } = await runCommitted(enterDemo, { db, actor: nobody, origin: { channel: 'web' } }, { accountId: rows[0]?.id ?? '' })
    return token
  }
  /** From a new address each time: how often one address may ask is another question. */
  const post = async (path: string, body: unknown): Promise<void> => {
    const address = `198.51.${Math.floor(Math.random() * 255)}.${Math.floor(Math.random() * 255)}`
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': address }
    await (await fetch(`${base}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).arrayBuffer()
  }
  const caller = async (login: string) => {
    const cookie = `session=${await tokenOf(login)}`
    return async (path: string, body: unknown): Promise<{ rows?: { id: string }[]; next?: string | null }> => {
      const answer = await fetch(`${base}/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie },
        body: JSON.stringify(body),
      })
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
      return ((await answer.json()) as { result: { data: { rows: { id: string }[]; next: string | null } } }).result.data
    }
  }
  const olivier = await caller('olivier.perrin')
  const owner = openPool(database.url('bench'), 1)
  await owner.query('delete from lone_revocation')
  await owner.end()
  const sophie = await caller('sophie.marchand')
  await measure('bare SQL: one page of 50 by name', rounds, () =>
    pool.query('select * from account order by family_name, given_name, id limit 51'),
  )
  await measure('list: the whole network', rounds, () => olivier('accounts.list', {}))
  await measure('list: a region', rounds, () => sophie('accounts.list', {}))
  await measure('list: by last sign-in, active', rounds, () =>
    olivier('accounts.list', { sort: 'last-sign-in', order: 'desc', status: 'active' }),
  )
  await measure('search: a family name', rounds, () => olivier('accounts.list', { q: 'garnier' }))
  await measure('overview: a region', rounds, () => sophie('overview.get', undefined))
  await measure('inbox: a region', rounds, () => sophie('requests.list', {}))
  const { rows } = await pool.query<{ id: string }>(
    // One structure after the other: most of one structure would be a mass action.
    `select id from (select a.id, row_number() over (partition by a.structure_id order by a.id) as nth from account a
      where status = 'active' and a.structure_id is not null and not exists (select 1 from role_grant g where g.account_id = a.id)) a order by nth, id limit ${rounds + 10}`,
  )
  // As many as one person makes final alone.
  await measure('revoke: one account, with audit and outbox', massAccounts - 10, (index) =>
    olivier('accounts.revoke', { accountIds: [rows[index + 10]?.id ?? ''] }),
  )

  const admin = await db.transaction(async (tx) => {
    const session = await tx.execute<{ id: string }>(
      sql`select s.id from session s join account a on a.id = s.account_id where a.login = 'olivier.perrin' order by s.id desc limit 1`,
    )
    return personOfSession(tx, session.rows[0]?.id ?? '')
  })
  if (!admin) throw new Error('the IT admin is not signed in')
  const each: number[] = []
  const job = { db, origin: { channel: 'job' as const } }
  for (const many of [100, 1000, 10_000]) {
    const standing = await pool.query<{ id: string }>(
      `select id from account a where status = 'active' and not exists (select 1 from role_grant g where g.account_id = a.id) order by id limit $1`,
      [many],
    )
    const text = standing.rows.map(({ id }) => id).join('\n')
    const web = { db, actor: admin, origin: { channel: 'web' as const } }
    const begin = performance.now()
    const { bulkId } = await runCommitted(preview, web, { verb: 'suspend', selection: { from: 'names', text } })
    const previewed = performance.now() - begin
    await runCommitted(start, web, { bulkId, seen: (await bulks.read(db, bulkId))?.listHash ?? '', justification: 'Mesure' })
    const from = performance.now()
    while ((await runCommitted(advance, { ...job, actor: ordererOf(admin.id, admin.epoch) }, { bulkId })) === 'running');
    const took = performance.now() - from
    each.push(took / many)
    process.stdout.write(
      `${`bulk: suspend ${many}`.padEnd(44)} ${took.toFixed(0)} ms, ${(took / many).toFixed(3)} ms each; dry run ${previewed.toFixed(0)} ms\n`,
    )
  }
  if ((each.at(-1) ?? 0) > mostGrowth * (each.at(-2) ?? 0)) process.exitCode = 1

  const known = await pool.query<{ login: string }>(
    `select login from account a where status = 'active' and not exists (select 1 from role_grant g where g.account_id = a.id) order by id desc limit ${asked}`,
  )
  const logins = known.rows.map(({ login }) => login)
  await existence('sign-in: known against unknown logins', logins, (login) =>
    post('sessions.signIn', { login, password: 'n’importe quoi ici', code: null }),
  )
  await existence('forgotten password: known against unknown', logins, (name) => post('requests.askReset', { name, justification: '' }))

  const assets = join(root, 'client/dist/assets')
  const html = readFileSync(join(root, 'client/dist/index.html'), 'utf8')
  const size = (files: readonly string[]) =>
    (files.reduce((sum, file) => sum + gzipSync(readFileSync(join(assets, file))).length, 0) / 1024).toFixed(0)
  const scripts = readdirSync(assets).filter((file) => file.endsWith('.js'))
  process.stdout.write(
    `script, gzip: ${size(scripts.filter((file) => html.includes(file)))} kB before the first screen, ${size(scripts)} kB in all\n`,
  )

  server.closeAllConnections()
  server.close()
  await live.close()
  await pool.end()
} finally {
  await database.stop()
}
