import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startEmbedded } from '@countersign/server/database/embedded.ts'
import { writeBundle } from '@countersign/server/features/seal/bundle.ts'
import { seal } from '@countersign/server/features/seal/seal.store.ts'
import { sealLedger } from '@countersign/server/features/seal/seal.ts'
import { enterDemo } from '@countersign/server/features/sessions/enter-demo.ts'
import { nobody, type Person, personOfToken } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import { type Db, openDb, openPool } from '@countersign/server/kernel/db.ts'
import { hashToken } from '@countersign/server/kernel/secrets.ts'
import { keyLine, type Signer, signingKey, verifierOf } from '@countersign/server/transparency/note.ts'
import pg from 'pg'
import { withPasskey } from '../support/authenticator.ts'
import { callerOf, proving, requestOf } from '../support/caller.ts'
import { applicationUrl } from '../support/template.ts'
import { note, quantilesOf, row, shown, type Times } from './measure.ts'
import { copied } from './network.ts'

/**
 * `npm run bench:seal`: what sealing costs and how soon it is done, what a countersignature with a passkey takes, and what the auditor's
 * program needs for a million entries. On a network of 20,000 accounts told through the commits; its log is grown to a million.
 */
const accounts = 20_000
const entries = 1_000_000
const root = fileURLToPath(new URL('../..', import.meta.url))
/** The key of `serve.ts`; named after the address the tests' passkeys are bound to. */
const publicUrl = proving.relyingParty.origin
const log: Signer = { name: `${proving.relyingParty.id}/audit`, key: signingKey(Buffer.alloc(32, 11)) }

const database = await startEmbedded(join(root, '.data/bench'), [
  '-c',
  'max_wal_size=8GB',
  '-c',
  'shared_buffers=2GB',
  '-c',
  'max_connections=200',
])
await copied(database.url, accounts, 'unsealed')
const url = applicationUrl(database.url('run'))
const pool = openPool(url, 24, 0)
const owner = new pg.Pool({ connectionString: database.url('run'), max: 4 })
// A connection that the server closes as it stops is no news, and would hide what went wrong before.
owner.on('error', () => undefined)
const db: Db = openDb(pool)

const enter = (accountId: string) => runCommitted(enterDemo, { db, actor: nobody, origin: { channel: 'web' } }, { accountId })

/** In a process of its own: the product, sealing as it does in production with all its other work, a worker of it, or sealing alone. */
const started = async (script: 'serve.ts' | 'sealer.ts', role = 'worker'): Promise<{ child: ChildProcess; port: number }> => {
  const child = fork(join(import.meta.dirname, script), {
    env: { ...process.env, DATABASE_URL: url, PUBLIC_URL: publicUrl, ROLE: role },
  })
  // Whatever goes wrong here leaves no server behind that works on a database which is gone.
  process.once('exit', () => child.kill())
  const [told] = (await once(child, 'message')) as [{ port: number }]
  return { child, port: told.port }
}
const stopped = async ({ child }: { child: ChildProcess }): Promise<void> => {
  const gone = once(child, 'exit')
  child.send('stop')
  await gone
}
/** Until whatever a worker does when it starts is done, and everything is sealed. */
const quiet = async (): Promise<void> => {
  const busy = `select 1 from pg_stat_activity where datname = 'run' and state <> 'idle' and pid <> pg_backend_pid()`
  for (let calm = 0; calm < 15; await wait(100)) calm = (await owner.query(busy)).rowCount ? 0 : calm + 1
}

const people = async (many: number): Promise<readonly string[]> =>
  (
    await owner.query<{ id: string }>(
      `select id from account where status = 'active' and ends_on >= current_date order by random() limit $1`,
      [many],
    )
  ).rows.map(({ id }) => id)

/** Sign-ins of eight at a time for a while: one entry each. How many commits a second. */
const load = async (seconds: number): Promise<number> => {
  const ids = await people(4_000)
  const until = performance.now() + seconds * 1_000
  let done = 0
  const client = async (offset: number) => {
    for (let turn = offset; performance.now() < until; turn += 8) {
      await enter(ids[turn % ids.length] ?? '')
      done += 1
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: 8 }, (_, index) => client(index)))
  return (done * 1_000) / (performance.now() - began)
}

