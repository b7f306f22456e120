import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createApp } from '@countersign/server/app.ts'
import { mailCarriers } from '@countersign/server/carriers/mail.ts'
import { mayTakeBundle } from '@countersign/server/features/seal/export-bundle.ts'
import { hashPassword } from '@countersign/server/features/sessions/passwords.ts'
import { whileIn } from '@countersign/server/kernel/leaving.ts'
import { drain } from '@countersign/server/kernel/outbox.ts'
import { seal, sha256 } from '@countersign/server/kernel/secrets.ts'
import { generateSecret, generateSync } from 'otplib'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { judgeProof } from '../../verify/countersign-verify.mjs'
import { logKey, scratch, sealAll, verified } from '../support/bundle.ts'
import { makerOf, outcome } from '../support/make.ts'
import { openWorld, type World } from '../support/world.ts'

/** The wire itself: cookies, origins, headers, shapes, sizes. */
let world: World
let server: Server
let base: string
const publicUrl = 'https://countersign.example'

beforeAll(async () => {
  world = await openWorld()
  const app = createApp({
    db: world.db,
    pool: world.pool,
    exports: world.db,
    live: world.live,
    replica: null,
    log: pino({ level: 'silent' }),
    key: world.key,
    publicUrl,
    publicKeys: { log: '', witness: null },
    demo: false,
    trustedProxies: [],
    providers: [],
  })
  server = createServer(app)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  await world.close()
})

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${base}/api/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
const cookie = (token: string) => ({ cookie: `__Host-session=${token}` })

