import { watchLedger } from '@countersign/server/features/signals/watch.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makerOf, outcome, verdictOfDatabase } from '../support/make.ts'
import { openWorld, type Signed, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
let olivier: Signed
let claire: Signed

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  olivier = await world.as('olivier.perrin')
  claire = await world.as('claire.fontaine')
  await look()
})
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

/** Looks through all that was written before this, once nothing older can still be committed anywhere in the cluster. */
const look = async () => {
  const { rows } = await world.owner.query<{ now: string }>('select pg_current_xact_id()::text as now')
  const past = async () => {
    const { rows: found } = await world.owner.query<{ past: boolean }>(
      'select pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 as past',
      [rows[0]?.now],
    )
    return found[0]?.past === true
  }
  while (!(await past())) await new Promise((done) => setTimeout(done, 20))
  await watchLedger(world.db, () => false)
}
const openOnes = async (by: Signed, accountId: string) => (await by.call.signals.list({ view: 'open', account: accountId })).rows
const rulesOf = async (accountId: string) => (await openOnes(olivier, accountId)).map(({ rule }) => rule).toSorted()

/** An entry as the ledger would hold it: so many minutes ago, from this address. */
const entry = (type: string, accountId: string, { minutes = 0, address = '90.1.2.3', data = '{}' } = {}) =>
  world.tamper(
    `insert into audit_entry (id, at, type, subject_id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, origin, data, transaction_id)
     select gen_random_uuid(), now() - make_interval(mins => $3), $1, id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id,
       jsonb_build_object('channel', 'web', 'address', $4::text, 'device', 'Firefox'), $5::jsonb, pg_current_xact_id() from account where id = $2`,
    [type, accountId, minutes, address, data],
  )
/** Somebody who has signed in from one network, day after day. */
const settled = async (offset: number): Promise<string> => {
  const id = await make.agentOf('Mission locale de Lyon', offset)
  for (let day = 12; day > 1; day -= 1) await entry('session.opened', id, { minutes: day * 1440 })
  await look()
  // The network's invented past has no sign-ins of theirs.
  await world.tamper('delete from finding where account_id = $1', [id])
  return id
}

describe('what the ledger shows', () => {
  test('many failures and then a success are one finding with its numbers and its facts, however often it recurs', async () => {
    const id = await settled(0)
    const guess = async (from: number) => {
      for (let index = 0; index < 5; index += 1) await entry('sign-in.failed', id, { minutes: from + 5 - index, address: '185.220.1.1' })
      await entry('session.opened', id, { minutes: from, address: '185.220.1.1' })
    }
    await guess(30)
    await look()
    const [finding] = await openOnes(olivier, id)
    expect([finding?.rule, finding?.severity, finding?.times]).toEqual(['failures-then-success', 'critical', 1])
    expect(finding?.numbers).toMatchObject({ failures: 5, usual: 0, fromNew: 1 })
    const facts = await olivier.call.signals.facts({ findingId: finding?.id ?? '' })
    expect(facts.map(({ type }) => type)).toEqual([...Array.from({ length: 5 }, () => 'sign-in.failed'), 'session.opened'])
    await look()
    expect((await openOnes(olivier, id)).map(({ times }) => times)).toEqual([1])
    expect(await world.entriesAbout(finding?.id ?? '')).toEqual(['signal.raised'])
  })

  test('somebody in two places within minutes, of which one was never seen, is found', async () => {
    const id = await settled(1)
    await entry('session.opened', id, { minutes: 12 })
    await entry('session.opened', id, { minutes: 2, address: '185.220.1.1' })
    await look()
    expect(await rulesOf(id)).toEqual(['impossible-pace'])
  })

  test('an ordinary sign-in, and a slip of the fingers before it, are not worth a word', async () => {
    const id = await settled(2)
    await entry('sign-in.failed', id, { minutes: 3 })
    await entry('session.opened', id, { minutes: 2 })
    await look()
    expect(await rulesOf(id)).toEqual([])
  })

  test('two processes that look through the same stretch find it once', async () => {
    const id = await settled(3)
    await entry('session.opened', id, { minutes: 12 })
    await entry('session.opened', id, { minutes: 2, address: '185.220.1.1' })
    await Promise.all([look(), look(), look()])
    expect((await openOnes(olivier, id)).map(({ rule, times }) => [rule, times])).toEqual([['impossible-pace', 1]])
  })

  test('a decoy that somebody tries to sign in to is critical, and whoever answers for it is written to', async () => {
    const id = await make.agentOf('Mission locale de Lyon', 4)
    expect(await outcome(olivier.call.signals.placeCanary({ accountId: id }))).toBe('not-permitted')
    await claire.call.signals.placeCanary({ accountId: id })
    await entry('sign-in.failed', id)
    await look()
    expect((await openOnes(olivier, id)).map(({ rule, severity }) => [rule, severity])).toEqual([['canary-used', 'critical']])
    const { rows } = await world.owner.query(`select 1 from outbox where destination = 'mail.signal' and account_id = $1`, [
      olivier.person.id,
    ])
    expect(rows.length).toBeGreaterThan(0)
    // Who may not know it learns it from no entry, no life and no export of the audit.
    expect(await world.entriesAbout(id)).not.toContain('canary.placed')
    const life = (await (await world.as('sophie.marchand')).call.accounts.get({ accountId: id })).life
    expect(life.filter(({ type }) => type.startsWith('canary.'))).toEqual([])
    const told = (await olivier.call.audit.list({ type: 'canary.placed' })).rows
    expect(JSON.stringify(told)).not.toContain(id)
    expect(await outcome(claire.call.signals.placeCanary({ accountId: await world.idOf('nadia.roux') }))).toBe('canary-with-role')
    await claire.call.signals.liftCanary({ accountId: id })
  })

  test('the list of accounts is narrowed to those about whom something stands, for those who may know, and never to oneself', async () => {
    const [sophie, nadia] = [await world.as('sophie.marchand'), await world.as('nadia.roux')]
    const agent = await make.agentOf('Mission locale de Lyon', 6)
    await make.finding(agent)
    await make.finding(sophie.person.id)
    const idsOf = async (by: Signed) => (await by.call.accounts.list({ signal: 'open' })).rows.map(({ id }) => id)
    expect(await idsOf(sophie)).toContain(agent)
    expect(await idsOf(sophie)).not.toContain(sophie.person.id)
    expect(await idsOf(olivier)).toContain(sophie.person.id)
    expect(await idsOf(nadia)).toEqual([])
    await world.tamper('delete from finding where account_id = any($1)', [[agent, sophie.person.id]])
  })

  test('one click suspends, and what was found about somebody who is out waits for nobody', async () => {
    const id = await settled(5)
    await entry('session.opened', id, { minutes: 12 })
    await entry('session.opened', id, { minutes: 2, address: '185.220.1.1' })
    await look()
    await olivier.call.accounts.suspend({ accountIds: [id] })
    expect(await openOnes(olivier, id)).toEqual([])
    expect((await olivier.call.signals.list({ view: 'handled', account: id })).rows.length).toBe(1)
    await olivier.call.accounts.undo({ accountId: id })
  })
})

