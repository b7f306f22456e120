import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { mailCarriers, type Post } from '@countersign/server/carriers/mail.ts'
import { ensureDatabase, migrate } from '@countersign/server/database/migrate.ts'
import { personOfToken } from '@countersign/server/kernel/actor.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
import { openLive } from '@countersign/server/kernel/live.ts'
import { drain } from '@countersign/server/kernel/outbox.ts'
import { hashToken } from '@countersign/server/kernel/secrets.ts'
import type { Request } from '@countersign/server/trpc.ts'
import { roleAsked } from '@countersign/shared/access/proof.ts'
import type pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openAuthenticator } from '../support/authenticator.ts'
import { callerOf, requestOf } from '../support/caller.ts'
import { invariants } from '../support/invariants.ts'
import { applicationUrl } from '../support/template.ts'

/** From an empty database to the whole job on the real directory, as production does it: the console, links, second factors. */
const root = fileURLToPath(new URL('../..', import.meta.url))
const real = fileURLToPath(new URL('../../../shared/data/missions-locales.csv', import.meta.url))
const name = `world_real_${randomUUID().slice(0, 8)}`
const ownerUrl = Object.assign(new URL(inject('adminUrl')), { pathname: `/${name}` }).href
const url = applicationUrl(ownerUrl)
const key = Buffer.alloc(32, 9)
const password = 'la pluie tombe sur Vénissieux'

const cli = async (...args: string[]): Promise<string> => {
  const env = {
    ...process.env,
    DATABASE_URL: url,
    DATABASE_OWNER_URL: ownerUrl,
    PUBLIC_URL: 'https://countersign.example',
    SMTP_URL: 'smtp://localhost:1',
    MAIL_FROM: 'a@b.example',
    SECRET_KEY: key.toString('base64'),
    SEALING_KEY: Buffer.alloc(32, 11).toString('base64'),
  }
  return promisify(execFile)(process.execPath, ['server/src/cli.ts', ...args], { cwd: root, env }).then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }: { stdout: string; stderr: string }) => `${stdout}${stderr}`,
  )
}

const log = pino({ level: 'silent' })
let pool: pg.Pool
let owner: pg.Pool
let close = async () => {}
let sent: { recipient: string; body: string }[] = []
const post: Post = async (mail) => {
  sent.push(mail)
}
let request: (person: Request['person'], keep?: (token: string | null) => void) => Request

beforeAll(async () => {
  await ensureDatabase(inject('adminUrl'), name)
  await migrate(ownerUrl, url)
  pool = openPool(url, 10)
  owner = openPool(ownerUrl, 2)
  const db = openDb(pool)
  const live = await openLive(url, log)
  request = (person, keep = () => undefined) => requestOf(db, person, { live, key, demo: false, setSession: keep })
  close = async () => {
    await live.close()
    await pool.end()
    await owner.end()
  }
})
afterAll(() => close())

const deliver = () => drain(openDb(pool), mailCarriers({ post, publicUrl: 'https://countersign.example' }), log)
const tokenTo = (email: string): string => /#([\w-]{43})/.exec(sent.findLast(({ recipient }) => recipient === email)?.body ?? '')?.[1] ?? ''

/** Follows a link, sets the password and, where it is asked for, makes a passkey; then signs in with that. */
const enrol = async (token: string) => {
  const nobody = callerOf(request(null))
  const phone = openAuthenticator()
  const { passkey, login } = await nobody.links.describe({ token })
  const made = passkey ? { name: 'Téléphone', nonce: passkey.nonce, registration: phone.made(passkey.nonce) } : undefined
  await nobody.links.redeem({ token, password, code: null, passkey: made })
  let session = ''
  const door = callerOf(request(null, (fresh) => (session = fresh ?? '')))
  const { challenge } = await door.sessions.passkeyChallenge()
  if (made) await door.sessions.signInWithPasskey(phone.signIn(challenge))
  else await door.sessions.signIn({ login, password, code: null })
  const person = async () => callerOf(request(await personOfToken(openDb(pool), hashToken(session))))
  /** Countersigns a request as it stands, with that passkey. */
  const sign = async (requestId: string) => {
    const call = await person()
    return call.requests.approve({ requestId, seen: await hashOf(requestId), proof: await phone.decide({ call }, requestId, 'approve') })
  }
  return { person, session, phone, sign }
}

const hashOf = async (id: string): Promise<string> =>
  (await owner.query<{ content_hash: string }>('select content_hash from request where id = $1', [id])).rows[0]?.content_hash ?? ''
const organisation = async (where: string): Promise<string> =>
  (await owner.query<{ id: string }>(`select id from organisation where ${where} limit 1`)).rows[0]?.id ?? ''

