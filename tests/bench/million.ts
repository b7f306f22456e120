import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createApp } from '@countersign/server/app.ts'
import { startEmbedded } from '@countersign/server/database/embedded.ts'
import { analyse, dropDatabase, ensureDatabase, migrate } from '@countersign/server/database/migrate.ts'
import { seedDemo } from '@countersign/server/demo/seed.ts'
import { advance } from '@countersign/server/features/bulks/advance.ts'
import { bulks } from '@countersign/server/features/bulks/bulks.store.ts'
import { preview } from '@countersign/server/features/bulks/preview.ts'
import { start } from '@countersign/server/features/bulks/start.ts'
import { enterDemo } from '@countersign/server/features/sessions/enter-demo.ts'
import { nobody, ordererOf, personOfToken } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
import { openLive } from '@countersign/server/kernel/live.ts'
import { encodeCursor } from '@countersign/server/kernel/page.ts'
import { hashToken } from '@countersign/server/kernel/secrets.ts'
import pg from 'pg'
import { pino } from 'pino'
import { applicationUrl } from '../support/template.ts'

/**
 * `npm run bench:million [accounts]`: the network of a million, seeded once and kept, copied for each run. One table: every line over HTTP
 * beside the bare SQL of the same run, at 1, 8 and 32 clients.
 */
const root = fileURLToPath(new URL('../..', import.meta.url))
const accounts = Number(process.argv[2] ?? 1_000_000)
const kept = `kept_${accounts}`
const clients = [1, 8, 32] as const
const millisecondsEach = 3_000
/** Of one person as many calls run at once as the server takes. */
const callsOfOne = 12

const note = (line: string): void => void process.stderr.write(`${line}\n`)

type Call = () => Promise<unknown>
type Times = { readonly p50: number; readonly p99: number; readonly perSecond: number }

/** So many clients, each asking again as soon as it is answered; the first tenth of the time is not counted. */
const measured = async (count: number, callOf: (client: number) => Call): Promise<Times> => {
  const took: number[] = []
  const began = performance.now()
  const client = async (index: number) => {
    const call = callOf(index)
    for (let now = performance.now(); now - began < millisecondsEach; now = performance.now()) {
      await call()
      if (now - began > millisecondsEach / 10) took.push(performance.now() - now)
    }
  }
  await Promise.all(Array.from({ length: count }, (_, index) => client(index)))
  const sorted = took.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), perSecond: took.length / ((millisecondsEach * 0.9) / 1000) }
}

const shown = ({ p50, p99 }: Times): string => `${p50.toFixed(1)} / ${p99.toFixed(1)}`