const backlog = async (): Promise<void> => {
  const began = performance.now()
  const sealed = await sealLedger(db, log)
  const took = (performance.now() - began) / 1_000
  row(`a backlog of ${sealed.toLocaleString('en')} entries`, `${took.toFixed(1)} s`, `${(sealed / took).toFixed(0)} entries a second`)
}

/** In turns, so that what the machine does meanwhile falls on both; the ratio is of the sums. */
const onAgainstOff = async (): Promise<void> => {
  const [on, off]: [number[], number[]] = [[], []]
  for (let turn = 0; turn < 4; turn += 1) {
    off.push(await load(6))
    await sealLedger(db, log)
    const child = await started('sealer.ts')
    on.push(await load(6))
    await stopped(child)
  }
  const mean = (of: readonly number[]) => of.reduce((sum, one) => sum + one, 0) / of.length
  row('commits a second: sealing on, off', `${mean(on).toFixed(0)}, ${mean(off).toFixed(0)}`, `ratio ${(mean(on) / mean(off)).toFixed(2)}`)
}

/** From the beginning of the commit to the checkpoint that holds its entry. */
const lag = async (): Promise<void> => {
  const child = await started('serve.ts')
  await quiet()
  const since = new Date()
  const rate = await load(20)
  await wait(2_000)
  const { rows } = await owner.query<{ late: number }>(
    `select (extract(epoch from c.made_at - e.recorded_at) * 1000)::float8 as late
     from audit_entry e join audit_leaf l on l.entry_id = e.id
     cross join lateral (select made_at from checkpoint where size > l.position order by size limit 1) c
     where e.recorded_at > $1`,
    [since],
  )
  await stopped(child)
  const late = rows.map((one) => one.late)
  row(
    `sealed after, ms, at ${rate.toFixed(0)} commits a second (${late.length.toLocaleString('en')} entries)`,
    shown(quantilesOf(late)),
    `most ${Math.max(...late).toFixed(0)}`,
  )
}

const holder = async (accountId: string) => {
  const { token } = await enter(accountId)
  const person = (await personOfToken(db, hashToken(token))) as Person
  return { person, token, call: callerOf(requestOf(db, person)) }
}

type Shown = Awaited<ReturnType<ReturnType<typeof callerOf>['requests']['get']>>

/** What a browser asks of a served process, and has answered. */
const asking =
  (port: number, token: string) =>
  async (path: 'requests.get' | 'requests.approve', input: object): Promise<Shown> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: `__Host-session=${token}` },
      body: JSON.stringify(input),
    })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return ((await answer.json()) as { result: { data: Shown } }).result.data
  }

/**
 * A supervisor's phone signs creations asked in their region, over HTTP against a process that serves and seals: the request is read, its text
 * signed, the approval sent, and the account is there.
 */