// Reads ../shared/data; where the file is absent this says so and does not run.
test.skipIf(!existsSync(real) && process.env['CI'] !== 'true')(
  'two founders, the real directory, then a creation, a reset and a revocation at a real structure (reads ../shared/data)',
  { timeout: 120_000 },
  async () => {
    expect(await cli('init', '--founder', 'Claire;Fontaine;claire.fontaine;claire@reseau.example;0612345678')).toContain(
      'exactly two different founders',
    )
    const printed = await cli(
      'init',
      '--founder',
      'Claire;Fontaine;claire.fontaine;claire@reseau.example;0612345678',
      '--founder',
      'Marc;Delorme;marc.delorme;marc@reseau.example;0612345679',
    )
    const tokens = [...printed.matchAll(/#([\w-]{43})/g)].map(([, token]) => token ?? '')
    expect(tokens).toHaveLength(2)
    expect(await cli('import', 'organisations', real)).toMatch(/\d+ created, 0 changed, 5 unchanged, 0 refused[\s\S]*dry run/)
    expect(await cli('import', 'organisations', real, '--apply')).toContain('Done.')
    expect(await cli('import', 'organisations', real, '--apply')).toMatch(/0 created, 0 changed, \d+ unchanged, 0 refused/)

    const [claire, marc] = await Promise.all(tokens.map(enrol))
    if (!claire || !marc) throw new Error('two founders')
    const structure = await organisation(`level = 'structure' and email_domain = 'mljbourg.com'`)
    const site = await organisation(`level = 'site' and structure_id = '${structure}'`)
    const region = await organisation(`level = 'region' and name = 'Auvergne-Rhône-Alpes'`)
    expect([structure, site, region].every(Boolean)).toBe(true)

    /** One founder asks for a person and their role, the other countersigns both; the person follows the mail. */
    const appoint = async (
      [asker, signer]: readonly [typeof claire, typeof claire],
      login: string,
      at: string,
      profile: 'structure-management' | 'region-coordinator',
      role: 'account-manager' | 'supervisor' | 'reset-manager',
      over: string,
    ) => {
      const a = await asker.person()
      const email = `${login}@mljbourg.example`
      const created = await a.requests.submit({
        kind: 'create-account',
        organisationId: at,
        givenName: login,
        familyName: 'Réel',
        login,
        email,
        phone: '0612345678',
        profile,
        endsOn: `${new Date().getFullYear() + 1}-06-30`,
        justification: 'Ouverture',
      })
      await signer.sign(created.id)
      const { rows } = await owner.query<{ id: string }>('select id from account where login = $1', [login])
      const accountId = rows[0]?.id ?? ''
      const granted = await a.requests.submit({
        kind: 'grant-role',
        accountId,
        role,
        organisationId: over,
        justification: 'Ouverture',
        proof: await asker.phone.act({ call: a }, 'ask-role', roleAsked({ accountId, role, organisationId: over })),
      })
      await signer.sign(granted.id)
      await deliver()
      return { accountId, ...(await enrol(tokenTo(email))) }
    }
    const manager = await appoint([claire, marc], 'rgc.bourg', structure, 'structure-management', 'account-manager', structure)
    const supervisors = [
      await appoint([marc, claire], 'sup.un', region, 'region-coordinator', 'supervisor', region),
      await appoint([marc, claire], 'sup.deux', region, 'region-coordinator', 'supervisor', region),
    ]
    const resets = await appoint([marc, claire], 'reinit', region, 'region-coordinator', 'reset-manager', region)

    // A creation.
    const email = 'agent@mljbourg.example'
    const asked = await (await manager.person()).requests.submit({
      kind: 'create-account',
      organisationId: site,
      givenName: 'Agent',
      familyName: 'Réel',
      login: 'agent.reel',
      email,
      phone: '0612345670',
      profile: 'site-adviser',
      endsOn: `${new Date().getFullYear() + 1}-06-30`,
      justification: 'Renfort',
    })
    expect(await supervisors[0]?.sign(asked.id)).toBe('executed')
    await deliver()
    const agent = await enrol(tokenTo(email))
    expect((await (await agent.person()).accounts.mine()).login).toBe('agent.reel')

    // A reset.
    const { rows } = await owner.query<{ id: string }>(`select id from account where login = 'agent.reel'`)
    const accountId = rows[0]?.id ?? ''
    const reset = await (await manager.person()).requests.submit({ kind: 'reset-credentials', accountId, justification: 'Oubli' })
    await (await resets.person()).requests.callBack({ requestId: reset.id, outcome: 'confirmed', note: '' })
    expect(await resets.sign(reset.id)).toBe('executed')
    expect(await personOfToken(openDb(pool), hashToken(agent.session))).toBeNull()
    await deliver()
    const again = await enrol(tokenTo(email))

    // A revocation.
    const [line] = (await (await supervisors[1]?.person())?.accounts.revoke({ accountIds: [accountId] })) ?? []
    expect(line).toMatchObject({ refusal: null, ended: { sessions: 1 } })
    expect(await personOfToken(openDb(pool), hashToken(again.session))).toBeNull()
    sent = []
    expect(await invariants(owner)).toEqual([])
  },
)
