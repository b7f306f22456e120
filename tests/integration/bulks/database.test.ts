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
  work,
  world,
} from '../../support/bulk-ground.ts'
import { outcome, verdictOfDatabase } from '../../support/make.ts'

onBulkGround()

describe('the database itself', () => {
  const inOne = async (...statements: readonly (readonly [string, (readonly unknown[])?])[]) => {
    const client = await world.pool.connect()
    try {
      await client.query('begin')
      for (const [text, values = []] of statements) await client.query(text, [...values])
      await client.query('commit')
    } catch (error) {
      await client.query('rollback')
      throw error
    } finally {
      client.release()
    }
  }
  const audited = (subject: string, type = 'bulk.advanced') =>
    [
      `insert into audit_entry (id, at, type, subject_id, origin, data, transaction_id) values (gen_random_uuid(), now(), $2, $1, '{"channel":"job"}', '{}', pg_current_xact_id())`,
      [subject, type],
    ] as const

  test('gives nobody of a list back that nobody has countersigned, nor anybody who is not on it, nor twice', async () => {
    const ids = await spread(120)
    const bulkId = await begun(olivier, 'suspend', names(ids))
    await work()
    const { bulkId: back } = await marc.call.bulks.giveBack({ bulkId, justification: 'Retour' })
    const requestId = (await marc.call.bulks.get({ bulkId: back })).request?.id ?? ''
    const mark = [`update bulk_line set outcome = 'done' where bulk_id = $1 and account_id = $2`, [back, ids[0]]] as const
    const lift = (id: string | undefined) =>
      [
        `update account set status = 'active', previous_status = null, status_changed_at = now(), status_changed_by = null, epoch = epoch + 1, authorised_by_request_id = $2 where id = $1`,
        [id, requestId],
      ] as const
    expect(await verdictOfDatabase(inOne(lift(ids[0]), audited(ids[0] ?? '')))).toBe('P1')
    expect(await verdictOfDatabase(inOne(mark, lift(ids[0]), audited(ids[0] ?? '')))).toBe('P3')
    expect(await verdictOfDatabase(inOne([`update bulk set status = 'running' where id = $1`, [back]], audited(back)))).toBe('P1')
    const stranger = (await spread(1, 200))[0] ?? ''
    expect(
      await verdictOfDatabase(
        inOne([`insert into bulk_line (bulk_id, account_id, epoch, plan) values ($1, $2, 1, 'change')`, [back, stranger]]),
      ),
    ).toBe('P3')
    expect(await verdictOfDatabase(inOne([`update bulk_line set plan = 'refused' where bulk_id = $1`, [back]]))).toBe('42501')
    expect(await verdictOfDatabase(inOne([`update bulk set list_hash = 'x' where id = $1`, [back]]))).toBe('42501')
    await approve(claire, requestId)
    await work()
    expect(await statuses(ids)).toEqual({ active: 120 })
    expect(await verdictOfDatabase(inOne(mark))).toBe('P3')
  })

  test('executes the list that was countersigned, not what has become of it, and takes no signature of who stands on it', async () => {
    const supervisor = await make.agentOf('Mission locale de Lille', 2)
    const ids = await spread(110)
    const bulkId = await begun(olivier, 'revoke', names([...ids, supervisor]))
    await work()
    const requestId = (await olivier.call.bulks.get({ bulkId })).request?.id ?? ''
    // Back by another way, and still on the list.
    await world.tamper(`update account set status = 'active' where id = $1`, [supervisor])
    await world.tamper(
      `insert into role_grant (id, account_id, role, organisation_id, request_id, granted_at) select gen_random_uuid(), $1, 'policy-owner', o.id, g.request_id, now() from organisation o, role_grant g where o.level = 'nation' limit 1`,
      [supervisor],
    )
    const back = await world.enter(supervisor)
    expect(await outcome(approve(back, requestId))).toBe('own-account')
    const signature = [
      `insert into approval (id, request_id, approver_id, content_hash, independent, given_at) select gen_random_uuid(), id, $2, content_hash, true, now() from request where id = $1`,
      [requestId, supervisor],
    ] as const
    expect(await verdictOfDatabase(inOne(signature, audited(requestId, 'request.approval-given')))).toBe('P1')
    await world.tamper(`update bulk_line set outcome = 'done' where bulk_id = $1 and account_id = $2`, [bulkId, ids[0]])
    const late = approve(claire, requestId).catch((error: Error) => {
      throw error.cause
    })
    expect(await verdictOfDatabase(late)).toBe('P3')
    await world.tamper(`update role_grant set revoked_at = now() where account_id = $1`, [supervisor])
    await world.tamper(`delete from session where account_id = $1`, [supervisor])
    await world.tamper(`update account set status = 'suspended' where id = $1`, [supervisor])
    await world.owner.query('select recount_accounts()')
  })

  test('takes one countersigned list for itself alone: no other bulk, and no line that it had not contained', async () => {
    await world.tamper('delete from lone_revocation')
    const ids = await spread(204)
    const signed = await begun(olivier, 'revoke', names(ids.slice(0, 102)))
    await work()
    const old = (await olivier.call.bulks.get({ bulkId: signed })).request?.id ?? ''
    await approve(claire, old)
    const other = (await drawn(olivier, 'revoke', names(ids.slice(102, 104)))).id
    expect(
      await verdictOfDatabase(inOne([`update bulk set status = 'running', request_id = $2 where id = $1`, [other, old]], audited(other))),
    ).toBe('P3')
    // Nothing is done to a line while its bulk does not run, nor twice.
    expect(await verdictOfDatabase(inOne([`update bulk_line set outcome = 'done' where bulk_id = $1`, [other]]))).toBe('P3')
    await work()
    expect(await verdictOfDatabase(inOne([`update bulk_line set outcome = 'done' where bulk_id = $1`, [signed]]))).toBe('P3')
    const late = await begun(olivier, 'revoke', names(ids.slice(102)))
    expect(
      await verdictOfDatabase(
        inOne(
          [`update bulk_line set outcome = 'contained' where bulk_id = $1`, [late]],
          [`update bulk_line set outcome = 'done' where bulk_id = $1`, [late]],
        ),
      ),
    ).toBe('P3')
    await olivier.call.bulks.stop({ bulkId: late })
  })

  test('holds a line back that is not committed when its bulk is drawn', async () => {
    const bulk = await drawn(olivier, 'suspend', names(await spread(2)))
    const id = '01900000-0000-7000-8000-0000000000cc'
    const smuggler = await world.pool.connect()
    await smuggler.query('begin')
    await smuggler.query(`insert into bulk_line (bulk_id, account_id, epoch, plan) values ($1, $2, 1, 'change')`, [
      id,
      (await spread(1, 50))[0],
    ])
    const copy = inOne(
      [
        `insert into bulk_line (bulk_id, account_id, epoch, plan) select $2, account_id, epoch, plan from bulk_line where bulk_id = $1`,
        [bulk.id, id],
      ],
      [
        `insert into bulk (id, verb, status, step, orderer_id, orderer_epoch, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, selection, unknown, planned, impact, mass, list_hash, previewed_at)
         select $2, verb, status, step, orderer_id, orderer_epoch, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, selection, unknown, planned, impact, mass, list_hash, previewed_at from bulk where id = $1`,
        [bulk.id, id],
      ],
      audited(id),
    )
    await new Promise((done) => setTimeout(done, 200))
    await smuggler.query('commit')
    smuggler.release()
    expect(await verdictOfDatabase(copy)).toBe('P3')
  })

  test('takes no request for a list but with its hash, and two signatures where the list reaches the nation', async () => {
    const [national = ''] = await spread(1)
    await world.tamper(`update account set profile_id = 'national-support' where id = $1`, [national])
    await world.owner.query('select recount_accounts()')
    const bulkId = await begun(olivier, 'suspend', names([national]))
    await work()
    const { bulkId: back } = await marc.call.bulks.giveBack({ bulkId, justification: 'Retour' })
    const { request } = await marc.call.bulks.get({ bulkId: back })
    const { rows } = await world.owner.query<{ needed: number }>('select approvals_needed as needed from request where id = $1', [
      request?.id,
    ])
    expect(rows).toEqual([{ needed: 2 }])
    const file = (needed: number, change: string) =>
      [
        `insert into request (id, kind, status, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, requester_id, channel, content, content_hash, approvals_needed, approver_roles, demand, submitted_at, expires_at)
         select gen_random_uuid(), kind, 'pending', organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, requester_id, channel, c.text::json, encode(sha256(c.text::bytea), 'hex'), $2, approver_roles, demand, now(), now() + interval '1 day'
         from request, lateral (select ${change} as text) c where id = $1`,
        [request?.id, needed],
      ] as const
    expect(await verdictOfDatabase(inOne(file(1, 'content::text')))).toBe('P4')
    expect(await verdictOfDatabase(inOne(file(2, `replace(content::text, content ->> 'listHash', repeat('0', 64))`)))).toBe('P3')
    expect(await verdictOfDatabase(inOne(file(2, `replace(content::text, '"accounts":1', '"accounts":2')`)))).toBe('P3')
  })

  test('takes no change of a bulk without its entry', async () => {
    const bulkId = await begun(olivier, 'suspend', names(await spread(1)))
    expect(await verdictOfDatabase(inOne([`update bulk set status = 'paused' where id = $1`, [bulkId]]))).toBe('P6')
    await olivier.call.bulks.stop({ bulkId })
  })

  test('makes no more than a hundred revocations of one hand final without a countersigned list', async () => {
    await world.tamper('delete from lone_revocation')
    const ids = await spread(101)
    const end = `update account set previous_status = status, status = 'revoked', status_changed_at = now(), status_changed_by = $2, epoch = epoch + 1 where id = any($1)`
    expect(await verdictOfDatabase(inOne([end, [ids, olivier.person.id]]))).toBe('P10')
    expect(await verdictOfDatabase(inOne([`insert into lone_revocation values ($1, $1, now())`, [olivier.person.id]]))).toBe('42501')
    expect(await verdictOfDatabase(inOne([`delete from lone_revocation`]))).toBe('42501')
  })

  test.each([
    ['list', `md5('x')`, 'organisation_id', 'planned', 'P3'],
    ['length', 'list_hash', 'organisation_id', 'planned + 1', 'P3'],
    ['place', 'list_hash', `(select id from organisation where name = 'Mission locale de Lille' and level = 'structure')`, 'planned', 'P7'],
  ])('takes no bulk whose %s is not what its lines say', async (_, hash, place, planned, promise) => {
    const bulk = await drawn(olivier, 'suspend', names(await spread(3)))
    const id = '01900000-0000-7000-8000-0000000000aa'
    await world.tamper('delete from bulk_line where bulk_id = $1', [id])
    const lines = [
      `insert into bulk_line (bulk_id, account_id, epoch, plan) select $2, account_id, epoch, plan from bulk_line where bulk_id = $1`,
      [bulk.id, id],
    ] as const
    const copy = [
      `insert into bulk (id, verb, status, step, orderer_id, orderer_epoch, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, selection, unknown, planned, impact, mass, list_hash, previewed_at)
       select $2, b.verb, b.status, b.step, b.orderer_id, b.orderer_epoch, o.id, o.nation_id, o.network_id, o.region_id, o.departement_id, o.structure_id, o.site_id, b.selection, b.unknown, ${planned}, b.impact, b.mass, ${hash}, b.previewed_at
       from bulk b join organisation o on o.id = ${place.replace('organisation_id', 'b.organisation_id')} where b.id = $1`,
      [bulk.id, id],
    ] as const
    expect(await verdictOfDatabase(inOne(lines, copy, audited(id)))).toBe(promise)
  })

  test('takes no revocation of more than a hundred that is not drawn as a mass action', async () => {
    const bulk = await drawn(olivier, 'revoke', names(await spread(101)))
    const id = '01900000-0000-7000-8000-0000000000bb'
    const lines = [
      `insert into bulk_line (bulk_id, account_id, epoch, plan) select $2, account_id, epoch, plan from bulk_line where bulk_id = $1`,
      [bulk.id, id],
    ] as const
    const copy = [
      `insert into bulk (id, verb, status, step, orderer_id, orderer_epoch, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, selection, unknown, planned, impact, mass, list_hash, previewed_at)
       select $2, verb, status, 'act', orderer_id, orderer_epoch, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, selection, unknown, planned, impact, false, list_hash, previewed_at from bulk where id = $1`,
      [bulk.id, id],
    ] as const
    expect(await verdictOfDatabase(inOne(lines, copy, audited(id)))).toBe('P3')
  })
})
