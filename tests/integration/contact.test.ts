import { mailCarriers } from '@countersign/server/carriers/mail.ts'
import { drain } from '@countersign/server/kernel/outbox.ts'
import { hashToken } from '@countersign/server/kernel/secrets.ts'
import { firstPolicy } from '@countersign/shared/policy/first.ts'
import type { PolicyRule } from '@countersign/shared/policy/rules.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { bundleOf, sealAll, verified } from '../support/bundle.ts'
import { makerOf, outcome, verdictOfDatabase } from '../support/make.ts'
import { openWorld, type Signed, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
let people: Record<'nadia' | 'amina' | 'sophie', Signed>
let sent: { recipient: string; subject: string; body: string }[] = []

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  people = { nadia: await world.as('nadia.roux'), amina: await world.as('amina.benali'), sophie: await world.as('sophie.marchand') }
})
afterEach(async () => {
  expect(await world.broken()).toEqual([])
  sent = []
})
afterAll(() => world.close())

const deliver = () =>
  drain(world.db, mailCarriers({ post: async (mail) => void sent.push(mail), publicUrl: 'https://countersign.example' }), world.log)

const contactOf = async (id: string) => {
  const { rows } = await world.owner.query<{ email: string; phone: string }>('select email, phone from account where id = $1', [id])
  return rows[0] ?? { email: '', phone: '' }
}
const justification = 'A changé de téléphone'

/** Somebody who is not of the cast. */
const inTheirName = (login: string): Promise<Signed> => world.as(login as Parameters<World['as']>[0])

/** Asks for another number, and another address where one is given. */
const asked = async (accountId: string, email?: string, by: Signed = people.nadia) => {
  const before = await contactOf(accountId)
  return by.call.requests.submit({
    kind: 'change-contact',
    accountId,
    before,
    email: email ?? before.email,
    phone: '06 98 76 54 32',
    justification,
  })
}
const called = (requestId: string) => people.amina.call.requests.callBack({ requestId, outcome: 'confirmed', note: '' })
const signed = async (requestId: string) => people.amina.call.requests.approve({ requestId, seen: await make.hashOf(requestId) })
const changed = async (accountId: string, email?: string) => {
  const { id } = await asked(accountId, email)
  await called(id)
  await signed(id)
  return id
}

