import { createHash } from 'node:crypto'
import { advance } from '@countersign/server/features/bulks/advance.ts'
import { reportOf } from '@countersign/server/features/bulks/conclude.ts'
import { workBulks } from '@countersign/server/features/bulks/work.ts'
import { ordererOf } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import type { BulkSelection, BulkVerb } from '@countersign/shared/bulks/bulk.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makerOf, outcome, verdictOfDatabase } from '../support/make.ts'
import { openWorld, type Signed, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
let olivier: Signed
let claire: Signed
let marc: Signed

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  olivier = await world.as('olivier.perrin')
  claire = await world.as('claire.fontaine')
  marc = await world.as('marc.delorme')
})
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

const names = (all: readonly string[]): BulkSelection => ({ from: 'names', text: all.join(', ') })
const drawn = async (by: Signed, verb: BulkVerb, selection: BulkSelection) => {
  const { bulkId } = await by.call.bulks.preview({ verb, selection })
  return by.call.bulks.get({ bulkId })
}
const begun = async (by: Signed, verb: BulkVerb, selection: BulkSelection): Promise<string> => {
  const { id, listHash } = await drawn(by, verb, selection)
  await by.call.bulks.start({ bulkId: id, seen: listHash, justification: 'Exercice' })
  return id
}
const work = () => workBulks(world.db, () => false)
const step = (by: Signed, bulkId: string) =>
  runCommitted(advance, { db: world.db, actor: ordererOf(by.person.id, by.person.epoch), origin: { channel: 'job' } }, { bulkId })
/** Active accounts without a role, one of a structure, so that no structure loses more than a few. */
const spread = async (count: number, offset = 0): Promise<readonly string[]> => {
  const { rows } = await world.owner.query<{ id: string }>(
    `select id from (select a.id, row_number() over (partition by a.structure_id order by a.id) as nth from account a
      where a.status = 'active' and a.structure_id is not null and a.login <> 'paul.martin' and not exists (select 1 from role_grant g where g.account_id = a.id)) a
     order by nth, id limit $1 offset $2`,
    [count, offset],
  )
  return rows.map(({ id }) => id)
}
const statuses = async (ids: readonly string[]) => {
  const { rows } = await world.owner.query<{ status: string; count: number }>(
    'select status, count(*)::int as count from account where id = any($1) group by status order by status',
    [ids],
  )
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]))
}
const approve = async (by: Signed, requestId: string) => by.call.requests.approve({ requestId, seen: await make.hashOf(requestId) })