describe('a burst', () => {
  test('holds everything pending of whoever made it, and what they file next, for one reader more', async () => {
    const nadia = await world.as('nadia.roux')
    const asked = []
    for (let index = 0; index < 6; index += 1) asked.push(await make.pending(nadia))
    await look()
    expect(await rulesOf(nadia.person.id)).toContain('burst-of-requests')
    const needed = async (ids: readonly string[]) => {
      const { rows } = await world.owner.query<{ needed: number }>('select approvals_needed as needed from request where id = any($1)', [
        ids,
      ])
      return rows.map(({ needed: one }) => one)
    }
    expect(new Set(await needed(asked.map(({ id }) => id)))).toEqual(new Set([2]))
    const next = await make.pending(nadia)
    expect(await needed([next.id])).toEqual([2])
    // Looked at again, nothing is raised twice.
    await look()
    expect(new Set(await needed([next.id, ...asked.map(({ id }) => id)]))).toEqual(new Set([2]))

    const sophie = await world.as('sophie.marchand')
    await sophie.call.requests.approve({ requestId: next.id, seen: next.seen })
    const { rows } = await world.owner.query<{ status: string }>('select status from request where id = $1', [next.id])
    expect(rows[0]?.status).toBe('pending')
  })

  test('that somebody accepts is silent until its day, and comes back by recurring after it', async () => {
    const nadia = await world.idOf('nadia.roux')
    const [finding] = (await openOnes(olivier, nadia)).filter(({ rule }) => rule === 'burst-of-requests')
    const findingId = finding?.id ?? ''
    const days = (count: number) => new Date(Date.now() + count * 86_400_000).toISOString()
    expect(await outcome(olivier.call.signals.accept({ findingId, until: days(400), reason: 'Vague d’embauches' }))).toBe('too-long')
    expect(await outcome(olivier.call.signals.accept({ findingId, until: days(-1), reason: 'Vague d’embauches' }))).toBe('moment-past')
    await olivier.call.signals.accept({ findingId, until: days(10), reason: 'Vague d’embauches' })
    // Accepted, nothing of it is slowed down any more.
    const calm = await make.pending(await world.as('nadia.roux'))
    await look()
    expect(await rulesOf(nadia)).not.toContain('burst-of-requests')
    const { rows } = await world.owner.query<{ needed: number }>('select approvals_needed as needed from request where id = $1', [calm.id])
    expect(rows[0]?.needed).toBe(1)
    await world.tamper(`update finding set until = now() - interval '1 minute' where id = $1`, [findingId])
    expect(await rulesOf(nadia)).toContain('burst-of-requests')
  })

  test('that is accepted is accepted as it was: twice as many are another matter', async () => {
    const nadia = await world.as('nadia.roux')
    const [finding] = (await openOnes(olivier, nadia.person.id)).filter(({ rule }) => rule === 'burst-of-requests')
    const until = new Date(Date.now() + 10 * 86_400_000).toISOString()
    await olivier.call.signals.accept({ findingId: finding?.id ?? '', until, reason: 'Vague d’embauches' })
    await world.tamper(`update finding set settled_count = 2 where id = $1`, [finding?.id])
    await make.pending(nadia)
    await look()
    expect(await rulesOf(nadia.person.id)).toContain('burst-of-requests')
  })
})

