import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { makerOf, outcome, verdictOfDatabase } from '../support/make.ts'
import { openWorld, type Signed, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
let olivier: Signed
let since: string

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  olivier = await world.as('olivier.perrin')
  since = new Date(Date.now() - 1000).toISOString()
})
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

const contained = async (by: Signed, accountIds: readonly string[], under: { name: string } | { incidentId: string }) =>
  by.call.cascade.contain({ suspectId: accountIds[0] ?? '', since, accountIds: [...accountIds], justification: 'Brèche', under })

const hour = 3_600_000
const ago = (milliseconds: number) => new Date(Date.now() - milliseconds).toISOString()

test('everything contained in one click is one incident: its accounts with their reasons, its numbers, and who did what in the order it happened', async () => {
  const nadia = await world.as('nadia.roux')
  const made = await make.account()
  const waiting = await make.pending(nadia)
  const { incidentId } = await contained(olivier, [nadia.person.id, made.id], { name: 'Compte détourné' })

  const incident = await olivier.call.incidents.get({ incidentId })
  expect([incident.name, incident.totals.contained, incident.keep]).toEqual(['Compte détourné', 2, null])
  const voided = await world.owner.query(`select 1 from audit_entry where type = 'request.voided' and at >= $1`, [since])
  expect([incident.totals.requests, voided.rowCount === 0]).toEqual([voided.rowCount, false])
  expect(incident.bulks.map(({ asked }) => asked)).toEqual(['pending'])
  expect(new Date(incident.notifyBy).getTime() - new Date(incident.knownAt).getTime()).toBe(72 * hour)
  // The account reaches the files of a place within the other's: each file counts once.
  const { rows } = await world.owner.query<{ files: number }>(
    'select max(files)::int as files from incident_account where incident_id = $1',
    [incidentId],
  )
  expect(incident.totals.files).toBe(rows[0]?.files)

  const accounts = await olivier.call.incidents.accounts({ incidentId })
  expect(new Map(accounts.rows.map(({ accountId, kind, touchedBy }) => [accountId, [kind, touchedBy]]))).toEqual(
    new Map([
      [nadia.person.id, [null, null]],
      [made.id, ['asked', 'Nadia Roux']],
    ]),
  )
  const { rows: story } = await olivier.call.incidents.story({ incidentId })
  expect(story.map(({ at }) => at)).toEqual(story.map(({ at }) => at).toSorted())
  const types = story.map(({ type }) => type)
  for (const type of [
    'account.created',
    'request.submitted',
    'account.suspended',
    'bulk.asked',
    'incident.opened',
    'request.voided',
  ] as const)
    expect([type, types.includes(type)]).toEqual([type, true])
  expect(story.some(({ subject }) => subject.id === waiting.id)).toBe(true)
})

test('pages of the story, however small, tell every entry once', async () => {
  const { rows } = await olivier.call.incidents.list({})
  const incidentId = rows[0]?.id ?? ''
  const { story } = await import('@countersign/server/features/incidents/story.store.ts')
  const reader = { id: olivier.person.id, scope: olivier.person.grants }
  const whole = await story.page(world.db, reader, incidentId, undefined, 500)
  const told: string[] = []
  for (let after: string | undefined; ; ) {
    const page = await story.page(world.db, reader, incidentId, after, 3)
    told.push(...page.rows.map(({ id }) => id))
    if (!page.next) break
    after = page.next
  }
  expect(told).toEqual(whole.rows.map(({ id }) => id))
  expect(new Set(told).size).toBe(told.length)
})

test('what is contained later is filed under the same incident, and the incident is then seen where all of it is seen', async () => {
  const [sophie, thomas] = [await world.as('sophie.marchand'), await world.as('thomas.vasseur')]
  const [lyon, lille] = [await make.agentOf('Mission locale de Lyon', 0), await make.agentOf('Mission locale de Lille', 0)]
  const { incidentId } = await contained(sophie, [lyon], { name: 'Lyon' })
  expect(await outcome(thomas.call.incidents.get({ incidentId }))).toBe('not-found')
  // Filed under by somebody whose scope does not cover it: it is not there.
  expect(await outcome(contained(thomas, [lille], { incidentId }))).toBe('not-found')
  await contained(olivier, [lille], { incidentId })
  expect((await olivier.call.incidents.get({ incidentId })).totals.contained).toBe(2)
  // Who opened it still sees it, and of its accounts those of her scope.
  expect((await sophie.call.incidents.accounts({ incidentId })).rows.map(({ accountId }) => accountId)).toEqual([lyon])
  const claire = await world.as('claire.fontaine')
  expect((await claire.call.incidents.accounts({ incidentId })).rows.length).toBe(2)
})