describe('the door', () => {
  test('neither answers nor counts what another site has a browser ask for', async () => {
    const path = `${base}/api/sessions.passkeyChallenge`
    expect((await fetch(`${path}?input={}`)).status).toBe(405)
    expect((await post('sessions.passkeyChallenge', {}, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await post('sessions.passkeyChallenge', {}, { 'sec-fetch-site': 'same-site' })).status).toBe(403)
    const own = await post('sessions.passkeyChallenge', {}, { 'sec-fetch-site': 'same-origin' })
    expect([own.status, own.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect((await fetch(`${base}/export/audit.csv`, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403)
    const { rows } = await world.owner.query(`select 1 from door_count where key like 'sign-in:%' and points > 1`)
    expect(rows).toEqual([])
  })

  test('lets a living session in and tells its refusals apart on the wire', async () => {
    const sophie = await world.as('sophie.marchand')
    expect((await post('accounts.list', {}, cookie(sophie.token))).status).toBe(200)
    const refused = await post('accounts.get', { accountId: '01900000-0000-7000-8000-000000000000' }, cookie(sophie.token))
    expect([
      refused.status,
      ((await refused.json()) as { error: { data: { refusal: { code: string } } } }).error.data.refusal.code,
    ]).toEqual([404, 'not-found'])
    const malformed = await post('requests.submit', { kind: 'reinstate' }, cookie(sophie.token))
    const { error } = (await malformed.json()) as { error: { data: { refusal: { fields: { field: string }[] } } } }
    expect(error.data.refusal.fields.map(({ field }) => field)).toEqual(expect.arrayContaining(['accountId', 'justification']))
  })

  test.each(['', 'x', 'undefined', '{}', 'a'.repeat(43), '%00', '../../etc', 'a'.repeat(5000), '__proto__'])(
    'answers 401 to the garbage cookie %j',
    async (token) => {
      expect([401, 431]).toContain((await post('accounts.list', {}, cookie(token))).status)
    },
  )

  test('refuses a change from another site, whatever cookie it brings', async () => {
    const sophie = await world.as('sophie.marchand')
    for (const origin of ['https://evil.example', 'null', 'https://countersign.example.evil.example', 'http://countersign.example']) {
      expect((await post('accounts.suspend', { accountIds: [] }, { ...cookie(sophie.token), origin })).status).toBe(403)
    }
    expect((await post('accounts.list', {}, { ...cookie(sophie.token), origin: publicUrl })).status).toBe(200)
  })

  test('never builds a link from the request: forged hosts change nothing', async () => {
    const make = makerOf(world)
    const account = await make.account()
    const forged = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: 'host=evil.example',
      'x-original-url': 'https://evil.example',
    }
    expect((await post('requests.askReset', { name: account.login, justification: '' }, forged)).status).toBe(200)
    const sent: { recipient: string; body: string }[] = []
    const carriers = mailCarriers({
      post: async (mail) => {
        sent.push(mail)
      },
      publicUrl,
    })
    await drain(world.db, carriers, world.log)
    const mails = sent.filter(({ recipient }) => recipient === `${account.login}@ml-lyon.example`)
    // The invitation, and the word that a reset was asked.
    expect(mails.length).toBe(2)
    for (const { body } of mails) {
      expect(body).not.toContain('evil')
      expect([...body.matchAll(/https?:[^\s#]+/g)].map(([link]) => new URL(link).origin)).toEqual([publicUrl])
    }
  })

  test('takes the word of its own proxies alone on where a request came from', async () => {
    const addressOf = async (trustedProxies: readonly string[]) => {
      const other = createServer(
        createApp({
          db: world.db,
          pool: world.pool,
          exports: world.db,
          live: world.live,
          replica: null,
          log: world.log,
          key: world.key,
          publicUrl,
          publicKeys: { log: '', witness: null },
          demo: true,
          trustedProxies,
          providers: [],
        }),
      )
      await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
      const accountId = await world.idOf('paul.martin')
      await fetch(`http://127.0.0.1:${(other.address() as AddressInfo).port}/api/sessions.enterDemo`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.7, 203.0.113.9' },
        body: JSON.stringify({ accountId }),
      })
      await new Promise((done) => other.close(done))
      const { rows } = await world.owner.query<{ address: string }>(
        'select address from session where account_id = $1 order by created_at desc limit 1',
        [accountId],
      )
      return rows[0]?.address
    }
    expect(await addressOf([])).toBe('127.0.0.1')
    expect(await addressOf(['10.0.0.0/8'])).toBe('127.0.0.1')
    // The nearest address that is not one of ours: what the client wrote before it is hearsay.
    expect(await addressOf(['127.0.0.0/8'])).toBe('203.0.113.9')
    expect(await addressOf(['127.0.0.0/8', '203.0.113.9'])).toBe('198.51.100.7')
  })

  test('answers a batch of twenty calls and none of twenty-one', async () => {
    const sophie = await world.as('sophie.marchand')
    const batch = (size: number) =>
      fetch(`${base}/api/${Array.from({ length: size }, () => 'sessions.current').join(',')}?batch=1`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...cookie(sophie.token) },
        body: '{}',
      })
    expect((await batch(20)).status).toBe(200)
    expect((await batch(21)).status).toBe(400)
  })

  test('knows a browser again, whoever signs in there, by a key no script can read', async () => {
    const password = 'la pluie tombe sur Vénissieux'
    const stored = await hashPassword(password)
    const { rows } = await world.owner.query<{ id: string; login: string }>(
      `select id, login from account a where status = 'active' and not exists (select 1 from role_grant g where g.account_id = a.id) limit 2`,
    )
    for (const { id } of rows)
      await world.tamper(
        `insert into credential (id, account_id, kind, secret, link_id, created_at) values (gen_random_uuid(), $1, 'password', $2, gen_random_uuid(), now())`,
        [id, stored],
      )
    const enter = async (login: string, brought: Record<string, string> = {}) => {
      const answer = await post('sessions.signIn', { login, password, code: null }, brought)
      expect(answer.status).toBe(200)
      return answer.headers.getSetCookie().find((one) => one.startsWith('__Host-device=')) ?? ''
    }
    const [one, other] = rows.map(({ login }) => login)
    const set = await enter(one ?? '')
    expect(set).toMatch(/^__Host-device=[\w-]{43}; Max-Age=34560000; Path=\/; HttpOnly; Secure; SameSite=Strict/i)
    const [brought = ''] = set.split(';')
    await enter(other ?? '', { cookie: brought })
    await enter(one ?? '')
    const { rows: keys } = await world.owner.query<{ key: string }>(
      `select device_key as key from session where account_id = any($1) and method = 'password' order by created_at, id`,
      [rows.map(({ id }) => id)],
    )
    expect(keys.map(({ key }) => key === sha256(brought.replace('__Host-device=', '')))).toEqual([true, true, false])
  })

  test('sets a cookie no script can read and no other site can send', async () => {
    const sophie = await world.as('sophie.marchand')
    const answer = await post('sessions.signOut', { sessionId: null }, cookie(sophie.token))
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-session=; .*Path=\/; HttpOnly; Secure; SameSite=Strict/i)
    expect((await post('accounts.list', {}, cookie(sophie.token))).status).toBe(401)
  })

  test('sends strict headers, and no word of what it is made of', async () => {
    const { headers } = await fetch(`${base}/healthz`)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(headers.get('content-security-policy')).toMatch(/style-src 'self' 'nonce-[\w-]{43}';/)
    expect(headers.get('content-security-policy')).not.toContain('unsafe')
    expect(headers.get('strict-transport-security')).toContain('max-age')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-powered-by')).toBeNull()
  })

  test.each([
    ['not JSON', '{'],
    ['a list of lists', '[[]]'],
    ['a polluted prototype', '{"__proto__":{"kind":"reinstate"}}'],
    ['a megabyte', JSON.stringify({ q: 'x'.repeat(1_000_000) })],
  ])('answers %s with a refusal and no bug', async (_, body) => {
    const sophie = await world.as('sophie.marchand')
    const { status } = await post('requests.submit', body, cookie(sophie.token))
    expect([400, 413]).toContain(status)
  })

  test('the demo’s doors are shut outside the demo', async () => {
    expect((await post('mailbox.list', undefined as never)).status).not.toBe(200)
    expect((await post('sessions.enterDemo', { accountId: await world.idOf('olivier.perrin') })).status).toBe(404)
    expect(((await (await post('sessions.cast', '')).json()) as { result: { data: unknown } }).result.data).toEqual([])
  })

  test('an export needs the permission, is written down, and is safe in a spreadsheet', async () => {
    const make = makerOf(world)
    const nadia = await world.as('nadia.roux')
    const { id, seen } = await make.pending(nadia, { givenName: '=cmd|calc', familyName: '+SUM(1)' })
    await (await world.as('sophie.marchand')).call.requests.approve({ requestId: id, seen })
    expect((await fetch(`${base}/export/audit.csv`, { headers: cookie(nadia.token) })).status).toBe(403)
    expect((await fetch(`${base}/export/audit.csv`)).status).toBe(401)
    const isabelle = await world.as('isabelle.carpentier')
    const today = new Intl.DateTimeFormat('fr-CA', { timeZone: 'Europe/Paris' }).format(new Date())
    const csv = await (
      await fetch(`${base}/export/audit.csv?type=account.created&since=${today}`, { headers: cookie(isabelle.token) })
    ).text()
    expect(csv).toContain('account.created')
    expect(csv).toContain("'=cmd|calc")
    const ndjson = await (
      await fetch(`${base}/export/audit.ndjson?type=request.submitted&since=${today}`, { headers: cookie(isabelle.token) })
    ).text()
    for (const line of ndjson.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('type', 'request.submitted')
    expect(await world.entriesAbout(isabelle.person.id)).toContain('audit.exported')
  })

  test('the whole sealed log is given to a national auditor as their own program wants it, and to nobody else', async () => {
    const address = `${base}/export/bundle.ndjson`
    const [sophie, isabelle] = [await world.as('sophie.marchand'), await world.as('isabelle.carpentier')]
    expect((await fetch(address)).status).toBe(401)
    expect((await fetch(address, { headers: cookie(sophie.token) })).status).toBe(403)
    expect(mayTakeBundle({ ...isabelle.person, grants: isabelle.person.grants.map((grant) => ({ ...grant, level: 'region' })) })).toBe(
      false,
    )
    let there = false
    const taken = fetch(address, { headers: cookie(isabelle.token) })
      .then((answer) => answer.text())
      .finally(() => {
        there = true
      })
    // That it was taken is an entry as well, and is sealed before it leaves.
    while (!there) await sealAll(world.db).then(() => wait(20))
    const file = join(scratch(), 'audit.ndjson')
    await writeFile(file, await taken)
    expect(verified(file)).toMatchObject({ status: 0 })
    expect(await world.entriesAbout(isabelle.person.id)).toContain('audit.exported')
  })

  test('the proof of an entry is given to whoever may read that entry, and to nobody else, and is written down', async () => {
    await sealAll(world.db)
    const { rows } = await world.owner.query<{ id: string; region: string }>(
      `select e.id, o.name as region from audit_entry e join organisation o on o.id = e.region_id where e.type = 'account.created' and o.name = 'Hauts-de-France' limit 1`,
    )
    const address = `${base}/export/proof/${rows[0]?.id}.json`
    const [nadia, sophie, thomas] = [await world.as('nadia.roux'), await world.as('sophie.marchand'), await world.as('thomas.vasseur')]
    expect((await fetch(address)).status).toBe(401)
    expect((await fetch(address, { headers: cookie(nadia.token) })).status).toBe(403)
    expect((await fetch(address, { headers: cookie(sophie.token) })).status).toBe(404)
    expect((await fetch(`${base}/export/proof/rubbish.json`, { headers: cookie(thomas.token) })).status).toBe(404)
    const proof = (await (await fetch(address, { headers: cookie(thomas.token) })).json()) as { entry: { at: string } }
    expect(judgeProof(proof, { keyLine: logKey })).toMatchObject({ holds: true })
    expect(judgeProof({ ...proof, entry: { ...proof.entry, at: '2020-01-01T00:00:00.000000Z' } }, { keyLine: logKey })).toMatchObject({
      holds: false,
    })
    expect(await world.entriesAbout(thomas.person.id)).toContain('audit.exported')
  })

  test('nothing that is read after somebody was put out leaves for them, however slowly they read', async () => {
    const isabelle = await world.as('isabelle.carpentier')
    const parts = async function* () {
      yield 'before'
      await world.tamper(`update session set expires_at = now() where account_id = $1`, [isabelle.person.id])
      await new Promise((done) => setTimeout(done, 600))
      yield 'after'
    }
    const got: string[] = []
    const reading = (async () => {
      for await (const part of whileIn(world.db, isabelle.person, parts())) got.push(part)
    })()
    expect(await outcome(reading)).toBe('not-signed-in')
    expect(got).toEqual(['before'])
  })

  test('a list leaves the building as it is filtered, within one’s scope, written down with its length; a long one behind the second factor', async () => {
    const ask = async (token: string | null, body: unknown) =>
      fetch(`${base}/export/accounts.csv`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...(token ? cookie(token) : {}) },
        body: JSON.stringify(body),
      })
    const refusalOf = async (answer: Response) => [answer.status, ((await answer.json()) as { refusal: string }).refusal]
    const [nadia, paul, olivier] = [await world.as('nadia.roux'), await world.as('paul.martin'), await world.as('olivier.perrin')]
    expect(await refusalOf(await ask(null, { filter: {}, ticket: null }))).toEqual([401, 'not-signed-in'])
    expect(await refusalOf(await ask(paul.token, { filter: {}, ticket: null }))).toEqual([403, 'not-permitted'])
    expect(await refusalOf(await ask(nadia.token, { filter: { statuss: 'active' }, ticket: null }))).toEqual([400, 'not-found'])
    const broken = { method: 'POST', headers: { 'Content-Type': 'application/json', ...cookie(nadia.token) }, body: '{' }
    expect(await refusalOf(await fetch(`${base}/export/accounts.csv`, broken))).toEqual([400, 'not-found'])

    const short = (await (await ask(nadia.token, { filter: { status: 'active' }, ticket: null })).text()).trim().split('\r\n')
    const { rows } = await world.owner.query<{ count: number }>(
      `select count(*)::int as count from account where status = 'active' and structure_id = (select structure_id from account where id = $1)`,
      [nadia.person.id],
    )
    expect(short.length - 1).toBe(rows[0]?.count)
    const told = await world.owner.query(`select data from audit_entry where type = 'accounts.exported' and actor_id = $1`, [
      nadia.person.id,
    ])
    expect(told.rows).toEqual([{ data: { count: rows[0]?.count, filter: '{"status":"active"}' } }])

    const secret = generateSecret()
    await world.tamper(
      `insert into credential (id, account_id, kind, secret, link_id, created_at) values (gen_random_uuid(), $1, 'totp', $2, gen_random_uuid(), now())`,
      [olivier.person.id, seal(world.key, secret)],
    )
    expect(await refusalOf(await ask(olivier.token, { filter: {}, ticket: null }))).toEqual([409, 'second-factor-needed'])
    const allow = async (on: string, code: string) =>
      olivier.call.sessions.allowExport({ on, proof: { kind: 'code', nonce: await olivier.call.passkeys.nonce(), code } })
    expect(await outcome(allow('accounts', 'not-a-code'))).toBe('code-wrong')
    expect(await world.entriesAbout(olivier.person.id)).toContain('sign-in.failed')
    await world.tamper(
      `insert into credential (id, account_id, kind, secret, link_id, created_at) values (gen_random_uuid(), $1, 'recovery-code', $2, gen_random_uuid(), now())`,
      [olivier.person.id, sha256('1111122222333334444')],
    )
    const recovered = async () => ({ kind: 'code' as const, nonce: await olivier.call.passkeys.nonce(), code: '11111-22222-33333-4444' })
    const code = generateSync({ secret })
    const { ticket } = await allow('accounts', code)
    const long = await ask(olivier.token, { filter: {}, ticket })
    expect([long.status, (await long.text()).split('\r\n').length > 1_000]).toEqual([200, true])
    // Each code once, each ticket once, and for what it was given.
    expect(await outcome(allow('accounts', code))).toBe('code-wrong')
    const { ticket: ofAudit } = await olivier.call.sessions.allowExport({ on: 'audit', proof: await recovered() })
    expect(await refusalOf(await ask(olivier.token, { filter: {}, ticket: ofAudit }))).toEqual([409, 'second-factor-needed'])
    expect(await refusalOf(await ask(olivier.token, { filter: {}, ticket }))).toEqual([409, 'second-factor-needed'])
    const elsewhere = await world.as('olivier.perrin')
    expect(await refusalOf(await ask(elsewhere.token, { filter: {}, ticket }))).toEqual([409, 'second-factor-needed'])
    await world.tamper('delete from sign_in_failure')
  })
})
