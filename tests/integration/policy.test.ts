import { firstPolicy } from '@countersign/shared/policy/first.ts'
import { selfSuspensionsAnHour } from '@countersign/shared/signals/containing.ts'
import { describe, expect, test } from 'vitest'
import { outcome, verdictOfDatabase } from '../support/make.ts'
import { claire, entry, look, make, olivier, onSignalGround, openOnes, settled, world } from '../support/signal-ground.ts'

onSignalGround()

const ask = async (criticalSuspends: boolean) =>
  claire.call.policy.ask({ after: { ...firstPolicy, criticalSuspends }, justification: 'Nuits sans astreinte' })
const sign = async (id: string, ...logins: readonly ('marc.delorme' | 'helene.garnier' | 'olivier.perrin')[]) => {
  const seen = await make.hashOf(id)
  for (const login of logins) await (await world.as(login)).call.requests.approve({ requestId: id, seen })
}
const set = async (criticalSuspends: boolean) => {
  const { id } = await ask(criticalSuspends)
  await sign(id, 'marc.delorme', 'helene.garnier')
  return id
}
const inForce = async () => (await claire.call.policy.get()).policy.criticalSuspends

describe('a policy', () => {
  test('is changed by a request that two more of its owners countersign, not before, and both texts are told', async () => {
    const { id } = await ask(true)
    expect((await olivier.call.policy.get()).pending?.id).toBe(id)
    await sign(id, 'marc.delorme')
    expect(await inForce()).toBe(false)
    expect(await outcome(sign(id, 'olivier.perrin'))).toBe('not-found')
    await sign(id, 'helene.garnier')
    expect(await inForce()).toBe(true)
    expect(await world.entriesAbout(id)).toEqual([
      ...['request.submitted', 'request.approval-given', 'request.approval-given', 'request.executed'],
    ])
    const { rows } = await world.owner.query<{ data: unknown }>(`select data from audit_entry where type = 'policy.set'`)
    expect(rows).toEqual([{ data: { requestId: id, before: firstPolicy, after: { ...firstPolicy, criticalSuspends: true } } }])
    await set(false)
  })

  test('is asked for once at a time, and never for what is in force already', async () => {
    expect(await outcome(ask(false))).toBe('nothing-to-do')
    const { id } = await ask(true)
    expect(await outcome(ask(true))).toBe('policy-change-pending')
    await claire.call.requests.cancel({ requestId: id })
    expect(await outcome(ask(true))).toBe('allowed')
    await claire.call.requests.cancel({ requestId: (await claire.call.policy.get()).pending?.id ?? '' })
  })

  test('asked for twice at the same instant is asked for once', async () => {
    const outcomes = await Promise.all([outcome(ask(true)), outcome(ask(true)), outcome(ask(true))])
    expect(outcomes.sort()).toEqual(['allowed', 'policy-change-pending', 'policy-change-pending'])
    await claire.call.requests.cancel({ requestId: (await claire.call.policy.get()).pending?.id ?? '' })
  })

  test('that was changed since it was asked for is not put in force', async () => {
    const { id } = await ask(true)
    await sign(id, 'marc.delorme')
    await world.tamper(`update policy set document = document || '{"criticalSuspends": true}'`)
    expect(await outcome(sign(id, 'helene.garnier'))).toBe('changed-since')
    await world.tamper(`update policy set document = document || '{"criticalSuspends": false}'`)
    await claire.call.requests.cancel({ requestId: id })
  })

  test('is held by the database: no other way, no fewer signatures, no other hands, no other text', async () => {
    const on = (id: string | null) =>
      `update policy set document = document || '{"criticalSuspends": true}', request_id = ${id ? `'${id}'` : 'null'}`
    const alone = (sql: string) => verdictOfDatabase(world.pool.query(sql))
    expect(await alone(on(null))).toBe('P10')
    const { id } = await ask(true)
    expect(await alone(on(id))).toBe('P10')
    await claire.call.requests.cancel({ requestId: id })
    // One that was executed for the opposite, long ago.
    await set(true)
    expect(await alone(on(await set(false)))).toBe('P10')
    expect(await alone(`insert into policy (id, document, set_at) values (gen_random_uuid(), '{}', now())`)).toBe('42501')
    expect(await alone('delete from policy')).toBe('42501')
    expect(await verdictOfDatabase(world.owner.query('delete from policy'))).toBe('P6')
    const copy = (needed: number, roles: string, organisation = 'organisation_id') => `
      insert into request (id, kind, status, organisation_id, nation_id, requester_id, channel, content, content_hash, approvals_needed, approver_roles, demand, submitted_at, expires_at)
      select gen_random_uuid(), kind, 'pending', ${organisation}, nation_id, requester_id, channel, content, content_hash, ${needed}, ${roles}, demand, now(), now() + interval '1 day' from request where id = '${id}'`
    expect(await alone(copy(1, 'approver_roles'))).toBe('P4')
    expect(await alone(copy(2, `ARRAY['supervisor']`))).toBe('23514')
    expect(await alone(copy(2, 'approver_roles', `(select id from organisation where level = 'region' limit 1)`))).toBe('P3')
    expect(await alone(copy(2, 'approver_roles'))).toBe('P6')
    const worded = (content: string) =>
      copy(2, 'approver_roles').replace(
        'requester_id, channel, content, content_hash, 2',
        `requester_id, channel, '${content}', encode(sha256(convert_to('${content}', 'UTF8')), 'hex'), 2`,
      )
    const first = JSON.stringify(firstPolicy)
    for (const content of [
      `{"after":{"criticalSuspends":true,"massAccounts":"100","massPercent":10},"before":${first},"justification":"Essai","kind":"set-policy"}`,
      `{"after":${first},"before":{"criticalSuspends":true,"massAccounts":100,"massPercent":10},"justification":"Essai","kind":"set-policy"}`,
      `{"after":${first},"before":${first},"justification":"x","kind":"set-policy"}`,
    ])
      expect(await alone(worded(content))).toBe('P3')
  })
})