test('the clock starts when it was known, runs 72 hours, and the notification is written down once', async () => {
  const agent = await make.agentOf('Mission locale de Lyon', 1)
  const { incidentId } = await contained(olivier, [agent], { name: 'Horloge' })
  const { incidents } = olivier.call
  expect(await outcome(incidents.date({ incidentId, knownAt: ago(-hour) }))).toBe('moment-ahead')
  await incidents.date({ incidentId, knownAt: ago(5 * hour) })
  expect(await outcome(incidents.date({ incidentId, knownAt: ago(hour) }))).toBe('moment-late')
  expect(await outcome(incidents.notify({ incidentId, at: ago(6 * hour), reference: 'FR-2026-1' }))).toBe('moment-early')
  await incidents.notify({ incidentId, at: ago(hour), reference: 'FR-2026-1' })
  // Neither back nor after it was notified: a late notification stays late.
  expect(await outcome(incidents.date({ incidentId, knownAt: ago(6 * hour) }))).toBe('already-decided')
  expect(await outcome(incidents.notify({ incidentId, at: ago(hour), reference: 'FR-2026-2' }))).toBe('already-decided')
  await incidents.note({ incidentId, note: 'Appel du délégué' })
  await incidents.close({ incidentId, note: 'Terminé' })
  expect(await outcome(incidents.note({ incidentId, note: 'Trop tard' }))).toBe('already-decided')
  expect(await outcome(contained(olivier, [await make.agentOf('Mission locale de Lyon', 2)], { incidentId }))).toBe('already-decided')
  await incidents.reopen({ incidentId, note: 'Un fait nouveau' })
  await incidents.note({ incidentId, note: 'À temps' })
  expect(await world.entriesAbout(incidentId)).toEqual([
    ...['incident.opened', 'incident.dated', 'incident.notified', 'incident.noted', 'incident.closed'],
    ...['incident.reopened', 'incident.noted'],
  ])
})

test('a suspect outside one’s scope is not there, nor is a future: nothing is contained on their account', async () => {
  const sophie = await world.as('sophie.marchand')
  const accountIds = [await make.agentOf('Mission locale de Lyon', 6)]
  const about = { accountIds, justification: 'Doute', under: { name: 'Ailleurs' } }
  const julien = await world.idOf('julien.lefebvre')
  expect(await outcome(sophie.call.cascade.contain({ ...about, suspectId: julien, since }))).toBe('not-found')
  const ahead = sophie.call.cascade.contain({ ...about, suspectId: accountIds[0] ?? '', since: ago(-hour) })
  expect(await outcome(ahead)).toBe('moment-ahead')
})

test('who shares the suspect’s machine is in the file for that reason, and a guard who was out already is part of the story', async () => {
  const [suspect, neighbour] = [await make.agentOf('Mission locale de Lille', 3), await make.agentOf('Mission locale de Lille', 4)]
  const signed = await Promise.all([suspect, neighbour].map((id) => world.enter(id)))
  for (const { person } of signed)
    await world.owner.query(`update session set address = '203.0.113.77', device = 'Firefox' where id = $1`, [person.sessionId])
  await world.tamper(
    `insert into audit_entry (id, at, type, subject_id, origin, data, transaction_id) values (gen_random_uuid(), now(), 'session.opened', $1, '{"channel":"web","address":"203.0.113.77","device":"Firefox"}', '{}', pg_current_xact_id())`,
    [suspect],
  )
  const helene = await world.idOf('helene.garnier')
  await olivier.call.accounts.suspend({ accountIds: [helene] })
  const { incidentId } = await contained(olivier, [suspect, neighbour, helene], { name: 'Machine partagée' })
  const { rows } = await olivier.call.incidents.accounts({ incidentId })
  expect(new Map(rows.map(({ accountId, kind, contained: out }) => [accountId, [kind, out]]))).toEqual(
    new Map([
      [suspect, [null, true]],
      [neighbour, ['same-device', true]],
      [helene, [null, true]],
    ]),
  )
  await olivier.call.accounts.undo({ accountId: helene })
})

