import { recheckSignatures } from '@countersign/server/jobs.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makerOf, outcome, verdictOfDatabase } from '../support/make.ts'
import { openWorld, type Signed, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
let claire: Signed
let marc: Signed
let helene: Signed
beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  claire = await world.as('claire.fontaine')
  marc = await world.as('marc.delorme')
  helene = await world.as('helene.garnier')
})
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

/** A role asked by Claire that Marc has signed; somebody else has yet to. */
const halfSigned = async () => {
  const accountId = await make.agentOf('Mission locale de Lille')
  const organisationId = await make.organisation('Mission locale de Lille')
  const id = await make.askedRole(claire, accountId, 'account-manager', organisationId)
  await marc.call.requests.approve({ requestId: id, seen: await make.hashOf(id) })
  return id
}
/** As if Claire had asked for a reset of Marc's at this time, and it had been done. */
const related = (id: string, at: string) =>
  world.tamper(
    `insert into lineage (id, kind, from_account_id, to_account_id, request_id, at) values (gen_random_uuid(), 'reset', $1, $2, $3, ${at})`,
    [claire.person.id, marc.person.id, id],
  )
const forget = () =>
  world.tamper('delete from lineage where from_account_id = $1 and to_account_id = $2', [claire.person.id, marc.person.id])

test('the list of what waits says of each request what opening it would: whether one is independent of its people', async () => {
  const accountId = await make.agentOf('Mission locale de Lille')
  const id = await make.askedRole(claire, accountId, 'account-manager', await make.organisation('Mission locale de Lille'))
  await related(id, 'now()')
  const waiting = async ({ call }: Signed) => (await call.requests.list({ view: 'queue' })).rows.find((row) => row.id === id)?.independent
  expect([await waiting(marc), await waiting(helene)]).toEqual([false, true])
  expect((await marc.call.requests.get({ requestId: id })).can.approve).toBe('not-independent')
  await claire.call.requests.cancel({ requestId: id })
  await forget()
})

describe('a signature', () => {
  test('that no longer is independent does not count when the next is given', async () => {
    const id = await halfSigned()
    await related(id, 'now()')
    expect(await helene.call.requests.approve({ requestId: id, seen: await make.hashOf(id) })).toBe('pending')
    expect(await world.entriesAbout(id)).toEqual([
      'request.submitted',
      'request.approval-given',
      'request.approval-voided',
      'request.approval-given',
    ])
    await claire.call.requests.cancel({ requestId: id })
    await forget()
  })

  test('looks back as far as the policy in force, and what was carried out before is not held against it', async () => {
    const looksBack = (days: number) =>
      world.tamper(`update policy set document = document || jsonb_build_object('independenceDays', $1::int)`, [days])
    const [done, waiting] = [await halfSigned(), await halfSigned()]
    await helene.call.requests.approve({ requestId: done, seen: await make.hashOf(done) })
    await related(done, `now() - interval '45 days'`)
    expect(await recheckSignatures(world.db, new Date(Date.now() + 1000))).toEqual([])
    await looksBack(60)
    expect(await recheckSignatures(world.db, new Date(Date.now() + 1000))).toEqual([waiting])
    const again = await make.hashOf(waiting)
    expect(await outcome(marc.call.requests.approve({ requestId: waiting, seen: again }))).toBe('not-independent')
    expect((await marc.call.requests.get({ requestId: waiting })).can.approve).toBe('not-independent')
    await looksBack(30)
    expect(await outcome(marc.call.requests.approve({ requestId: waiting, seen: again }))).toBe('allowed')
    expect(await verdictOfDatabase(world.owner.query(`update policy set document = document || '{"independenceDays": 29}'`))).toBe('23514')
    await claire.call.requests.cancel({ requestId: waiting })
    await forget()
  })

  test('is held against the lineage every hour: a dependent one on a pending request is void', async () => {
    const id = await halfSigned()
    expect(await recheckSignatures(world.db, new Date())).toEqual([])
    await related(id, 'now()')
    expect(await recheckSignatures(world.db, new Date(Date.now() + 1000))).toEqual([id])
    expect((await world.entriesAbout(id)).at(-1)).toBe('request.approval-voided')
    expect(await recheckSignatures(world.db, new Date(Date.now() + 1000))).toEqual([])
    await claire.call.requests.cancel({ requestId: id })
    await forget()
  })

  test('that was executed although it depended on the requester is written down once; what happened after it is not held against it', async () => {
    const id = await halfSigned()
    await helene.call.requests.approve({ requestId: id, seen: await make.hashOf(id) })
    await related(id, 'now()')
    expect(await recheckSignatures(world.db, new Date())).toEqual([])
    await forget()
    await related(id, `(select decided_at - interval '1 hour' from request where id = $3)`)
    // Everything these two decided together within the month is in doubt, and this request with it.
    expect(await recheckSignatures(world.db, new Date())).toContain(id)
    expect((await world.entriesAbout(id)).filter((type) => type === 'request.found-dependent').length).toBe(1)
    expect(await recheckSignatures(world.db, new Date())).toEqual([])
    await forget()
  })
})