describe('a contact', () => {
  test('changes when somebody called the number on record and countersigned, to exactly what was asked', async () => {
    const accountId = await make.agentOf('Mission locale de Lyon')
    const { id } = await asked(accountId, 'camille.neuve@ml-lyon.example')
    expect(await outcome(signed(id))).toBe('call-back-missing')
    // Of whom else the address is stands beside the decision, and who of those who could sign are too few.
    expect(await people.amina.call.requests.get({ requestId: id })).toMatchObject({ sharedBy: [], lacking: 0 })
    await called(id)
    await signed(id)
    expect(await contactOf(accountId)).toEqual({ email: 'camille.neuve@ml-lyon.example', phone: '+33698765432' })
    expect(await world.entriesAbout(accountId)).toContain('account.contact-changed')
    const { rows } = await people.nadia.call.accounts.list({ q: 'camille.neuve' })
    expect(rows.map((row) => row.id)).toEqual([accountId])
  })

  test('is not changed from what it no longer is, nor to what it is', async () => {
    const accountId = await make.agentOf('Mission locale de Lyon')
    const before = await contactOf(accountId)
    const ask = (change: object) =>
      outcome(people.nadia.call.requests.submit({ kind: 'change-contact', accountId, before, ...before, justification, ...change }))
    expect(await ask({})).toBe('contact-unchanged')
    expect(await ask({ phone: '00 12 34 56 78' })).toBe('phone-invalid')
    expect(await ask({ before: { ...before, phone: '+33600000000' }, phone: '06 98 76 54 32' })).toBe('contact-changed-since')
  })

  test('that is somebody else’s already is said beside the decision, to whoever may see them', async () => {
    const { id: other, login } = await make.account()
    const { id: accountId } = await make.account()
    const { id } = await asked(accountId, `${login}@ml-lyon.example`)
    expect((await people.amina.call.requests.get({ requestId: id })).sharedBy).toEqual([{ id: other, name: 'Nouvelle Personne' }])
    await people.nadia.call.requests.cancel({ requestId: id })
  })

  test('that changes tells the old address at once and again when it is done, and whoever reads there puts the account out', async () => {
    const { id: accountId, login } = await make.account()
    await deliver()
    sent = []
    const { id } = await asked(accountId, `${login}@elsewhere.example`)
    await deliver()
    expect(sent.map(({ recipient }) => recipient)).toEqual([`${login}@ml-lyon.example`])
    await called(id)
    await signed(id)
    await deliver()
    const left = sent.find(({ subject }) => subject === 'Votre compte a une autre adresse')
    expect(left?.recipient).toBe(`${login}@ml-lyon.example`)
    expect(sent.find(({ subject }) => subject === 'Vos coordonnées ont changé')?.recipient).toBe(`${login}@elsewhere.example`)
    const token = /disown#([\w-]{43})/.exec(left?.body ?? '')?.[1] ?? ''
    expect(await outcome(world.anonymous.links.disown({ token }))).toBe('allowed')
    const { rows } = await world.owner.query('select status, email from account where id = $1', [accountId])
    expect(rows).toEqual([{ status: 'suspended', email: `${login}@ml-lyon.example` }])
    expect(await world.entriesAbout(accountId)).toContain('account.contact-restored')
    sent = []
    await deliver()
    expect(
      sent.filter(({ subject }) => subject === 'Votre adresse et votre numéro sont rétablis').map(({ recipient }) => recipient),
    ).toEqual([`${login}@ml-lyon.example`])
    expect(sent.filter(({ subject }) => subject === 'Coordonnées rétablies dans votre périmètre').length).toBeGreaterThan(0)
  })

  test('that changed can be disowned after whoever asked for it is out', async () => {
    const asker = await make.account()
    await make.role(asker.id, 'account-manager', await make.organisation('Mission locale de Lyon'))
    const { id: accountId, login } = await make.account()
    const { id } = await asked(accountId, `${login}@elsewhere.example`, await inTheirName(asker.login))
    await called(id)
    await signed(id)
    await deliver()
    const token =
      /disown#([\w-]{43})/.exec(sent.find(({ subject }) => subject === 'Votre compte a une autre adresse')?.body ?? '')?.[1] ?? ''
    await people.sophie.call.accounts.suspend({ accountIds: [asker.id] })
    expect(await outcome(world.anonymous.links.disown({ token }))).toBe('allowed')
    expect((await contactOf(accountId)).email).toBe(`${login}@ml-lyon.example`)
  })

  test('that changed goes back whichever mail was answered, the new address’s too', async () => {
    const { id: accountId, login } = await make.account()
    await changed(accountId, `${login}@elsewhere.example`)
    await deliver()
    await world.anonymous.requests.askReset({ name: login, justification: '' })
    sent = []
    await deliver()
    const mail = sent.find(({ recipient }) => recipient === `${login}@elsewhere.example`)
    const token = /disown#([\w-]{43})/.exec(mail?.body ?? '')?.[1] ?? ''
    expect(await outcome(world.anonymous.links.disown({ token }))).toBe('allowed')
    expect((await contactOf(accountId)).email).toBe(`${login}@ml-lyon.example`)
  })

  test('that changed goes back although somebody has put the account out, or in again', async () => {
    const { id: accountId, login } = await make.account()
    await changed(accountId, `${login}@elsewhere.example`)
    await people.sophie.call.accounts.suspend({ accountIds: [accountId] })
    await deliver()
    const token =
      /disown#([\w-]{43})/.exec(sent.find(({ subject }) => subject === 'Votre compte a une autre adresse')?.body ?? '')?.[1] ?? ''
    expect(await outcome(world.anonymous.links.describe({ token }))).toBe('allowed')
    await people.sophie.call.accounts.undo({ accountId })
    await people.sophie.call.accounts.suspend({ accountIds: [accountId] })
    expect(await outcome(world.anonymous.links.disown({ token }))).toBe('allowed')
    expect((await contactOf(accountId)).email).toBe(`${login}@ml-lyon.example`)
  })

  test('that changed goes back when its owner says that it was not them on their own page, or on the telephone', async () => {
    for (const said of ['page', 'telephone'] as const) {
      const { id: accountId, login } = await make.account()
      await changed(accountId, `${login}@elsewhere.example`)
      if (said === 'page') await (await world.enter(accountId)).call.accounts.disown()
      else {
        const { id } = await people.nadia.call.requests.submit({ kind: 'reset-credentials', accountId, justification })
        await people.amina.call.requests.callBack({ requestId: id, outcome: 'denied', note: 'Dément' })
      }
      expect((await contactOf(accountId)).email).toBe(`${login}@ml-lyon.example`)
      expect(await world.entriesAbout(accountId)).toContain('account.contact-restored')
    }
    await deliver()
  })

  test('that goes back where the account was out already leaves nothing a thief set up, and no way back to whoever put it out', async () => {
    const { id: accountId, login } = await make.account()
    await world.tamper(
      `insert into credential (id, account_id, kind, secret, created_at, link_id) select gen_random_uuid(), $1, 'password', 'x', now(), id from link where account_id = $1 limit 1`,
      [accountId],
    )
    await changed(accountId, `${login}@elsewhere.example`)
    await deliver()
    const token = /disown#([\w-]{43})/.exec(sent.find(({ recipient }) => recipient === `${login}@ml-lyon.example`)?.body ?? '')?.[1] ?? ''
    await people.sophie.call.accounts.suspend({ accountIds: [accountId] })
    expect(await outcome(world.anonymous.links.disown({ token }))).toBe('allowed')
    expect(await world.entriesAbout(accountId)).toContain('account.locked-out')
    expect((await world.owner.query('select 1 from credential where account_id = $1', [accountId])).rowCount).toBe(0)
    expect(await outcome(people.sophie.call.accounts.undo({ accountId }))).not.toBe('allowed')
  })

  test('the auditor’s own program holds all that happened to contacts here', async () => {
    await sealAll(world.db)
    const { said } = verified(await bundleOf(world.url))
    expect(said).toContain('All of it holds')
  }, 60_000)

  test('edited in the database alone is found by that program, also behind an honest change that followed', async () => {
    const { id: accountId } = await make.account()
    await world.tamper(`update account set email = 'thief@missionlocale-lyon.example' where id = $1`, [accountId])
    const said = async () => {
      await sealAll(world.db)
      return verified(await bundleOf(world.url)).said
    }
    expect(await said()).toContain(`the account ${accountId} has another name, login, address or number in the list`)
    const { id } = await asked(accountId, 'la.sienne@ml-lyon.example')
    await called(id)
    await signed(id)
    expect(await said()).toContain('is not the contact the log told last')
  }, 60_000)

  test('that changed keeps its way back for whoever reads at the old address, whatever is enrolled through the new one', async () => {
    const { id: accountId, login } = await make.account()
    await deliver()
    const linkIn = (page: string, to: string) =>
      new RegExp(`${page}#([\\w-]{43})`).exec(
        sent.findLast(({ recipient, body }) => recipient === to && body.includes(`/${page}#`))?.body ?? '',
      )?.[1] ?? ''
    const before = await contactOf(accountId)
    await changed(accountId, `${login}@elsewhere.example`)
    await deliver()
    const back = linkIn('disown', before.email)
    await world.tamper(
      `insert into link (id, kind, account_id, request_id, token_hash, created_at, expires_at) select gen_random_uuid(), 'invitation', id, created_by_request_id, $2, now(), now() + interval '1 hour' from account where id = $1`,
      [accountId, hashToken('k'.repeat(43))],
    )
    const token = 'k'.repeat(43)
    expect(await outcome(world.anonymous.links.redeem({ token, password: 'la pluie tombe sur Vénissieux', code: null }))).toBe('allowed')
    expect(await outcome(world.anonymous.links.disown({ token: back }))).toBe('allowed')
    expect(await contactOf(accountId)).toEqual(before)
  })

  test('that changed keeps its way back, whatever is mailed to the new address later', async () => {
    const { id: accountId, login } = await make.account()
    await world.anonymous.requests.askReset({ name: login, justification: '' })
    const reset = await world.owner.query<{ id: string }>(`select id from request where subject_id = $1 and kind = 'reset-credentials'`, [
      accountId,
    ])
    await changed(accountId, `${login}@elsewhere.example`)
    await world.tamper(
      `update outbox set run_after = now() + interval '1 hour' where account_id = $1 and destination = 'mail.reset-asked'`,
      [accountId],
    )
    await deliver()
    const token = /disown#([\w-]{43})/.exec(sent.find(({ recipient }) => recipient === `${login}@ml-lyon.example`)?.body ?? '')?.[1] ?? ''
    await world.tamper(`update outbox set run_after = now() where account_id = $1 and settled_at is null`, [accountId])
    await deliver()
    expect(reset.rows).toHaveLength(1)
    expect(await outcome(world.anonymous.links.disown({ token }))).toBe('allowed')
  })

  test('that changed does not change again while the one before could be taken back: it would go back to the thief’s', async () => {
    const { id: accountId, login } = await make.account()
    await changed(accountId, `${login}@elsewhere.example`)
    const { id } = await asked(accountId, `${login}@further.example`)
    await called(id)
    expect(await outcome(signed(id))).toBe('held-after-contact-change')
    await world.tamper(`update request set held_until = null where id = $1`, [id])
    expect(await verdictOfDatabase(signed(id).catch((error: Error) => Promise.reject(error.cause)))).toBe('P1')
    await world.tamper(`update account set contact_changed_at = now() - interval '143 hours' where id = $1`, [accountId])
    expect(await verdictOfDatabase(signed(id).catch((error: Error) => Promise.reject(error.cause)))).toBe('P1')
    await people.nadia.call.requests.cancel({ requestId: id })
  })

  test('is confirmed on the telephone as it was asked: another one is asked for anew', async () => {
    const accountId = await make.agentOf('Mission locale de Lyon')
    const before = await contactOf(accountId)
    const { id } = await asked(accountId, 'la.sienne@ml-lyon.example')
    await called(id)
    const content = {
      kind: 'change-contact' as const,
      accountId,
      before,
      email: 'eve@elsewhere.example',
      phone: before.phone,
      justification,
    }
    expect(await outcome(people.nadia.call.requests.edit({ requestId: id, content }))).toBe('not-permitted')
    expect(
      await verdictOfDatabase(
        world.pool.query(
          `update request set content = $2::text::json, content_hash = encode(sha256(convert_to($2::text, 'UTF8')), 'hex') where id = $1`,
          [id, JSON.stringify(content)],
        ),
      ),
    ).toBe('P3')
    await people.nadia.call.requests.cancel({ requestId: id })
  })

  test('that changes leaves an invitation alone where the address stays, and ends it where it does not', async () => {
    const account = await make.account()
    await deliver()
    const token = /link#([\w-]{43})/.exec(sent.find(({ recipient }) => recipient.startsWith(account.login))?.body ?? '')?.[1] ?? ''
    await changed(account.id)
    expect(await outcome(world.anonymous.links.describe({ token }))).toBe('allowed')
    const attempt = `update account set email = 'x', phone = phone where id = $1`
    expect(await verdictOfDatabase(world.pool.query(attempt, [account.id]))).toBe('P1')
    await world.tamper(`update account set contact_changed_at = now() - interval '144 hours' where id = $1`, [account.id])
    await changed(account.id, `${account.login}@elsewhere.example`)
    expect(await outcome(world.anonymous.links.describe({ token }))).toBe('link-dead')
  })

  test('that changes voids the reset that was asked for before, and holds the next for 72 hours', async () => {
    const accountId = await make.agentOf('Mission locale de Lyon', 5)
    const before = await contactOf(accountId)
    const reset = await people.nadia.call.requests.submit({ kind: 'reset-credentials', accountId, justification })
    await changed(accountId, 'autre.adresse@ml-lyon.example')
    const { rows } = await world.owner.query('select status, reason from request where id = $1', [reset.id])
    expect(rows).toEqual([{ status: 'voided', reason: 'contact-changed' }])

    const next = await people.nadia.call.requests.submit({ kind: 'reset-credentials', accountId, justification })
    await deliver()
    // Whoever was written to before is the one to ask.
    const told = sent.filter(({ subject }) => subject.startsWith('Une réinitialisation')).map(({ recipient }) => recipient)
    expect(told.toSorted()).toEqual(['autre.adresse@ml-lyon.example', before.email].toSorted())
    await called(next.id)
    expect(await outcome(signed(next.id))).toBe('held-after-contact-change')
    // Nor is the deadline of the request all that stands in the way.
    await world.tamper(`update request set held_until = null where id = $1`, [next.id])
    expect(await verdictOfDatabase(signed(next.id).catch((error: Error) => Promise.reject(error.cause)))).toBe('P1')
  })

  test('changed at somebody’s asking makes them no independent signer for the other’s requests', async () => {
    const { id: accountId, login } = await make.account()
    await make.role(accountId, 'account-manager', await make.organisation('Mission locale de Lyon'))
    await world.tamper(`update lineage set at = at - interval '40 days' where to_account_id = $1`, [accountId])
    const before = await contactOf(accountId)
    const { id } = await people.sophie.call.requests.submit({
      kind: 'change-contact',
      accountId,
      before,
      email: before.email,
      phone: '06 98 76 54 33',
      justification,
    })
    await called(id)
    await signed(id)
    const { rows } = await world.owner.query(`select kind from lineage where to_account_id = $1 and request_id = $2 order by kind`, [
      accountId,
      id,
    ])
    expect(rows.map(({ kind }) => kind)).toEqual(['changed-contact', 'countersigned'])
    const theirs = await inTheirName(login)
    const request = await make.pending(theirs)
    expect(await outcome(people.sophie.call.requests.approve({ requestId: request.id, seen: request.seen }))).toBe('not-independent')
  })
})

