import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { mailCarriers, type Post } from '@countersign/server/carriers/mail.ts'
import { closeOverdue } from '@countersign/server/jobs.ts'
import { drain } from '@countersign/server/kernel/outbox.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makerOf, outcome, verdictOfDatabase } from '../support/make.ts'
import { openWorld, type World } from '../support/world.ts'

/** H1 to H15: what other products' four eyes missed (DOMAIN section 3), each attacked through the API, the CLI or raw SQL. */
let world: World
let make: ReturnType<typeof makerOf>
let sent: { accountId: string; body: string }[] = []
const post: Post = async (mail) => {
  sent.push(mail)
}
const deliver = () => drain(world.db, mailCarriers({ post, publicUrl: 'https://countersign.example' }), world.log)
const root = fileURLToPath(new URL('../..', import.meta.url))

const cli = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['server/src/cli.ts', ...args], {
    cwd: root,
    env: {
      ...process.env,
      DATABASE_URL: world.url,
      DATABASE_OWNER_URL: world.ownerUrl,
      PUBLIC_URL: 'http://localhost:1',
      SMTP_URL: 'smtp://localhost:1',
      MAIL_FROM: 'a@b.example',
      SECRET_KEY: Buffer.alloc(32).toString('base64'),
      SEALING_KEY: Buffer.alloc(32, 11).toString('base64'),
    },
  }).then(
    ({ stdout }) => stdout,
    ({ stderr, stdout }: { stderr: string; stdout: string }) => `${stdout}${stderr}`,
  )

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
})
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

