import { describe, expect, test } from 'vitest'
import { outcome, verdictOfDatabase } from '../../support/make.ts'
import { claire, look, make, olivier, onSignalGround, openOnes, rulesOf, world } from '../../support/signal-ground.ts'
import type { Signed } from '../../support/world.ts'

onSignalGround()

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
    const restingIds = async () => (await olivier.call.signals.list({ view: 'settled' })).rows.map(({ id }) => id)
    expect(await restingIds()).toContain(findingId)
    // What nobody looked at for a month is history, and not something that was put off.
    const lapsed = await make.finding(await make.agentOf('Mission locale de Lyon', 9))
    await world.tamper(`update finding set last_at = now() - interval '31 days' where id = $1`, [lapsed])
    expect(await restingIds()).not.toContain(lapsed)
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