describe('a dry run', () => {
  test('sorts what was pasted into four lists and does nothing', async () => {
    const sophie = await world.as('sophie.marchand')
    const mine = await make.agentOf('Mission locale de Lyon')
    const gone = await make.agentOf('Mission locale de Lyon', 1)
    await sophie.call.accounts.suspend({ accountIds: [gone] })
    const { rows } = await world.owner.query<{ login: string; email: string }>('select login, email from account where id = $1', [mine])
    const elsewhere = await world.idOf('thomas.vasseur')
    const bulk = await drawn(sophie, 'suspend', {
      from: 'names',
      text: `<${rows[0]?.email.toUpperCase()}>;\n${gone}\t${sophie.person.id} | nobody.here, ${elsewhere}`,
    })
    expect(bulk.impact.counts).toEqual({ change: 1, already: 1, refused: 0, unknown: 3 })
    // Outside scope reads as unknown.
    expect(bulk.unknown).toEqual([sophie.person.id, 'nobody.here', elsewhere])
    expect((await sophie.call.bulks.lines({ bulkId: bulk.id, list: 'change' })).rows.map(({ accountId }) => accountId)).toEqual([mine])
    expect(await statuses([mine])).toEqual({ active: 1 })
    expect(await world.entriesAbout(bulk.id)).toEqual(['bulk.previewed'])
    await sophie.call.accounts.undo({ accountId: gone })
  })

  test('counts what goes along: sessions, requests, structures without a countersigner, last holders, citizens’ files once each', async () => {
    const nadia = await world.as('nadia.roux')
    await make.pending(nadia)
    const [sophie, agent] = [await world.idOf('sophie.marchand'), await make.agentOf('Mission locale de Lyon', 3)]
    await world.enter(agent)
    const { impact } = await drawn(olivier, 'suspend', names([nadia.person.id, sophie, agent]))
    expect(impact.sessions).toBeGreaterThanOrEqual(2)
    expect(impact.requests).toBeGreaterThanOrEqual(1)
    expect(impact.roles).toContainEqual({ role: 'account-manager', count: 1 })
    expect(impact.lastHolders).toContainEqual({ role: 'account-manager', places: 1, first: ['Mission locale de Lyon'] })
    // Sophie reaches her region, and with it whatever Nadia and the agent reach there: counted once.
    const { rows } = await world.owner.query<{ files: number }>(
      `select sum(total_caseload)::int as files from organisation o where id in (select case p.data_scope when 'region' then coalesce(a.region_id, a.network_id) else coalesce(a.structure_id, a.region_id, a.network_id) end
         from account a join profile p on p.id = a.profile_id where a.id = any($1)) and not exists (select 1 from organisation w where w.path @> o.path and w.id <> o.id and w.id in
        (select case p.data_scope when 'region' then coalesce(a.region_id, a.network_id) else coalesce(a.structure_id, a.region_id, a.network_id) end from account a join profile p on p.id = a.profile_id where a.id = any($1)))`,
      [[nadia.person.id, sophie, agent]],
    )
    expect([impact.files, impact.files > 0]).toEqual([rows[0]?.files, true])
  })

  test('names the structures that would have nobody left to countersign for them', async () => {
    const { rows } = await world.owner.query<{ id: string }>(
      `select g.account_id as id from role_grant g join organisation o on o.id = g.organisation_id where g.role = 'supervisor' and g.revoked_at is null and o.region_id = (
        select region_id from organisation where name = 'Mission locale de Lyon' and level = 'structure')`,
    )
    const { impact } = await drawn(olivier, 'suspend', names(rows.map(({ id }) => id)))
    const structures = await world.owner.query(
      `select 1 from organisation where level = 'structure' and region_id = (select region_id from organisation where name = 'Mission locale de Lyon' and level = 'structure')`,
    )
    expect(impact.unguarded).toEqual([{ role: 'supervisor', places: structures.rowCount, first: expect.any(Array) }])
  })

  test('reads the right column of a spreadsheet’s file, and refuses a file that names nobody', async () => {
    const agent = await make.agentOf('Mission locale de Lyon', 4)
    const { rows } = await world.owner.query<{ login: string }>('select login from account where id = $1', [agent])
    const csv = `\ufeffNom;Identifiant;Ville\r\n"Martin; Paul";${rows[0]?.login};Lyon\r\n`
    const bulk = await drawn(olivier, 'suspend', { from: 'csv', text: csv, fileName: 'liste.csv' })
    expect([bulk.impact.counts.change, bulk.impact.counts.unknown]).toEqual([1, 0])
    const nameless = olivier.call.bulks.preview({
      verb: 'suspend',
      selection: { from: 'csv', text: 'Nom;Ville\r\nx;y\r\n', fileName: 'liste.csv' },
    })
    expect(await outcome(nameless)).toBe('file-without-names')
  })

  test('of all that match leaves out who was unticked, who came later and who changed since', async () => {
    const filter = { organisation: await make.organisation('Mission locale de Lyon'), status: 'active' as const }
    const at = new Date().toISOString()
    const { rows } = await olivier.call.accounts.list(filter)
    const [spared = '', changed = ''] = rows.filter(({ roles }) => roles.length === 0).map(({ id }) => id)
    await make.account()
    await olivier.call.accounts.suspend({ accountIds: [changed] })
    await olivier.call.accounts.undo({ accountId: changed })
    const bulk = await drawn(olivier, 'suspend', { from: 'filter', filter, at, except: [spared] })
    const total = (await olivier.call.accounts.facets(filter)).total.count
    // Without the one spared and the newcomer; the changed one is on the list of the refused.
    expect(bulk.impact.counts).toEqual({ change: total - 3, already: 0, refused: 1, unknown: 0 })
    expect(bulk.impact.reasons).toEqual([{ code: 'changed-since', count: 1 }])
  })

  test('of a filter that is not understood is refused, never read as everybody', async () => {
    const selection = { from: 'filter', filter: { status: 'actif' }, at: new Date().toISOString(), except: [] }
    await expect(olivier.call.bulks.preview({ verb: 'suspend', selection: selection as never })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
  })

  test('is confirmed by whoever made it, once, naming the list they saw', async () => {
    const { id, listHash } = await drawn(olivier, 'suspend', names(await spread(2)))
    const input = { bulkId: id, seen: listHash, justification: 'Exercice' }
    expect(await outcome(claire.call.bulks.start(input))).toBe('not-found')
    expect(await outcome(claire.call.bulks.get({ bulkId: id }))).toBe('not-found')
    expect(await outcome(olivier.call.bulks.start({ ...input, seen: '0'.repeat(64) }))).toBe('content-changed')
    await olivier.call.bulks.start(input)
    expect(await outcome(olivier.call.bulks.start(input))).toBe('already-decided')
    await olivier.call.bulks.stop({ bulkId: id })
  })
})

describe('a run', () => {
  test('of resets asks for each, and whoever has one pending is left alone', async () => {
    const nadia = await world.as('nadia.roux')
    const agents = [await make.agentOf('Mission locale de Lyon', 0), await make.agentOf('Mission locale de Lyon', 1)]
    const bulkId = await begun(nadia, 'reset', names(agents))
    await nadia.call.requests.submit({ kind: 'reset-credentials', accountId: agents[0] ?? '', justification: 'Seule' })
    await work()
    const bulk = await nadia.call.bulks.get({ bulkId })
    expect([bulk.status, bulk.done, bulk.skipped]).toEqual(['finished', 1, 1])
    const pending = await world.owner.query(
      `select 1 from request where kind = 'reset-credentials' and status = 'pending' and subject_id = any($1)`,
      [agents],
    )
    expect(pending.rowCount).toBe(2)
  })

  test('of 1,200 suspensions acts on each once, tells of each, and proves its report by a hash in the audit', async () => {
    const ids = await spread(1_200)
    const bulkId = await begun(olivier, 'suspend', names(ids))
    await work()
    const bulk = await olivier.call.bulks.get({ bulkId })
    expect([bulk.status, bulk.done, bulk.skipped]).toEqual(['finished', 1_200, 0])
    expect(await statuses(ids)).toEqual({ suspended: 1_200 })
    const told = await world.owner.query(
      `select 1 from audit_entry where type = 'account.suspended' and subject_id = any($1) and data ->> 'bulkId' = $2 and actor_id = $3`,
      [ids, bulkId, olivier.person.id],
    )
    expect(told.rowCount).toBe(1_200)
    expect(await world.entriesAbout(bulkId)).toEqual(['bulk.previewed', 'bulk.started', 'bulk.advanced', 'bulk.advanced', 'bulk.finished'])
    const hash = createHash('sha256')
    for await (const part of reportOf(world.db, bulkId)) hash.update(part)
    expect(bulk.reportHash).toBe(hash.digest('hex'))
    // And back again, all of them, by one request that somebody else countersigns.
    const { bulkId: back } = await marc.call.bulks.giveBack({ bulkId, justification: 'Fausse alerte' })
    const request = (await marc.call.bulks.get({ bulkId: back })).request
    expect(await outcome(approve(marc, request?.id ?? ''))).toBe('own-request')
    await approve(claire, request?.id ?? '')
    await work()
    expect(await statuses(ids)).toEqual({ active: 1_200 })
    expect(await world.entriesAbout(ids[0] ?? '')).toContain('account.reinstated')
  })

  test('leaves alone, and reports, an account that changed since the dry run', async () => {
    const [changed = '', plain = ''] = await spread(2)
    const { id, listHash } = await drawn(olivier, 'suspend', names([changed, plain]))
    await olivier.call.accounts.suspend({ accountIds: [changed] })
    await olivier.call.accounts.undo({ accountId: changed })
    await olivier.call.bulks.start({ bulkId: id, seen: listHash, justification: 'Exercice' })
    await work()
    expect(await statuses([changed, plain])).toEqual({ active: 1, suspended: 1 })
    const { rows } = await olivier.call.bulks.lines({ bulkId: id, list: 'skipped' })
    expect(rows.map(({ accountId, outcome: why }) => [accountId, why])).toEqual([[changed, 'changed-since']])
  })

  test('is paused between two chunks, goes on where it stood, and is stopped for good', async () => {
    const ids = await spread(1_100)
    const bulkId = await begun(olivier, 'suspend', names(ids))
    await step(olivier, bulkId)
    expect(await olivier.call.bulks.pause({ bulkId })).toBe('paused')
    await work()
    expect(await statuses(ids)).toEqual({ active: 100, suspended: 1_000 })
    await olivier.call.bulks.resume({ bulkId })
    // By anybody who could ask for its return.
    expect(await outcome(claire.call.bulks.resume({ bulkId }))).toBe('not-permitted')
    expect(await claire.call.bulks.stop({ bulkId })).toBe('stopped')
    await work()
    expect(await statuses(ids)).toEqual({ active: 100, suspended: 1_000 })
    expect(await outcome(olivier.call.bulks.resume({ bulkId }))).toBe('already-in-state')
  })

  test('ends with its orderer: who is put out orders nothing any more', async () => {
    const other = await make.agentOf('Mission locale de Lille', 1)
    await make.role(other, 'it-admin', await make.organisation('Réseau pour l’emploi', 'nation'))
    const admin = await world.enter(other)
    const ids = await spread(1_050)
    const bulkId = await begun(admin, 'suspend', names(ids))
    await step(admin, bulkId)
    await olivier.call.accounts.suspend({ accountIds: [other] })
    await work()
    expect((await olivier.call.bulks.get({ bulkId })).status).toBe('stopped')
    expect(await statuses(ids)).toEqual({ active: 50, suspended: 1_000 })
    await olivier.call.accounts.undo({ accountId: other })
  })
})

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
        `insert into request (id, kind, status, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, requester_id, channel, content, content_hash, approvals_needed, approver_roles, submitted_at, expires_at)
         select gen_random_uuid(), kind, 'pending', organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, requester_id, channel, c.text::json, encode(sha256(c.text::bytea), 'hex'), $2, approver_roles, now(), now() + interval '1 day'
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
