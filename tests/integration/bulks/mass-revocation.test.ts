import { describe, expect, test } from 'vitest'
import {
  approve,
  begun,
  claire,
  drawn,
  make,
  marc,
  names,
  olivier,
  onBulkGround,
  spread,
  statuses,
  step,
  work,
  world,
} from '../../support/bulk-ground.ts'
import { outcome } from '../../support/make.ts'

onBulkGround()

describe('a mass revocation', () => {
  test('suspends at once and is final with a second person’s countersignature alone', async () => {
    const ids = await spread(150)
    const bulkId = await begun(olivier, 'revoke', names(ids))
    await work()
    const contained = await olivier.call.bulks.get({ bulkId })
    expect([contained.status, contained.mass]).toEqual(['waiting', true])
    expect(await statuses(ids)).toEqual({ suspended: 150 })
    const requestId = contained.request?.id ?? ''
    expect(await outcome(approve(olivier, requestId))).toBe('own-request')
    await approve(claire, requestId)
    await work()
    expect(await statuses(ids)).toEqual({ revoked: 150 })
    expect((await olivier.call.bulks.get({ bulkId })).status).toBe('finished')
  })

  test('that is refused brings everybody back by one request, asked by whoever refused', async () => {
    const ids = await spread(130)
    const bulkId = await begun(olivier, 'revoke', names(ids))
    await work()
    const { request } = await olivier.call.bulks.get({ bulkId })
    await marc.call.requests.reject({
      requestId: request?.id ?? '',
      seen: await make.hashOf(request?.id ?? ''),
      reason: 'Qui a demandé cela ?',
    })
    await work()
    const { givenBackBy, status } = await olivier.call.bulks.get({ bulkId })
    expect(status).toBe('finished')
    const back = await marc.call.bulks.get({ bulkId: givenBackBy?.id ?? '' })
    expect([back.verb, back.planned, back.orderer?.id]).toEqual(['reinstate', 130, marc.person.id])
    await approve(claire, back.request?.id ?? '')
    await work()
    expect(await statuses(ids)).toEqual({ active: 130 })
  })

  test('gives back whom it put out, and nobody who was out before it came', async () => {
    const ids = await spread(110)
    const [before = ''] = ids
    await olivier.call.accounts.suspend({ accountIds: [before] })
    const bulkId = await begun(olivier, 'revoke', names(ids))
    await work()
    const { request } = await olivier.call.bulks.get({ bulkId })
    const content = await world.owner.query<{ accounts: number }>(
      `select (content ->> 'accounts')::int as accounts from request where id = $1`,
      [request?.id],
    )
    expect(content.rows).toEqual([{ accounts: 110 }])
    await marc.call.requests.reject({ requestId: request?.id ?? '', seen: await make.hashOf(request?.id ?? ''), reason: 'Non' })
    await work()
    const { givenBackBy } = await olivier.call.bulks.get({ bulkId })
    const back = await marc.call.bulks.get({ bulkId: givenBackBy?.id ?? '' })
    expect(back.planned).toBe(109)
    expect(await outcome(claire.call.bulks.giveBack({ bulkId, justification: 'Encore' }))).toBe('one-pending-already')
    // One that was refused may be asked for again.
    await claire.call.requests.reject({
      requestId: back.request?.id ?? '',
      seen: await make.hashOf(back.request?.id ?? ''),
      reason: 'Pas encore',
    })
    await work()
    const { bulkId: again } = await claire.call.bulks.giveBack({ bulkId, justification: 'Maintenant' })
    await approve(marc, (await claire.call.bulks.get({ bulkId: again })).request?.id ?? '')
    await work()
    expect(await statuses(ids)).toEqual({ active: 109, suspended: 1 })
  })

  test('is one whether cut into bulks or mixed with clicks, and a bulk the database refuses holds up no other', async () => {
    await world.tamper('delete from lone_revocation')
    const ids = await spread(140)
    const first = await begun(olivier, 'revoke', names(ids.slice(0, 60)))
    const second = await begun(olivier, 'revoke', names(ids.slice(60, 120)))
    await work()
    expect((await olivier.call.bulks.get({ bulkId: first })).done).toBe(60)
    const { status, done, leftAlone } = await olivier.call.bulks.get({ bulkId: second })
    expect([status, done, leftAlone]).toEqual(['finished', 0, [{ code: 'mass-revocation', count: 60 }]])
    // Drawn now, it is a mass action from the start.
    expect((await drawn(olivier, 'revoke', names(ids.slice(60, 120)))).mass).toBe(true)

    const poisoned = await begun(olivier, 'suspend', names([ids[121] ?? '']))
    const healthy = await begun(olivier, 'suspend', names([ids[122] ?? '']))
    await world.owner.query(`create function poison() returns trigger language plpgsql as $$ begin perform refuse('P5', 'for the test'); end $$;
      create trigger poison before update on account for each row when (new.id = '${ids[121]}') execute function poison()`)
    await work()
    expect([
      (await olivier.call.bulks.get({ bulkId: poisoned })).status,
      (await olivier.call.bulks.get({ bulkId: poisoned })).halted,
    ]).toEqual(['paused', 'P5'])
    expect((await olivier.call.bulks.get({ bulkId: healthy })).status).toBe('finished')
    await world.owner.query('drop trigger poison on account; drop function poison')
    await olivier.call.bulks.resume({ bulkId: poisoned })
    await work()
    expect((await olivier.call.bulks.get({ bulkId: poisoned })).status).toBe('finished')
  })

  test('whose request its orderer cancels, or loses with their account, stays a suspension that comes back as a whole', async () => {
    const ids = await spread(105)
    const bulkId = await begun(olivier, 'revoke', names(ids))
    await work()
    const { request } = await olivier.call.bulks.get({ bulkId })
    await olivier.call.requests.cancel({ requestId: request?.id ?? '' })
    await work()
    const bulk = await claire.call.bulks.get({ bulkId })
    expect([bulk.status, bulk.can.giveBack]).toEqual(['finished', null])
    const { bulkId: back } = await claire.call.bulks.giveBack({ bulkId, justification: 'Retour' })
    await approve(marc, (await claire.call.bulks.get({ bulkId: back })).request?.id ?? '')
    await work()
    expect(await statuses(ids)).toEqual({ active: 105 })
  })

  test('is told to everybody who could hold it up', async () => {
    const bulkId = await begun(olivier, 'revoke', names(await spread(101)))
    const { rows } = await world.owner.query<{ login: string }>(
      `select a.login from outbox o join audit_entry e on e.id = o.entry_id join account a on a.id = o.account_id where e.subject_id = $1 and o.destination = 'mail.bulk'`,
      [bulkId],
    )
    expect(rows.map(({ login }) => login)).toEqual(expect.arrayContaining(['claire.fontaine', 'marc.delorme', 'helene.garnier']))
    expect(rows.map(({ login }) => login)).not.toContain('olivier.perrin')
    await olivier.call.bulks.stop({ bulkId })
  })

  test('cannot be cut into clicks: beyond a hundred a day, or most of a structure at once, one person only suspends', async () => {
    const ids = await spread(102)
    await world.tamper('delete from lone_revocation')
    expect(await outcome(olivier.call.accounts.revoke({ accountIds: [...ids.slice(0, 101)] }))).toBe('mass-revocation')
    await olivier.call.accounts.revoke({ accountIds: [...ids.slice(0, 100)] })
    // What one takes back at once does not count.
    await olivier.call.accounts.undo({ accountId: ids[0] ?? '' })
    expect((await olivier.call.accounts.revoke({ accountIds: [ids[0] ?? ''] }))[0]?.refusal).toBeNull()
    expect(await outcome(olivier.call.accounts.revoke({ accountIds: [ids[100] ?? ''] }))).toBe('mass-revocation')
    expect((await olivier.call.accounts.suspend({ accountIds: [ids[100] ?? ''] }))[0]?.refusal).toBeNull()
    await world.tamper(`update lone_revocation set at = at - interval '25 hours'`)
    expect((await olivier.call.accounts.revoke({ accountIds: [ids[101] ?? ''] }))[0]?.refusal).toBeNull()
    const { rows } = await world.owner.query<{ ids: string[] }>(
      `select array_agg(a.id) as ids from account a where a.status = 'active' and a.structure_id is not null and not exists (select 1 from role_grant g where g.account_id = a.id)
       group by a.structure_id having count(*) > 5 order by count(*) limit 1`,
    )
    expect(await outcome(olivier.call.accounts.revoke({ accountIds: rows[0]?.ids ?? [] }))).toBe('mass-revocation')
  })

  test('is one where it takes more than three who hold a role, in a bulk or click by click', async () => {
    const { rows } = await world.owner.query<{ id: string }>(
      `select g.account_id as id from role_grant g join account a on a.id = g.account_id and a.status = 'active' where g.role = 'account-manager' and g.revoked_at is null order by 1 limit 5`,
    )
    const ids = rows.map(({ id }) => id)
    expect((await drawn(olivier, 'revoke', names(ids.slice(0, 4)))).mass).toBe(true)
    await world.tamper('delete from lone_revocation')
    for (const id of ids.slice(0, 3)) await olivier.call.accounts.revoke({ accountIds: [id] })
    expect(await outcome(olivier.call.accounts.revoke({ accountIds: [ids[3] ?? ''] }))).toBe('mass-revocation')
  })

  test('is one where the roles were taken away first, or after', async () => {
    const { rows } = await world.owner.query<{ id: string; home: string }>(
      `select g.account_id as id, g.organisation_id as home from role_grant g join account a on a.id = g.account_id and a.status = 'active'
       where g.role = 'account-manager' and g.revoked_at is null order by 1 desc limit 4`,
    )
    await world.tamper('delete from lone_revocation')
    const [first, ...others] = rows
    for (const { id } of others) await olivier.call.accounts.revoke({ accountIds: [id] })
    for (const { id, home } of rows)
      await olivier.call.accounts.revokeRole({ accountId: id, role: 'account-manager', organisationId: home })
    expect(await outcome(olivier.call.accounts.revoke({ accountIds: [first?.id ?? ''] }))).toBe('mass-revocation')
  })

  test('cut into small suspensions is as loud as one', async () => {
    const loud = async (bulkId: string) =>
      (
        await world.owner.query(
          `select 1 from outbox o join audit_entry e on e.id = o.entry_id where e.subject_id = $1 and o.destination = 'mail.bulk'`,
          [bulkId],
        )
      ).rowCount
    const bulkId = await begun(olivier, 'suspend', names(await spread(1)))
    expect(await loud(bulkId)).toBeGreaterThan(0)
    const sophie = await world.as('sophie.marchand')
    expect(await loud(await begun(sophie, 'suspend', names([await make.agentOf('Mission locale de Lyon', 0)])))).toBe(0)
    await work()
  })

  test('has its return in the hands of who asked for it, not of who put them out; nor does that person sign it', async () => {
    const ids = await spread(1_050)
    const bulkId = await begun(olivier, 'suspend', names(ids))
    await work()
    const { bulkId: back } = await marc.call.bulks.giveBack({ bulkId, justification: 'Retour' })
    await approve(claire, (await marc.call.bulks.get({ bulkId: back })).request?.id ?? '')
    await step(marc, back)
    expect(await outcome(olivier.call.bulks.stop({ bulkId: back }))).toBe('not-permitted')
    await work()
    expect(await statuses(ids)).toEqual({ active: 1_050 })

    const own = await begun(marc, 'suspend', names(ids.slice(0, 2))).catch(() => null)
    expect(own).toBeNull()
    const sophie = await world.as('sophie.marchand')
    const hers = [await make.agentOf('Mission locale de Lyon', 0), await make.agentOf('Mission locale de Lyon', 1)]
    const ordered = await begun(sophie, 'suspend', names(hers))
    await work()
    const { bulkId: returned } = await marc.call.bulks.giveBack({ bulkId: ordered, justification: 'Retour' })
    const requestId = (await marc.call.bulks.get({ bulkId: returned })).request?.id ?? ''
    expect(await outcome(approve(sophie, requestId))).toBe('not-independent')
    await approve(claire, requestId)
    await work()
    expect(await statuses(hers)).toEqual({ active: 2 })
  })

  test('ends with the sessions of its orderer, and touches nobody who was given a role since the dry run', async () => {
    const agent = await make.agentOf('Mission locale de Lille', 3)
    await make.role(agent, 'it-admin', await make.organisation('Réseau pour l’emploi', 'nation'))
    const admin = await world.enter(agent)
    const ids = await spread(1_030)
    const bulkId = await begun(admin, 'suspend', names(ids))
    await step(admin, bulkId)
    await world.tamper('update account set epoch = epoch + 1 where id = $1', [agent])
    await world.tamper('delete from session where account_id = $1', [agent])
    await work()
    expect((await olivier.call.bulks.get({ bulkId })).status).toBe('stopped')
    expect(await statuses(ids)).toEqual({ active: 30, suspended: 1_000 })

    const [promoted = ''] = await spread(1)
    const { id, listHash } = await drawn(olivier, 'suspend', names([promoted]))
    await make.role(promoted, 'auditor', await make.organisation('Mission locale de Lyon'))
    await olivier.call.bulks.start({ bulkId: id, seen: listHash, justification: 'Exercice' })
    await work()
    expect((await olivier.call.bulks.get({ bulkId: id })).leftAlone).toEqual([{ code: 'changed-since', count: 1 }])
  })

  test('of clicks comes back like one of a bulk: whatever one person put out since then is a selection', async () => {
    const sophie = await world.as('sophie.marchand')
    const since = new Date().toISOString()
    const ids = [await make.agentOf('Mission locale de Lyon', 0), await make.agentOf('Mission locale de Lyon', 1)]
    for (const id of ids) await sophie.call.accounts.suspend({ accountIds: [id] })
    const bulk = await drawn(marc, 'reinstate', { from: 'ended-by', accountId: sophie.person.id, since })
    expect(bulk.impact.counts).toMatchObject({ change: 2, already: 0, refused: 0 })
    const request = await begun(marc, 'reinstate', { from: 'ended-by', accountId: sophie.person.id, since }).then((bulkId) =>
      marc.call.bulks.get({ bulkId }),
    )
    await approve(claire, request.request?.id ?? '')
    await work()
    expect(await statuses(ids)).toEqual({ active: 2 })
  })

  test('never takes IT admins, policy owners or oneself along', async () => {
    const bulk = await drawn(olivier, 'revoke', names([claire.person.id, olivier.person.id, ...(await spread(1))]))
    expect(bulk.impact.counts).toMatchObject({ change: 1, already: 0, refused: 2 })
    expect(bulk.impact.reasons.map(({ code }) => code).toSorted()).toEqual(['guardian-one-by-one', 'own-account'])
  })
})