describe('the policy', () => {
  const standing = (rules: readonly PolicyRule[]) => world.tamper('update policy set document = $1', [{ ...firstPolicy, rules }])
  afterEach(() => standing(firstPolicy.rules))

  test('may forgo the call for what else it names, and never for another contact', async () => {
    await standing(firstPolicy.rules.map((rule) => ({ ...rule, demand: { ...rule.demand, callBack: false } })))
    const { id } = await asked(await make.agentOf('Mission locale de Lyon', 3))
    expect(await outcome(signed(id))).toBe('call-back-missing')
    await called(id)
    expect(await outcome(signed(id))).toBe('allowed')
  })

  test('that was set before there was such a request stays readable, and nothing of the kind is filed under it', async () => {
    const one = { ...firstPolicy.rules[4], when: {} } as PolicyRule
    const owners = { ...firstPolicy.rules.at(-1), when: { kinds: ['grant-role', 'set-policy'] } } as PolicyRule
    await standing([owners, ...firstPolicy.rules.slice(0, -1).filter(({ when }) => !when.kinds?.includes('change-contact')), one])
    const { id: accountId } = await make.account()
    const become = (profile: string) => world.tamper('update account set profile_id = $2 where id = $1', [accountId, profile])
    await become('national-support')
    expect(await outcome(asked(accountId, undefined, await world.as('olivier.perrin')))).toBe('no-rule-for-kind')
    await become('site-adviser')
    expect(await outcome(make.pending(people.nadia))).toBe('allowed')
    expect(await outcome((await world.as('claire.fontaine')).call.policy.get())).toBe('allowed')
  })
})