const database = await startEmbedded(join(root, '.data/million'), ['-c', 'max_wal_size=8GB', '-c', 'shared_buffers=2GB'])
const admin = new pg.Client(database.url('postgres'))
await admin.connect()
try {
  const seeded = await admin.query('select 1 from pg_database where datname = $1', [kept])
  if (!seeded.rowCount) {
    await dropDatabase(database.url('postgres'), 'seeding')
    await ensureDatabase(database.url('postgres'), 'seeding')
    const url = applicationUrl(database.url('seeding'))
    await migrate(database.url('seeding'), url)
    const pool = openPool(url, 4)
    await seedDemo({ db: openDb(pool), accounts, report: (line) => note(`seeding: ${line}`) })
    await pool.end()
    await admin.query(`alter database seeding rename to ${kept}`)
  }
  note('copying')
  await dropDatabase(database.url('postgres'), 'run')
  await admin.query(`create database run template ${kept}`)
  const url = applicationUrl(database.url('run'))
  await migrate(database.url('run'), url)
  await analyse(database.url('run'))

  const pool = openPool(url, 20)
  const db = openDb(pool)
  const log = pino({ level: 'silent' })
  const live = await openLive(url, log)
  const parts = { db, pool, live, log, key: Buffer.alloc(32), publicUrl: 'http://localhost', demo: true, trustedProxies: [] }
  const server = createServer(createApp(parts))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`

  const entered = async (accountId: string): Promise<string> =>
    (await runCommitted(enterDemo, { db, actor: nobody, origin: { channel: 'web' } }, { accountId })).token
  const holders = async (role: string, organisationId: string): Promise<readonly string[]> => {
    const { rows } = await pool.query<{ id: string }>(
      `select distinct g.account_id as id from role_grant g join account a on a.id = g.account_id and a.status = 'active' where g.role = $1 and g.organisation_id = $2 and g.revoked_at is null limit 4`,
      [role, organisationId],
    )
    return Promise.all(rows.map(({ id }) => entered(id)))
  }
  const homeOf = async (login: string, role: string): Promise<string> => {
    const { rows } = await pool.query<{ id: string }>(
      'select g.organisation_id as id from role_grant g join account a on a.id = g.account_id where a.login = $1 and g.role = $2',
      [login, role],
    )
    return rows[0]?.id ?? ''
  }
  const ask = (token: string, path: string, body: unknown): Call => {
    const sent = JSON.stringify(body)
    const headers = { 'content-type': 'application/json', cookie: `session=${token}` }
    return async () => {
      const answer = await fetch(`${base}/${path}`, { method: 'POST', headers, body: sent })
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
      await answer.arrayBuffer()
    }
  }

  const [nation, region, structure] = [
    await homeOf('olivier.perrin', 'it-admin'),
    await homeOf('sophie.marchand', 'supervisor'),
    await homeOf('nadia.roux', 'account-manager'),
  ]
  const national = [...(await holders('policy-owner', nation)), ...(await holders('it-admin', nation))]
  const regional = await holders('supervisor', region)
  const local = await holders('account-manager', structure)
  const order = 'order by family_name, given_name, id limit 51'
  const { rows: middle } = await pool.query<{ family_name: string; given_name: string; id: string }>(
    `select family_name, given_name, id from account order by family_name, given_name, id offset ${Math.floor(accounts / 2)} limit 1`,
  )
  const deep = middle[0] ?? { family_name: '', given_name: '', id: '' }
  const { rows: one } = await pool.query<{ id: string }>('select id from account where structure_id is not null order by id limit 1')
  const { rows: busiest } = await pool.query<{ id: string; at: string }>(
    'select from_account_id as id, to_json(min(at)) as at from lineage group by 1 order by count(*) desc limit 1',
  )
  const found = `select a.* from account a where a.id = any (array(select account_id from account_search where words like $1)) ${order}`

  type Line = {
    readonly name: string
    readonly by: readonly string[]
    readonly path: string
    readonly body: unknown
    readonly bare: Call | null
  }
  const bare =
    (text: string, values: readonly unknown[] = []): Call =>
    () =>
      pool.query({ text, values: [...values], name: text.slice(0, 60) })
  const lines: readonly Line[] = [
    { name: 'list: network', by: national, path: 'accounts.list', body: {}, bare: bare(`select * from account ${order}`) },
    {
      ...{ name: 'list: network, deep page', by: national, path: 'accounts.list' },
      body: { cursor: encodeCursor([deep.family_name, deep.given_name, deep.id]) },
      bare: bare(`select * from account where (family_name, given_name, id) > ($1, $2, $3::uuid) ${order}`, [
        deep.family_name,
        deep.given_name,
        deep.id,
      ]),
    },
    {
      name: 'list: region',
      by: regional,
      path: 'accounts.list',
      body: {},
      bare: bare(`select * from account where region_id = $1 ${order}`, [region]),
    },
    {
      ...{ name: 'list: structure', by: local, path: 'accounts.list', body: {} },
      bare: bare(`select * from account where structure_id = $1 ${order}`, [structure]),
    },
    { name: 'search: rare name', by: national, path: 'accounts.list', body: { q: 'garnier nadia' }, bare: bare(found, ['%garnier%']) },
    { name: 'search: common name', by: national, path: 'accounts.list', body: { q: 'martin' }, bare: null },
    { name: 'search: two letters, region', by: regional, path: 'accounts.list', body: { q: 'ga' }, bare: null },
    { name: 'facets: network', by: national, path: 'accounts.facets', body: {}, bare: null },
    { name: 'detail with lineage', by: national, path: 'accounts.get', body: { accountId: one[0]?.id }, bare: null },
    {
      ...{ name: 'cascade of the busiest', by: (await holders('it-admin', nation)).slice(0, 1), path: 'cascade.trace' },
      ...{ body: { suspectId: busiest[0]?.id, since: busiest[0]?.at }, bare: null },
    },
  ]
  const out = (line: string): void => void process.stdout.write(`${line}\n`)
  out(
    `| ${accounts.toLocaleString('en')} accounts, ms p50 / p99 | ${clients.map((count) => `${count} client${count > 1 ? 's' : ''}`).join(' | ')} | bare SQL, 1 / 8 | ratio, 1 / 8 |`,
  )
  out(`|---|${clients.map(() => '---|').join('')}---|---|`)
  for (const { name, by, path, body, bare: sql } of lines) {
    const http: (Times | null)[] = []
    for (const count of clients)
      http.push(count <= by.length * callsOfOne ? await measured(count, (client) => ask(by[client % by.length] ?? '', path, body)) : null)
    const base1 = sql ? await measured(1, () => sql) : null
    const base8 = sql ? await measured(8, () => sql) : null
    const ratio = base1 && base8 ? `${((http[0]?.p50 ?? 0) / base1.p50).toFixed(1)} / ${((http[1]?.p50 ?? 0) / base8.p50).toFixed(1)}` : ''
    out(
      `| ${name} | ${http.map((times) => (times ? shown(times) : '')).join(' | ')} | ${base1 && base8 ? `${base1.p50.toFixed(1)} / ${base8.p50.toFixed(1)}` : ''} | ${ratio} |`,
    )
  }

  out('')
  const { rows: people } = await pool.query<{ id: string }>(`select id from account where login = 'olivier.perrin'`)
  const orderer = await personOfToken(db, hashToken(await entered(people[0]?.id ?? '')))
  if (!orderer) throw new Error('the IT admin is not signed in')
  const web = { db, actor: orderer, origin: { channel: 'web' as const } }
  const job = { db, actor: ordererOf(orderer.id, orderer.epoch), origin: { channel: 'job' as const } }
  const quiet = await measured(4, (client) => ask(national[client % national.length] ?? '', 'accounts.list', {}))
  for (const many of [1_000, 10_000, 100_000]) {
    const { rows } = await pool.query<{ id: string }>(
      `select id from account a where status = 'active' and not exists (select 1 from role_grant g where g.account_id = a.id) order by id limit $1`,
      [many],
    )
    if (rows.length < many) break
    const began = performance.now()
    const selection = { from: 'names' as const, text: rows.map(({ id }) => id).join('\n') }
    const { bulkId } = await runCommitted(preview, { ...web, drafting: true }, { verb: 'suspend', selection })
    const previewed = performance.now() - began
    await runCommitted(start, web, { bulkId, seen: (await bulks.read(db, bulkId))?.listHash ?? '', justification: 'Mesure' })
    let busy: Times | null = null
    const from = performance.now()
    const running = (async () => {
      while ((await runCommitted(advance, job, { bulkId })) === 'running');
      return performance.now() - from
    })()
    if (many === 100_000) busy = await measured(4, (client) => ask(national[client % national.length] ?? '', 'accounts.list', {}))
    const took = await running
    const beside = busy ? `; list meanwhile ${shown(busy)} against ${shown(quiet)} quiet, 4 clients` : ''
    out(
      `bulk: suspend ${many}: ${(took / 1000).toFixed(2)} s, ${(took / many).toFixed(3)} ms each; dry run ${(previewed / 1000).toFixed(2)} s${beside}`,
    )
  }
  out(`memory of this process, server and clients together: ${(process.memoryUsage().rss / 1_048_576).toFixed(0)} MB`)

  server.closeAllConnections()
  server.close()
  await live.close()
  await pool.end()
} finally {
  await admin.end()
  await database.stop()
}