describe('how many are a mass action', () => {
  test('is what the policy says, for the preview, the click and the database', async () => {
    const { id } = await claire.call.policy.ask({
      after: { ...firstPolicy, massAccounts: 10, massPercent: 50 },
      justification: 'Plus prudent',
    })
    await sign(id, 'marc.delorme', 'helene.garnier')
    const agents = await Promise.all(Array.from({ length: 12 }, (_, index) => make.agentOf('Mission locale de Lille', 20 + index)))
    const mass = async (accountIds: readonly string[]) =>
      (
        await olivier.call.bulks.get({
          bulkId: (await olivier.call.bulks.preview({ verb: 'revoke', selection: { from: 'ticked', accountIds: [...accountIds] } })).bulkId,
        })
      ).mass
    expect([await mass(agents.slice(0, 3)), await mass(agents.slice(0, 11))]).toEqual([false, true])
    expect(await outcome(olivier.call.accounts.revoke({ accountIds: agents.slice(0, 11) }))).toBe('mass-revocation')
    const client = await world.owner.connect()
    try {
      await client.query('begin')
      const verdict = await verdictOfDatabase(
        client.query(
          `update account set status = 'revoked', previous_status = 'active', status_changed_at = now(), status_changed_by = $1, epoch = epoch + 1 where id = any($2)`,
          [olivier.person.id, agents],
        ),
      )
      expect(verdict).toBe('P10')
      await client.query('rollback')
    } finally {
      client.release()
    }
    const back = await claire.call.policy.ask({ after: firstPolicy, justification: 'Comme avant' })
    await sign(back.id, 'marc.delorme', 'helene.garnier')
  })

  test('stays within limits, at the door and in the database', async () => {
    const beyond = claire.call.policy.ask({ after: { ...firstPolicy, massAccounts: 5000 }, justification: 'Sans limite' })
    await expect(beyond).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    expect(await verdictOfDatabase(world.owner.query(`update policy set document = document || '{"massAccounts": 5000}'`))).toBe('23514')
    for (const document of [
      `document - 'massPercent'`,
      `document || '{"massAccounts": "100"}'`,
      `document || '{"x": 1}'`,
      `document || '{"massPercent": 10.5}'`,
    ])
      expect(await verdictOfDatabase(world.owner.query(`update policy set document = ${document}`))).toBe('23514')
  })
})

/** A decoy that is touched: critical. */
const touched = async (offset: number): Promise<string> => {
  const id = await settled(offset)
  await claire.call.signals.placeCanary({ accountId: id })
  await entry('sign-in.failed', id)
  return id
}
const statusOf = async (id: string) => (await olivier.call.accounts.get({ accountId: id })).status