test('where more hands were had in somebody than are looked at, nobody counts as independent', async () => {
  const [nadia, sophie] = [await world.as('nadia.roux'), await world.as('sophie.marchand')]
  const stranger = await make.agentOf('Mission locale de Lille')
  const { id, seen } = await make.pending(nadia)
  const hands = (many: number, on = nadia.person.id) =>
    world.tamper(
      `insert into lineage (id, kind, from_account_id, to_account_id, request_id, at) select gen_random_uuid(), 'reset', $1, $2, $3, now() - make_interval(secs => n) from generate_series(1, ${many}) n`,
      [stranger, on, id],
    )
  await hands(100)
  expect((await sophie.call.requests.get({ requestId: id })).can.approve).toBe(null)
  await hands(10_001)
  expect(await outcome(sophie.call.requests.approve({ requestId: id, seen }))).toBe('not-independent')

  // Nor does the hourly look take "too many to tell" for "none".
  const signed = await halfSigned()
  await related(signed, 'now()')
  await hands(10_001, marc.person.id)
  expect(await recheckSignatures(world.db, new Date(Date.now() + 1000))).toEqual([signed])
  await claire.call.requests.cancel({ requestId: signed })
  await forget()
  await world.tamper('delete from lineage where from_account_id = $1', [stranger])
})

describe('two hands on one device', () => {
  /** As if both had signed in in one browser, the second after the first. */
  const sameBrowser = (one: Signed, other: Signed) =>
    world.tamper('update session set device_key = (select device_key from session where id = $1) where id = $2', [
      one.person.sessionId,
      other.person.sessionId,
    ])

  test('who asked and who signs: refused, by the database too', async () => {
    const own = await world.as('helene.garnier')
    await sameBrowser(claire, own)
    const id = await halfSigned()
    const seen = await make.hashOf(id)
    expect(await outcome(own.call.requests.approve({ requestId: id, seen }))).toBe('same-device')
    const raw = `insert into approval (id, request_id, approver_id, content_hash, independent, given_at, device_key)
      select gen_random_uuid(), $1, $2, $3, true, now(), (select device_key from request where id = $1)`
    expect(await verdictOfDatabase(world.pool.query(raw, [id, own.person.id, seen]))).toBe('P2')
    // From her own browser she may.
    expect(await helene.call.requests.approve({ requestId: id, seen })).toBe('executed')
  })

  test('who wrote it again and who signs: refused, by the database too, and no hand is taken back', async () => {
    const [nadia, elsewhere, sophie] = [await world.as('nadia.roux'), await world.as('nadia.roux'), await world.as('sophie.marchand')]
    const own = await world.as('sophie.marchand')
    await sameBrowser(elsewhere, own)
    const { id, content } = await make.pending(nadia)
    await elsewhere.call.requests.edit({ requestId: id, content: { ...content, givenName: 'Autre' } })
    const seen = await make.hashOf(id)
    expect(await outcome(own.call.requests.approve({ requestId: id, seen }))).toBe('same-device')
    const raw = `insert into approval (id, request_id, approver_id, content_hash, independent, given_at, device_key)
      select gen_random_uuid(), $1, $2, $3, true, now(), (select edited_on[1] from request where id = $1)`
    expect(await verdictOfDatabase(world.pool.query(raw, [id, own.person.id, seen]))).toBe('P2')
    for (const [forgotten, refused] of Object.entries({ "edited_on = '{}'": 'P2', 'device_key = null': '42501' }))
      expect(await verdictOfDatabase(world.pool.query(`update request set ${forgotten} where id = $1`, [id]))).toBe(refused)
    expect(await sophie.call.requests.approve({ requestId: id, seen })).toBe('executed')
  })

  test('two who sign: refused', async () => {
    const own = await world.as('helene.garnier')
    await sameBrowser(marc, own)
    const id = await halfSigned()
    expect(await outcome(own.call.requests.approve({ requestId: id, seen: await make.hashOf(id) }))).toBe('same-device')
    await claire.call.requests.cancel({ requestId: id })
  })

  test('who called about what nobody known asked, and who signs: refused', async () => {
    const [amina, karim] = [await world.as('amina.benali'), await world.as('karim.haddad')]
    await sameBrowser(amina, karim)
    const accountId = await make.agentOf('Mission locale de Lyon')
    const { rows } = await world.owner.query<{ login: string }>('select login from account where id = $1', [accountId])
    await world.anonymous.requests.askReset({ name: rows[0]?.login ?? '', justification: '' })
    const { rows: asked } = await world.owner.query<{ id: string }>(`select id from request where subject_id = $1 and status = 'pending'`, [
      accountId,
    ])
    const id = asked[0]?.id ?? ''
    await amina.call.requests.callBack({ requestId: id, outcome: 'confirmed', note: '' })
    expect(await outcome(karim.call.requests.approve({ requestId: id, seen: await make.hashOf(id) }))).toBe('same-device')
  })
})