test('whoever an incident is about does not write its story', async () => {
  const sophie = await world.as('sophie.marchand')
  const helene = await world.idOf('helene.garnier')
  const { incidentId } = await contained(olivier, [helene], { name: 'Propre compte' })
  await olivier.call.accounts.undo({ accountId: helene })
  const back = await world.as('helene.garnier')
  expect(await outcome(back.call.incidents.note({ incidentId, note: 'Rien à voir' }))).toBe('own-account')
  expect(await outcome(sophie.call.incidents.note({ incidentId, note: 'Ailleurs' }))).toBe('not-found')
  // Nor the suspect who was not ticked.
  const marc = await world.as('marc.delorme')
  const other = await olivier.call.cascade.contain({
    suspectId: marc.person.id,
    since,
    accountIds: [await make.agentOf('Mission locale de Lyon', 7)],
    justification: 'Doute',
    under: { name: 'Autour de Marc' },
  })
  expect(await outcome(marc.call.incidents.close({ incidentId: other.incidentId, note: 'Fausse alerte' }))).toBe('own-account')
  const isabelle = await world.as('isabelle.carpentier')
  expect((await isabelle.call.incidents.get({ incidentId })).keep).toBe('not-permitted')
})

test('the database itself keeps the file: no entry, no change; nothing taken out; nothing after its end; its place holds its accounts', async () => {
  const agent = await make.agentOf('Mission locale de Lyon', 3)
  const { incidentId } = await contained(olivier, [agent], { name: 'Socle' })
  const app = (text: string, values: readonly unknown[] = [incidentId]) => verdictOfDatabase(world.pool.query(text, [...values]))
  expect(await app(`update incident set known_at = known_at - interval '1 hour' where id = $1`)).toBe('P6')
  expect(await app('update incident_account set contained = false where incident_id = $1')).toBe('P6')
  expect(await app('delete from incident_account where incident_id = $1')).toBe('42501')
  const told = `with told as (insert into audit_entry (id, at, type, subject_id, origin, data) values (gen_random_uuid(), now(), 'incident.filed', $1, '{"channel":"web"}', '{}'))`
  expect(
    await app(
      `${told} update incident set organisation_id = a.organisation_id, nation_id = a.nation_id, network_id = a.network_id, region_id = a.region_id, departement_id = a.departement_id, structure_id = a.structure_id, site_id = a.site_id from account a where incident.id = $1 and a.id = $2`,
      [incidentId, await world.idOf('julien.lefebvre')],
    ),
  ).toBe('P7')
  const left = `insert into incident_account (incident_id, account_id, since, contained, reached_id, files, filed_at) select $1, id, now(), false, organisation_id, 0, now() from account where id = $2`
  const colleague = (
    await world.owner.query<{ id: string }>(
      `select b.id from account a join account b on b.organisation_id = a.organisation_id and b.id <> a.id where a.id = $1 limit 1`,
      [agent],
    )
  ).rows[0]?.id
  expect(await app(left, [incidentId, colleague])).toBe('P6')
  expect(await app(`update incident set name = 'Autre' where id = $1`)).toBe('42501')
  expect(
    await app(
      `insert into incident_account (incident_id, account_id, since, contained, reached_id, files, filed_at) values ($1, $2, now(), true, (select organisation_id from account where id = $2), 0, now())`,
      [incidentId, olivier.person.id],
    ),
  ).toBe('P5')
  expect(
    await app(
      `with told as (insert into audit_entry (id, at, type, subject_id, origin, data) values (gen_random_uuid(), now(), 'incident.filed', $1, '{"channel":"web"}', '{}'))
       insert into incident_account (incident_id, account_id, since, contained, reached_id, files, filed_at) values ($1, $2, now(), false, (select organisation_id from account where id = $2), 0, now())`,
      [incidentId, olivier.person.id],
    ),
  ).toBe('P7')
  // Told or not: the clock is not set back, and nothing is closed in the past.
  expect(await app(`${told} update incident set closed_at = '2000-01-01' where id = $1`)).toBe('P6')
  await olivier.call.incidents.date({ incidentId, knownAt: ago(hour) })
  expect(await app(`${told} update incident set known_at = known_at + interval '30 minutes' where id = $1`)).toBe('P6')
  await olivier.call.incidents.close({ incidentId, note: 'Fini' })
  expect(await app(`${told} update incident set known_at = known_at - interval '1 hour' where id = $1`)).toBe('P6')
  expect(await app(`update incident set closed_at = null where id = $1`)).toBe('P6')
})