describe('a critical finding', () => {
  test('suspends nobody while the policy does not say so', async () => {
    const id = await touched(2)
    await look()
    expect((await openOnes(olivier, id)).map(({ severity }) => severity)).toEqual(['critical'])
    expect(await statusOf(id)).toBe('active')
  })

  test('suspends the account it is about where the policy says so: sessions end, supervisors are told, and the audit names the policy', async () => {
    await set(true)
    const id = await touched(3)
    const { token } = await world.enter(id)
    await look()
    expect(await statusOf(id)).toBe('suspended')
    expect(await world.alive(token)).toBe(false)
    const { rows } = await world.owner.query<{ actor: string | null; cause: string }>(
      `select actor_id as actor, data ->> 'cause' as cause from audit_entry where subject_id = $1 and type = 'account.suspended'`,
      [id],
    )
    expect(rows).toEqual([{ actor: null, cause: 'policy' }])
    const mails = await world.owner.query(
      `select 1 from outbox o join audit_entry e on e.id = o.entry_id where e.subject_id = $1 and o.destination = 'mail.contained'`,
      [id],
    )
    expect(mails.rowCount).toBe(3)
  })

  test('never revokes, and less than critical never suspends', async () => {
    const id = await settled(4)
    await entry('session.opened', id, { minutes: 12 })
    await entry('session.opened', id, { minutes: 2, address: '185.220.1.1' })
    await look()
    const severities = (await openOnes(olivier, id)).map(({ severity }) => severity)
    expect(severities.length).toBeGreaterThan(0)
    expect(severities).not.toContain('critical')
    expect(await statusOf(id)).toBe('active')
    const { rows } = await world.owner.query(`select 1 from audit_entry where type = 'account.revoked' and data ->> 'cause' = 'policy'`)
    expect(rows).toEqual([])
  })

  test('somebody has put off suspends nobody until it is back', async () => {
    await set(false)
    const id = await touched(5)
    await look()
    const [found] = await openOnes(olivier, id)
    await olivier.call.signals.snooze({ findingId: found?.id ?? '', until: new Date(Date.now() + 86_400_000).toISOString() })
    await set(true)
    await entry('sign-in.failed', id)
    await look()
    expect(await statusOf(id)).toBe('active')
  })

  test('about a decoy that was suspended does not suspend the supervisor who asks it back, nor again whoever came back', async () => {
    const id = await touched(6)
    await look()
    expect(await statusOf(id)).toBe('suspended')
    const sophie = await world.as('sophie.marchand')
    const asked = await sophie.call.requests.submit({ kind: 'reinstate', accountId: id, justification: 'Vérifié' })
    await look()
    expect(await statusOf(sophie.person.id)).toBe('active')
    const [reader] = (await sophie.call.requests.get({ requestId: asked.id })).approvers.filter(({ id: one }) => one !== sophie.person.id)
    const other = await world.enter(reader?.id ?? '')
    await other.call.requests.approve({ requestId: asked.id, seen: await make.hashOf(asked.id) })
    await look()
    expect(await statusOf(id)).toBe('active')
    expect(await statusOf(other.person.id)).toBe('active')
  })

  test('that cannot be acted upon is found all the same, and acted upon when it can', async () => {
    await world.owner.query(`create function stuck() returns trigger language plpgsql as $$ begin raise exception 'stuck' using errcode = 'CS001'; end $$;
      create trigger stuck before update of status on account for each row execute function stuck()`)
    const id = await touched(7)
    await expect(look()).rejects.toThrow()
    expect((await openOnes(olivier, id)).map(({ rule }) => rule)).toEqual(['canary-used'])
    await world.owner.query('drop trigger stuck on account; drop function stuck()')
    await look()
    expect(await statusOf(id)).toBe('suspended')
  })

  test('leaves what is beyond twenty in an hour to people', async () => {
    const { rows } = await world.owner.query<{ done: number }>(
      `select count(*)::int as done from audit_entry where type = 'account.suspended' and data ->> 'cause' = 'policy' and at > now() - interval '1 hour'`,
    )
    const id = await touched(8)
    const out = await world.owner.query<{ id: string }>(
      `select subject_id as id from audit_entry where data ->> 'cause' = 'policy' and type = 'account.suspended' limit 1`,
    )
    for (let index = rows[0]?.done ?? 0; index < selfSuspensionsAnHour + 2; index += 1)
      await entry('account.suspended', out.rows[0]?.id ?? '', { minutes: 5, data: '{"cause": "policy"}' })
    await look()
    expect(await statusOf(id)).toBe('active')
    await world.tamper(`update audit_entry set at = at - interval '2 hours' where data ->> 'cause' = 'policy'`)
    await look()
    expect(await statusOf(id)).toBe('suspended')
  })
})