describe('the database', () => {
  const attempt = (sql: string, values: readonly unknown[]) => verdictOfDatabase(world.pool.query(sql, [...values]))

  test('lets nobody change a contact without its request, nor when it changed', async () => {
    const { id } = await make.account()
    await changed(id)
    expect(await attempt(`update account set email = 'eve@elsewhere.example' where id = $1`, [id])).toBe('P1')
    expect(await attempt(`update account set phone = '+33611111111', contact_changed_at = now() where id = $1`, [id])).toBe('P1')
    expect(await attempt(`update account set contact_changed_at = null where id = $1`, [id])).toBe('P1')
  })

  const execute = (id: string, by: string): readonly (readonly [string, readonly unknown[]])[] => [
    [
      `insert into approval (id, request_id, approver_id, content_hash, independent, assurance, given_at) select gen_random_uuid(), id, $2, content_hash, true, 'session', now() from request where id = $1`,
      [id, by],
    ],
    [`update request set status = 'executed', decided_at = now(), decided_by = $2 where id = $1`, [id, by]],
  ]
  const move = `update account set email = coalesce($2, email), phone = $3, contact_changed_at = now() - $4::interval where id = $1`
  /** What the database says when the application countersigns and moves the contact thus, in one transaction that is never committed. */
  const verdict = async (id: string, ...moved: readonly [id: string, email: string | null, phone: string, since: string]) => {
    const client = await world.pool.connect()
    try {
      await client.query('begin')
      return await verdictOfDatabase(
        (async () => {
          for (const [text, values] of [...execute(id, people.amina.person.id), [move, moved] as const])
            await client.query(text, [...values])
        })(),
      )
    } finally {
      await client.query('rollback')
      client.release()
    }
  }

  test('puts a contact back for whoever said that it was not them, and in that transaction alone', async () => {
    const { id } = await make.account()
    const before = await contactOf(id)
    await changed(id)
    // Its mail has gone out: the link could be used.
    await deliver()
    const back = `update account set phone = $2, contact_changed_at = now() where id = $1`
    expect(await attempt(back, [id, before.phone])).toBe('P1')
    const use = `update link set used_at = now() where account_id = $1 and kind = 'disown' and used_at is null and voided_at is null`
    await world.pool.query(use, [id])
    expect(await attempt(back, [id, before.phone])).toBe('P1')
    await people.sophie.call.accounts.suspend({ accountIds: [id] })
    expect(await attempt(back, [id, before.phone])).toBe('P6')
    /** With entries that say so, by this person and for this reason. */
    const saying = `with told as (insert into audit_entry (id, at, type, actor_id, subject_id, organisation_id, origin, data, transaction_id)
      select gen_random_uuid(), now(), one.type, $3, a.id, a.organisation_id, '{"channel": "web"}', jsonb_build_object('cause', $4::text), pg_current_xact_id()
      from account a, (values ('account.contact-restored'), ('account.suspended')) one (type) where a.id = $1) ${back}`
    const said = (by: string, cause: string) => attempt(saying, [id, before.phone, by, cause])
    expect(await said(people.sophie.person.id, 'disowned')).toBe('P1')
    expect(await said(people.amina.person.id, 'denied-on-call-back')).toBe('P1')
    expect(await said(id, 'operator')).toBe('P1')
    expect(await said(id, 'disowned')).toBe('allowed')
  })

  test('lets no link stay on its way to an address that was left', async () => {
    const account = await make.account()
    const { id } = await asked(account.id, 'neuve@ml-lyon.example')
    await called(id)
    expect(await verdict(id, account.id, 'neuve@ml-lyon.example', '+33698765432', '0')).toBe('P5')
  })

  test('lets a contact become what was countersigned, from what it was, now, and nothing else', async () => {
    const { id: accountId } = await make.account()
    const { id } = await asked(accountId)
    expect(await verdict(id, accountId, null, '+33698765432', '0')).toBe('P1')
    await called(id)
    expect(await verdict(id, accountId, null, '+33698765432', '0')).toBe('allowed')
    expect(await verdict(id, accountId, 'eve@elsewhere.example', '+33698765432', '0')).toBe('P1')
    expect(await verdict(id, accountId, null, '+33698765432', '1 year')).toBe('P1')
    await world.tamper(`update account set phone = '+33600000000' where id = $1`, [accountId])
    expect(await verdict(id, accountId, null, '+33698765432', '0')).toBe('P1')
    expect(await outcome(signed(id))).toBe('contact-changed-since')
    await world.tamper(`update account set phone = (select content -> 'before' ->> 'phone' from request where id = $2) where id = $1`, [
      accountId,
      id,
    ])
  })
})