describe('who sees a finding', () => {
  test('nobody outside its place, and not whom it is about', async () => {
    const [sophie, thomas] = [await world.as('sophie.marchand'), await world.as('thomas.vasseur')]
    const findingId = await make.finding(sophie.person.id)
    expect(await outcome(sophie.call.signals.facts({ findingId }))).toBe('not-found')
    expect(await openOnes(sophie, sophie.person.id)).toEqual([])
    const until = new Date(Date.now() + 86_400_000).toISOString()
    for (const by of [sophie, thomas]) expect(await outcome(by.call.signals.snooze({ findingId, until }))).toBe('not-found')
    expect((await openOnes(olivier, sophie.person.id)).map(({ id }) => id)).toContain(findingId)
    await world.tamper(
      `insert into audit_entry (id, at, type, subject_id, nation_id, origin, data, transaction_id) select gen_random_uuid(), now(), 'signal.raised', $1, nation_id, '{"channel":"job"}', jsonb_build_object('accountId', $2::text, 'rule', 'off-hours'), pg_current_xact_id() from account where id = $3`,
      [findingId, olivier.person.id, olivier.person.id],
    )
    const heard = async (by: Signed) =>
      (await by.call.audit.list({ type: 'signal.raised' })).rows.filter(({ subject }) => subject.id === findingId)
    expect([await heard(olivier), (await heard(claire)).length]).toEqual([[], 1])
    await olivier.call.signals.snooze({ findingId, until })
    expect((await openOnes(olivier, sophie.person.id)).map(({ id }) => id)).not.toContain(findingId)
  })

  test('the database itself lets none be settled in silence, by whom it is about, or for ever', async () => {
    const findingId = await make.finding(await world.idOf('thomas.vasseur'))
    const settle = (set: string, by: string, told = true) =>
      verdictOfDatabase(
        world.pool.query(
          `${told ? `with told as (insert into audit_entry (id, at, type, subject_id, origin, data) values (gen_random_uuid(), now(), 'signal.accepted', $1, '{"channel":"web"}', '{}'))` : ''}
           update finding set status = 'accepted', reason = 'Essai', settled_at = now(), settled_by = $2, ${set} where id = $1`,
          [findingId, by],
        ),
      )
    const [thomas, oneDay] = [await world.idOf('thomas.vasseur'), `until = now() + interval '1 day'`]
    expect(await settle(oneDay, olivier.person.id, false)).toBe('P6')
    expect(await settle(oneDay, thomas)).toBe('P1')
    expect(await settle(`until = now() + interval '2 years'`, olivier.person.id)).toBe('P6')
    expect(await settle(oneDay, olivier.person.id)).toBe('allowed')
    expect(await verdictOfDatabase(world.pool.query('delete from finding where id = $1', [findingId]))).toBe('42501')
    const told = `with told as (insert into audit_entry (id, at, type, subject_id, origin, data) values (gen_random_uuid(), now(), 'signal.raised', $1, '{"channel":"web"}', '{}'))`
    const fewer = world.pool.query(`${told} update finding set times = 0 where id = $1`, [findingId])
    expect(await verdictOfDatabase(fewer)).toBe('P6')
    const elsewhere = world.pool.query(
      `${told} insert into finding (id, rule, severity, about_id, account_id, organisation_id, nation_id, numbers, facts, times, first_at, last_at, status)
        select gen_random_uuid(), 'canary-used', 'notice', $1, $1, o.id, o.id, '{}', '{}', 1, now(), now(), 'open' from organisation o where o.level = 'nation'`,
      [thomas],
    )
    expect(await verdictOfDatabase(elsewhere)).toBe('P7')
    const decoy = world.pool.query('insert into canary (id, account_id, placed_by, placed_at) values (gen_random_uuid(), $1, $2, now())', [
      await make.agentOf('Mission locale de Lyon', 8),
      claire.person.id,
    ])
    expect(await verdictOfDatabase(decoy)).toBe('P6')
    const byAnother = world.pool.query(
      `${told} insert into canary (id, account_id, placed_by, placed_at) values ($1, (select id from account where login = 'paul.martin'), $2, now())`,
      [findingId, olivier.person.id],
    )
    expect(await verdictOfDatabase(byAnother)).toBe('P10')
    expect(await verdictOfDatabase(world.pool.query(`update signal_position set position = '900000000000'`))).toBe('P6')
    const julien = await world.idOf('julien.lefebvre')
    expect(await settle(oneDay, julien)).toBe('P7')
    expect(await settle(`severity = 'critical', ${oneDay}`, olivier.person.id)).toBe('P6')
    expect(await verdictOfDatabase(world.pool.query(`update signal_position set position = '1'`))).toBe('P6')
  })
})