const signing = async (): Promise<void> => {
  const served = await started('serve.ts', 'both')
  await quiet()
  const { rows } = await owner.query<{ supervisor: string; managers: { id: string; site: string; domain: string }[] }>(
    `select supervisor, json_agg(json_build_object('id', manager, 'site', site, 'domain', domain)) as managers from (
       select distinct on (m.account_id) s.account_id as supervisor, m.account_id as manager, o.id as site, o.email_domain as domain
       from role_grant m join organisation o on o.structure_id = m.organisation_id and o.level = 'site' join role_grant s on s.organisation_id = o.region_id and s.role = 'supervisor' and s.revoked_at is null
       join account a on a.id = m.account_id and a.status = 'active' join account b on b.id = s.account_id and b.status = 'active'
       where m.role = 'account-manager' and m.revoked_at is null) pairs group by supervisor order by count(*) desc, supervisor limit 12`,
  )
  const took: { signed: number; approved: number }[] = []
  for (const [nth, { supervisor, managers }] of rows.entries()) {
    const signs = await holder(supervisor)
    const phone = await withPasskey(signs)
    const ask = asking(served.port, signs.token)
    const reader = { ...signs, call: { requests: { get: (input: object) => ask('requests.get', input) } } } as unknown as typeof signs
    // Each asks once: many from one hand are a burst, of which a second reader is asked.
    for (const [turn, { id, site, domain }] of managers.slice(0, 30).entries()) {
      const asks = await holder(id)
      const login = `sceau.${nth}.${turn}`
      const content = {
        givenName: 'Mesure',
        familyName: 'Sceau',
        login,
        email: `${login}@${domain}`,
        phone: '+33612345678',
        organisationId: site,
      }
      const endsOn = `${new Date().getFullYear() + 1}-06-30`
      const { id: requestId } = await asks.call.requests.submit({
        kind: 'create-account',
        ...content,
        profile: 'site-adviser',
        endsOn,
        justification: 'Mesure',
      })
      const { contentHash } = await asks.call.requests.get({ requestId })
      const began = performance.now()
      const proof = await phone.decide(reader, requestId, 'approve')
      const decided = performance.now()
      await ask('requests.approve', { requestId, seen: contentHash, proof })
      const ended = performance.now()
      if (turn > 0) took.push({ signed: ended - began, approved: ended - decided })
    }
  }
  await stopped(served)
  const of = (pick: (one: (typeof took)[number]) => number): Times => quantilesOf(took.map(pick))
  row(
    `approve with a passkey end to end, over HTTP, ms (${took.length})`,
    shown(of(({ signed }) => signed)),
    `the approval alone ${shown(of(({ approved }) => approved))}`,
  )
}

/** Sessions opened and closed until there are a million entries, sealed as they come. */
const grown = async (): Promise<void> => {
  const { size } = await seal.end(db)
  note(`growing the log from ${size.toLocaleString('en')} entries`)
  for (let there = size; there < entries; there += 5_000) {
    await owner.query(
      `insert into audit_entry (id, at, recorded_at, transaction_id, type, actor_id, subject_id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, origin, data)
       select gen_random_uuid(), date_trunc('milliseconds', now()), now(), pg_current_xact_id(), 'session.opened', null, a.id, a.organisation_id, a.nation_id, a.network_id, a.region_id, a.departement_id, a.structure_id, a.site_id,
         '{"channel": "web"}', jsonb_build_object('sessionId', gen_random_uuid(), 'method', 'password-totp')
       from account a where a.status = 'active' order by random() limit 5000`,
    )
    await sealLedger(db, log)
  }
}

/** What `countersign-verify` needs: its own process, its own clock, its own memory. */
const verified = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-'))
  const file = join(folder, 'audit.ndjson')
  const key = keyLine(verifierOf(log, 'log'))
  const { createWriteStream } = await import('node:fs')
  const { pipeline } = await import('node:stream/promises')
  const { Readable } = await import('node:stream')
  const began = performance.now()
  const size = await writeBundle(db, { since: null, until: null }, { log: key, witnesses: [] }, (lines) =>
    pipeline(Readable.from(lines), createWriteStream(file)),
  )
  const written = (performance.now() - began) / 1_000
  row(`export of ${size.toLocaleString('en')} entries`, `${written.toFixed(0)} s`, `${((await stat(file)).size / 1e6).toFixed(0)} MB`)
  const child = spawn('/usr/bin/time', ['-v', process.execPath, join(root, 'verify/countersign-verify.mjs'), file, '--key', key], {
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  let told = ''
  child.stderr.on('data', (piece: Buffer) => {
    told += piece.toString()
  })
  const start = performance.now()
  const [code] = (await once(child, 'exit')) as [number]
  const most = /Maximum resident set size \(kbytes\): (\d+)/.exec(told)?.[1] ?? ''
  row(
    `countersign-verify of ${size.toLocaleString('en')} entries, exit code ${code}`,
    `${((performance.now() - start) / 1_000).toFixed(0)} s`,
    `${(Number(most) / 1024).toFixed(0)} MB at most`,
  )
  await rm(folder, { recursive: true })
}

try {
  row('sealing', 'p50 / p95 / p99, or what it says', 'beside it')
  row('---', '---', '---')
  await backlog()
  await onAgainstOff()
  await lag()
  await signing()
  await grown()
  await verified()
} finally {
  await pool.end()
  await owner.end()
  await database.stop()
}