describe('it must not be possible', () => {
  test('H1 to find an entry point without the check: API, job, CLI and SQL all refuse an unapproved account', async () => {
    const request = await make.pending(await world.as('nadia.roux'))
    const amina = await world.as('amina.benali')
    expect(await outcome(amina.call.requests.approve({ requestId: request.id, seen: request.seen }))).toBe('not-found')
    await closeOverdue(world.db)
    await deliver()
    expect(await cli('create-account', request.content.login)).toContain('countersign')
    expect(
      await verdictOfDatabase(world.pool.query(`update request set status = 'executed', decided_at = now() where id = $1`, [request.id])),
    ).toBe('P1')
    await expect(world.idOf(request.content.login)).rejects.toThrow()
  })

  test('H2 to have a relay approve as itself: nobody signed in countersigns nothing', async () => {
    const request = await make.pending(await world.as('nadia.roux'))
    expect(await outcome(world.anonymous.requests.approve({ requestId: request.id, seen: request.seen }))).toBe('not-signed-in')
  })

  test('H3 to skip review by an admin command: the console cannot found a founded network or give anything', async () => {
    const before = await world.owner.query('select count(*) from account')
    expect(
      await cli('init', '--founder', 'Eve;Un;eve.un;eve@x.example;0612345678', '--founder', 'Eve;Deux;eve.deux;eve2@x.example;0612345679'),
    ).toContain('founded already')
    const help = await cli('help')
    expect(help.match(/^ {2}\w+/gm)?.map((line) => line.trim())).toEqual([
      'demo',
      'start',
      'migrate',
      'init',
      'suspend',
      'retention',
      'export',
      'witness',
      'import',
    ])
    expect((await world.owner.query('select count(*) from account')).rows).toEqual(before.rows)
  })

  test('H3 to give anything by the console’s command for emergencies: it puts out, tells everybody who watches, and leaves who can let others in', async () => {
    const because = 'Toutes les sessions sont perdues'
    expect(await cli('suspend', 'victor.noir', 'paul.martin', '--because', because)).toContain(
      'Nobody is called victor.noir: nothing was done',
    )
    expect(await cli('suspend', 'paul.martin')).toContain('--because')
    expect(await cli('suspend', 'paul.martin', '--because', because)).toContain('dry run')
    const paul = await world.idOf('paul.martin')
    const statusOf = async (id: string) =>
      (await world.owner.query<{ status: string }>('select status from account where id = $1', [id])).rows[0]?.status
    expect(await statusOf(paul)).toBe('active')
    await world.enter(paul)
    // As many policy owners stay as sign for a role.
    const answer = await cli('suspend', 'paul.martin', 'claire.fontaine', 'marc.delorme', '--because', because, '--apply')
    expect(answer).toMatch(/paul\.martin +suspended/)
    expect(answer).toMatch(/claire\.fontaine +stays: last-policy-owner/)
    expect(await statusOf(paul)).toBe('suspended')
    expect((await world.owner.query('select 1 from session where account_id = $1', [paul])).rowCount).toBe(0)
    const nation = (await world.owner.query<{ id: string }>(`select id from organisation where level = 'nation'`)).rows[0]?.id ?? ''
    expect(await world.entriesAbout(nation)).toContain('console.suspended')
    const { rows } = await world.owner.query<{ data: { accounts: number; because: string; told: string[] } }>(
      `select data from audit_entry where type = 'console.suspended'`,
    )
    expect(rows.map(({ data }) => [data.accounts, data.because])).toEqual([[1, because]])
    const watchers = ['claire.fontaine', 'marc.delorme', 'helene.garnier', 'olivier.perrin'] as const
    expect(rows[0]?.data.told.toSorted()).toEqual((await Promise.all(watchers.map(world.idOf))).sort())
    sent = []
    await deliver()
    expect(
      sent
        .filter(({ body }) => body.includes('console.suspended'))
        .map(({ accountId }) => accountId)
        .sort(),
    ).toEqual(rows[0]?.data.told.toSorted())
    expect(await cli('suspend', 'paul.martin', '--because', because, '--apply')).toContain('refused: already-in-state')
  })

  test('H4 to approve one’s own request by belonging to the approving group', async () => {
    const sophie = await world.as('sophie.marchand')
    const request = await make.pending(sophie)
    expect(await outcome(sophie.call.requests.approve({ requestId: request.id, seen: request.seen }))).toBe('own-request')
    expect(
      await verdictOfDatabase(
        world.pool.query(
          `insert into approval (id, request_id, approver_id, content_hash, independent, given_at) select gen_random_uuid(), id, requester_id, content_hash, true, now() from request where id = $1`,
          [request.id],
        ),
      ),
    ).toBe('P1')
  })

  test('H5 to satisfy two approvals with one person', async () => {
    const [claire, marc] = [await world.as('claire.fontaine'), await world.as('marc.delorme')]
    const accountId = await make.agentOf('Mission locale de Lyon')
    const id = await make.askedRole(claire, accountId, 'auditor', await make.organisation('Mission locale de Lyon'))
    const seen = await make.hashOf(id)
    await marc.call.requests.approve({ requestId: id, seen })
    expect(await outcome(marc.call.requests.approve({ requestId: id, seen }))).toBe('already-approved')
    expect(
      await verdictOfDatabase(
        world.pool.query(
          `insert into approval (id, request_id, approver_id, content_hash, independent, given_at) select gen_random_uuid(), request_id, approver_id, content_hash, true, now() from approval where request_id = $1`,
          [id],
        ),
      ),
    ).toBe('23505')
    await claire.call.requests.cancel({ requestId: id })
  })

  test('H6 to have an empty list of approvers mean everyone', async () => {
    const request = await make.pending(await world.as('nadia.roux'))
    expect(await verdictOfDatabase(world.owner.query(`update request set approver_roles = '{}' where id = $1`, [request.id]))).toBe('23514')
    await world.tamper('alter table request drop constraint request__some_role_may_agree')
    await world.tamper(`update request set approver_roles = '{}' where id = $1`, [request.id])
    const sophie = await world.as('sophie.marchand')
    expect(await outcome(sophie.call.requests.approve({ requestId: request.id, seen: request.seen }))).toBe('not-found')
    await world.tamper(
      `update request set approver_roles = '{supervisor}', demand = jsonb_set(demand, '{stages,0,roles}', '[]') where id = $1`,
      [request.id],
    )
    expect(await outcome(sophie.call.requests.approve({ requestId: request.id, seen: request.seen }))).toBe('not-found')
    await world.tamper(`update request set demand = jsonb_set(demand, '{stages,0,roles}', '["supervisor"]') where id = $1`, [request.id])
  })

  test('H7 to have a missing approver mean execute: a request nobody may countersign waits and expires', async () => {
    const request = await make.pending(await world.as('nadia.roux'))
    await world.tamper(`update role_grant set revoked_at = now() where role = 'supervisor'`)
    await world.tamper(`update request set expires_at = now() where id = $1`, [request.id])
    await closeOverdue(world.db)
    await world.tamper(
      `update role_grant set revoked_at = null where role = 'supervisor' and organisation_id <> (select id from organisation where level = 'nation')`,
    )
    expect(await world.entriesAbout(request.id)).toEqual(['request.submitted', 'request.expired'])
    expect((await world.owner.query('select status from request where id = $1', [request.id])).rows).toEqual([{ status: 'expired' }])
  })

  test('H8 to decide alone as a superuser: the IT admin and the policy owner countersign no account', async () => {
    const request = await make.pending(await world.as('nadia.roux'))
    for (const login of ['olivier.perrin', 'claire.fontaine', 'isabelle.carpentier'] as const) {
      expect(['not-permitted', 'not-found']).toContain(
        await outcome((await world.as(login)).call.requests.approve({ requestId: request.id, seen: request.seen })),
      )
    }
  })

  test('H9 to have a deadline that passes skip the step', async () => {
    const request = await make.pending(await world.as('nadia.roux'))
    await world.tamper(`update request set expires_at = now() - interval '1 minute' where id = $1`, [request.id])
    const sophie = await world.as('sophie.marchand')
    expect(await outcome(sophie.call.requests.approve({ requestId: request.id, seen: request.seen }))).toBe('expired')
    await closeOverdue(world.db)
    await expect(world.idOf(request.content.login)).rejects.toThrow()
  })

  test('H10 to change what is approved after it was seen', async () => {
    const nadia = await world.as('nadia.roux')
    const request = await make.pending(nadia)
    await nadia.call.requests.edit({ requestId: request.id, content: { ...request.content, email: 'elsewhere@evil.example' } })
    const sophie = await world.as('sophie.marchand')
    expect(await outcome(sophie.call.requests.approve({ requestId: request.id, seen: request.seen }))).toBe('content-changed')
  })

  test('H11 to enter by another door before approval: sign-in, forgotten password and links know no such person', async () => {
    const request = await make.pending(await world.as('nadia.roux'))
    sent = []
    await world.anonymous.requests.askReset({ name: request.content.login, justification: '' })
    await deliver()
    expect(sent).toEqual([])
    expect(await outcome(world.anonymous.sessions.signIn({ login: request.content.login, password: 'x'.repeat(14), code: null }))).toBe(
      'sign-in-failed',
    )
  })

  test('H12 to create a second person and let it approve', async () => {
    const lyon = await make.organisation('Mission locale de Lyon')
    const child = await make.account()
    await make.role(child.id, 'supervisor', lyon)
    const puppet = await world.enter(child.id)
    const request = await make.pending(await world.as('nadia.roux'))
    expect(await outcome(puppet.call.requests.approve({ requestId: request.id, seen: request.seen }))).toBe('not-independent')
    // Nor may two people made by the same hand serve each other.
    const sibling = await make.account()
    await make.role(sibling.id, 'account-manager', lyon)
    const asked = await make.pending(await world.enter(sibling.id))
    expect(await outcome(puppet.call.requests.approve({ requestId: asked.id, seen: asked.seen }))).toBe('not-independent')
  })

  test('H13 to approve twice at the same instant', async () => {
    const request = await make.pending(await world.as('nadia.roux'))
    const sophies = await Promise.all(Array.from({ length: 8 }, () => world.as('sophie.marchand')))
    const results = await Promise.all(
      sophies.map(({ call }) => outcome(call.requests.approve({ requestId: request.id, seen: request.seen }))),
    )
    expect(results.filter((one) => one === 'allowed')).toHaveLength(1)
    expect((await world.entriesAbout(request.id)).filter((type) => type === 'request.executed')).toHaveLength(1)
  })

  test('H14 to keep an invitation alive after its issuer is out', async () => {
    const born = await make.account()
    sent = []
    await deliver()
    const token = /#([\w-]{43})/.exec(sent.find(({ accountId }) => accountId === born.id)?.body ?? '')?.[1] ?? ''
    expect(token).not.toBe('')
    const [nadia, sophie] = [await world.idOf('nadia.roux'), await world.as('sophie.marchand')]
    await sophie.call.accounts.suspend({ accountIds: [nadia] })
    expect(await outcome(world.anonymous.links.redeem({ token, password: 'une phrase bien à moi', code: null }))).toBe('link-dead')
    await sophie.call.accounts.undo({ accountId: nadia })
    expect(await outcome(world.anonymous.links.redeem({ token, password: 'une phrase bien à moi', code: null }))).toBe('link-dead')
  })

  test('H15 to change the requirement of a request that is already pending', async () => {
    const request = await make.pending(await world.as('nadia.roux'))
    expect(await verdictOfDatabase(world.owner.query('update request set approvals_needed = 0 where id = $1', [request.id]))).not.toBe(
      'allowed',
    )
    expect(await verdictOfDatabase(world.pool.query(`update request set approver_roles = '{auditor}' where id = $1`, [request.id]))).toBe(
      '42501',
    )
  })
})
