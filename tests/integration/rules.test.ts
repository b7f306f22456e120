import { measureNetwork } from '@countersign/server/features/collusion/watch.ts'
import { execute } from '@countersign/server/features/requests/execute.ts'
import { factOf } from '@countersign/server/features/requests/facts.ts'
import { countersignable } from '@countersign/server/features/requests/for-them.store.ts'
import { requests } from '@countersign/server/features/requests/requests.store.ts'
import { signatures } from '@countersign/server/features/requests/signatures.store.ts'
import { type Operation, runCommitted } from '@countersign/server/kernel/commit.ts'
import { uuids } from '@countersign/server/kernel/db.ts'
import { grantsHeldBy } from '@countersign/server/kernel/grants.ts'
import type { Actor } from '@countersign/shared/access/scope.ts'
import { firstPolicy } from '@countersign/shared/policy/first.ts'
import type { Policy } from '@countersign/shared/policy/policy.ts'
import { type Demand, type PolicyRule, stageLevels } from '@countersign/shared/policy/rules.ts'
import { fillsNow } from '@countersign/shared/requests/approval.ts'
import { fits } from '@countersign/shared/requests/stages.ts'
import { sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makerOf, outcome, verdictOfDatabase } from '../support/make.ts'
import { openWorld, type Signed, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
let nadia: Signed
let sophie: Signed
let claire: Signed
/** Another supervisor of Sophie's region. */
let another: Signed
beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  ;[nadia, sophie, claire] = [await world.as('nadia.roux'), await world.as('sophie.marchand'), await world.as('claire.fontaine')]
  const { rows } = await world.owner.query<{ id: string }>(
    `select other.account_id as id from role_grant mine join role_grant other on other.organisation_id = mine.organisation_id and other.role = mine.role and other.account_id <> mine.account_id where mine.account_id = $1 and mine.role = 'supervisor' and other.revoked_at is null order by 1 limit 1`,
    [sophie.person.id],
  )
  another = await world.enter(rows[0]?.id ?? '')
})
afterEach(async () => {
  await inForce([])
  expect(await world.broken()).toEqual([])
})
afterAll(() => world.close())

/** Before what is asked of everybody, after what is asked for national reach. */
const inForce = (rules: readonly PolicyRule[]) =>
  world.tamper('update policy set document = $1', [
    { ...firstPolicy, rules: [...firstPolicy.rules.slice(0, 4), ...rules, ...firstPolicy.rules.slice(4)] } satisfies Policy,
  ])
const asked = (stages: Demand['stages'], change: Partial<Demand> = {}): Demand => ({
  stages,
  assurance: 'session',
  callBack: false,
  coolingOffHours: 0,
  deadline: { workingHours: 19 },
  escalation: null,
  ...change,
})
const supervisor = (level: Demand['stages'][number]['level'], people = 1) => ({ people, roles: ['supervisor' as const], level })
const creations = (demand: Demand): PolicyRule => ({ when: { kinds: ['create-account'] }, demand })
const approving = (by: Signed, { id, seen }: { id: string; seen: string }) => outcome(by.call.requests.approve({ requestId: id, seen }))
const statusOf = async (id: string) => (await world.owner.query('select status from request where id = $1', [id])).rows[0]?.status

/** A confused application: signs and carries out without asking the rules. */
const signedAnyhow: Operation<string, true> = async ({ tx, actor, now }, requestId) => {
  const request = await requests.lock(tx, requestId)
  const about = { subject: requestId, organisation: request.organisationId }
  const given = { requirementHash: '', assurance: 'session', seconds: null, signed: null } as const
  await signatures.give(tx, { requestId, approverId: actor.id, contentHash: request.contentHash, assurance: 'session', device: null, now })
  await requests.decide(tx, requestId, { status: 'executed', by: actor.id, now, reason: null })
  const { events, lineage } = await execute(tx, request, [actor.id], now)
  const fact = { ...factOf(request), contentHash: request.contentHash }
  return {
    value: true,
    events: [
      { type: 'request.approval-given', ...about, data: { ...fact, ...given } },
      { type: 'request.executed', ...about, data: fact },
      ...events,
    ],
    lineage,
  }
}
const anyhow = (by: Signed, id: string) =>
  verdictOfDatabase(runCommitted(signedAnyhow, { db: world.db, actor: by.person, origin: { channel: 'web' } }, id))

describe('a request', () => {
  test('is carried out when each of its stages is signed, and by nobody who fills a place that is taken', async () => {
    await inForce([creations(asked([supervisor('covering'), { people: 1, roles: ['policy-owner'], level: 'covering' }]))])
    const request = await make.pending(nadia)
    expect(await approving(sophie, request)).toBe('allowed')
    expect(await approving(another, request)).toBe('stage-filled')
    expect(await statusOf(request.id)).toBe('pending')
    expect(await approving(claire, request)).toBe('allowed')
    expect(await statusOf(request.id)).toBe('executed')
  })

  test('waits for its own structure, goes up when its time has come, and is in nobody’s queue before', async () => {
    // Two are there to answer for the structure itself.
    for (const nth of [1, 3])
      await make.role(await make.agentOf('Mission locale de Lyon', nth), 'supervisor', await make.organisation('Mission locale de Lyon'))
    await inForce([creations(asked([supervisor('structure')], { escalation: { remindAfter: 1, widenAfter: 2 } }))])
    const request = await make.pending(nadia)
    const waiting = async () => (await sophie.call.requests.list({ view: 'queue' })).rows.some(({ id }) => id === request.id)
    expect([await waiting(), await approving(sophie, request)]).toEqual([false, 'other-level'])
    expect(await anyhow(sophie, request.id)).toBe('P1')
    await world.tamper(`update request set widens_at = now() where id = $1`, [request.id])
    expect([await waiting(), await approving(sophie, request)]).toEqual([true, 'allowed'])
  })

  test('asked of another structure is signed by somebody of one, and by nobody of its own', async () => {
    await inForce([creations(asked([supervisor('another-structure')]))])
    const [peer, own] = [await make.agentOf('Mission locale de Paris', 0), await make.agentOf('Mission locale de Lyon', 2)]
    for (const one of [peer, await make.agentOf('Mission locale de Paris', 1)])
      await make.role(one, 'supervisor', await make.organisation('Mission locale de Paris'))
    await make.role(own, 'supervisor', await make.organisation('Mission locale de Lyon'))
    const request = await make.pending(nadia)
    expect(await approving(await world.enter(own), request)).toBe('not-found')
    expect(await approving(sophie, request)).toBe('other-level')
    const there = await world.enter(peer)
    expect((await there.call.requests.list({ view: 'queue' })).rows.map(({ id }) => id)).toContain(request.id)
    expect(await approving(there, request)).toBe('allowed')
    expect(await statusOf(request.id)).toBe('executed')
  })

  test('keeps what it needed when the policy changes, and what was asked since needs what it says now (H15)', async () => {
    const before = await make.pending(nadia)
    await inForce([creations(asked([supervisor('covering', 2)]))])
    const after = await make.pending(nadia)
    for (const one of [before, after]) expect(await approving(sophie, one)).toBe('allowed')
    expect([await statusOf(before.id), await statusOf(after.id)]).toEqual(['executed', 'pending'])
  })

  test('is not edited into one that needs other signatures: it is asked for anew', async () => {
    const request = await make.pending(nadia)
    await inForce([{ when: { kinds: ['create-account'], profiles: ['structure-adviser'] }, demand: asked([supervisor('covering', 2)]) }])
    const edited = (profile: 'structure-adviser' | 'structure-reader') =>
      outcome(nadia.call.requests.edit({ requestId: request.id, content: { ...request.content, profile } }))
    expect([await edited('structure-adviser'), await edited('structure-reader')]).toEqual(['other-requirement', 'allowed'])
  })

  test('asks for the proof its rule asks for, at the door and in the database', async () => {
    await inForce([creations(asked([supervisor('covering')], { assurance: 'passkey' }))])
    const request = await make.pending(nadia)
    expect((await sophie.call.requests.get({ requestId: request.id })).can.approve).toBe('assurance-too-low')
    expect(await approving(sophie, request)).toBe('assurance-too-low')
    expect(await anyhow(sophie, request.id)).toBe('P1')
  })

  test('asks to have signed in where its rule says: through that provider and in that context, at the door and in the database', async () => {
    const issuer = 'https://provider.example'
    await inForce([creations(asked([supervisor('covering')], { signIn: { issuers: [issuer], contexts: ['eidas2', 'mfa'] } }))])
    const request = await make.pending(nadia)
    const through = (from: string, acr: string, amr: string) =>
      world.tamper(`update session set method = 'provider-two-factor', issuer = $2, acr = $3, amr = $4 where id = $1`, [
        sophie.person.sessionId,
        from,
        acr,
        `{${amr}}`,
      ])
    expect((await sophie.call.requests.get({ requestId: request.id })).can.approve).toBe('signed-in-elsewhere')
    expect(await approving(sophie, request)).toBe('signed-in-elsewhere')
    expect(await anyhow(sophie, request.id)).toBe('P1')
    await through('https://another.example', 'eidas2', 'mfa')
    expect(await approving(sophie, request)).toBe('signed-in-elsewhere')
    await through(issuer, 'eidas1', 'pwd')
    expect(await approving(sophie, request)).toBe('signed-in-elsewhere')
    await through(issuer, 'eidas1', 'mfa')
    expect(await approving(sophie, request)).toBe('allowed')
    const { rows } = await world.owner.query(
      `select data -> 'through' as through from audit_entry where subject_id = $1 and type = 'request.approval-given'`,
      [request.id],
    )
    expect(rows).toEqual([{ through: { issuer, acr: 'eidas1', amr: ['mfa'] } }])
    await world.tamper(`update session set method = 'demo', issuer = null, acr = null, amr = null where id = $1`, [sophie.person.sessionId])
  })

  test('says who could sign what in a place today: who is there, who cannot give the proof that is asked for, and how many are missing', async () => {
    const organisationId = await make.organisation('Mission locale de Lyon')
    const line = async () => (await sophie.call.policy.signing({ organisationId })).find(({ kind }) => kind === 'create-account')
    await inForce([creations(asked([supervisor('covering')]))])
    expect(await line()).toMatchObject({
      empty: 0,
      people: expect.arrayContaining([expect.objectContaining({ id: sophie.person.id, unproven: false })]),
    })
    await inForce([creations(asked([supervisor('covering')], { assurance: 'passkey' }))])
    expect(await line()).toMatchObject({
      empty: 1,
      people: expect.arrayContaining([expect.objectContaining({ id: sophie.person.id, unproven: true })]),
    })
    await measureNetwork(world.db, new Date(), world.log)
    const listed = (await sophie.call.collusion.list({ words: 'Mission locale de Lyon' })).rows.find(({ id }) => id === organisationId)
    expect(listed).toMatchObject({ accountSigners: 0, credentialSigners: expect.any(Number) })
    expect(listed?.credentialSigners).toBeGreaterThan(0)
    const { signers } = await sophie.call.collusion.explain({ organisationId })
    expect(signers.find(({ id }) => id === sophie.person.id)?.unproven).toEqual(['account'])
    const elsewhere = await make.organisation('Mission locale de Lille')
    expect(await outcome(sophie.call.policy.signing({ organisationId: elsewhere }))).toBe('not-found')
  })

  test('asks to have come from one provider behind a hub where its rule names it, at the door and in the database', async () => {
    const issuer = 'https://hub.example'
    const from = (behind: string | null) =>
      world.tamper(`update session set method = 'provider-two-factor', issuer = $2, behind = $3, acr = null, amr = '{mfa}' where id = $1`, [
        sophie.person.sessionId,
        issuer,
        behind,
      ])
    await inForce([creations(asked([supervisor('covering')], { signIn: { issuers: [issuer], behind: ['agency-1'], contexts: [] } }))])
    const request = await make.pending(nadia)
    for (const behind of [null, 'agency-2']) {
      await from(behind)
      expect(await approving(sophie, request)).toBe('signed-in-elsewhere')
      expect(await anyhow(sophie, request.id)).toBe('P1')
    }
    await from('agency-1')
    expect(await approving(sophie, request)).toBe('allowed')
    const back = `update session set method = 'demo', issuer = null, behind = null, acr = null, amr = null where id = $1`
    await world.tamper(back, [sophie.person.sessionId])
  })

  test('for somebody back is signed after a call where the policy asks for one, and not before', async () => {
    await inForce([{ when: { kinds: ['reinstate'] }, demand: asked([supervisor('covering')], { callBack: true }) }])
    const accountId = await make.agentOf('Mission locale de Lyon')
    await sophie.call.accounts.suspend({ accountIds: [accountId] })
    await world.tamper(`update account set status_changed_at = now() - interval '1 minute' where id = $1`, [accountId])
    const { id } = await nadia.call.requests.submit({ kind: 'reinstate', accountId, justification: 'De retour' })
    const request = { id, seen: await make.hashOf(id) }
    expect(await approving(sophie, request)).toBe('call-back-missing')
    expect(await anyhow(sophie, id)).toBe('P1')
    const amina = await world.as('amina.benali')
    await amina.call.requests.callBack({ requestId: id, outcome: 'confirmed', note: 'Joint' })
    expect(await approving(sophie, request)).toBe('allowed')
  })

  test('is signed after it has cooled off', async () => {
    await inForce([creations(asked([supervisor('covering')], { coolingOffHours: 24 }))])
    const request = await make.pending(nadia)
    expect(await approving(sophie, request)).toBe('cooling-off')
    // Nor does other content use the time up that was given for this one.
    expect(await outcome(nadia.call.requests.edit({ requestId: request.id, content: { ...request.content, givenName: 'Autre' } }))).toBe(
      'other-requirement',
    )
    await world.tamper(`update request set held_until = now() - interval '1 second' where id = $1`, [request.id])
    expect(await approving(sophie, request)).toBe('allowed')
  })

  test('is asked for under the rule that applies to its place, its reach and what is suspicious about it', async () => {
    const lyon = await make.organisation('Mission locale de Lyon')
    const needed = async () => {
      const { id } = await make.pending(nadia)
      return (await world.owner.query('select approvals_needed as needed from request where id = $1', [id])).rows[0]?.needed
    }
    await inForce([{ when: { kinds: ['create-account'], within: lyon }, demand: asked([supervisor('covering', 2)]) }])
    expect(await needed()).toBe(2)
    await inForce([{ when: { kinds: ['create-account'], reachAtLeast: 1 }, demand: asked([supervisor('covering', 3)]) }])
    expect(await needed()).toBe(3)
    await inForce([{ when: { kinds: ['create-account'], reachAtLeast: 900_000_000 }, demand: asked([supervisor('covering', 3)]) }])
    expect(await needed()).toBe(1)
    await inForce([{ when: { kinds: ['create-account'], signals: ['role-in-and-out'] }, demand: asked([supervisor('covering', 4)]) }])
    expect(await needed()).toBe(1)
    const finding = await make.finding(nadia.person.id)
    expect(await needed()).toBe(4)
    await world.tamper('delete from finding where id = $1', [finding])
  })
})

describe('the database itself', () => {
  test('takes no request that needs something else than the policy in force asks', async () => {
    const { id } = await make.pending(nadia)
    const copy = (demand: string, needed = 'approvals_needed') =>
      verdictOfDatabase(
        world.pool.query(
          `insert into request (id, kind, status, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, requester_id, channel, content, content_hash, approvals_needed, approver_roles, demand, submitted_at, expires_at)
           select gen_random_uuid(), kind, 'pending', organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, requester_id, channel, content, content_hash, ${needed}, approver_roles, ${demand}, now(), now() + interval '1 day' from request where id = $1`,
          [id],
        ),
      )
    expect(await copy('demand')).toBe('P6')
    expect(await copy('null')).toBe('P3')
    expect(await copy(`jsonb_set(demand, '{deadline}', '{"workingHours": 90}')`)).toBe('P3')
    expect(await copy(`jsonb_set(demand, '{stages,0,level}', '"structure"')`)).toBe('P3')
    await inForce([creations(asked([supervisor('covering', 2)]))])
    expect(await copy(`(select document -> 'rules' -> 4 -> 'demand' from policy)`)).toBe('P4')
    expect(await copy(`(select document -> 'rules' -> 4 -> 'demand' from policy)`, '2')).toBe('P6')
    // The first rule that applies, not any of its kind; and the time it lets things cool off.
    const lyon = await make.organisation('Mission locale de Lyon')
    const careful = asked([supervisor('covering', 2)], { coolingOffHours: 24 })
    await inForce([{ when: { kinds: ['create-account'], within: lyon }, demand: careful }, creations(asked([supervisor('covering')]))])
    expect(await copy(`(select document -> 'rules' -> 5 -> 'demand' from policy)`)).toBe('P3')
    expect(await copy(`(select document -> 'rules' -> 4 -> 'demand' from policy)`, '2')).toBe('P4')
    // What two founders may do alone is for roles and the policy, not for accounts.
    expect(await copy(`jsonb_set(demand, '{stages,0,roles}', '["policy-owner"]')`)).toBe('P3')
  })

  test('makes of a request no other one that would need something else now', async () => {
    const { id } = await make.pending(nadia)
    const demand = asked([{ people: 2, roles: ['policy-owner'], level: 'covering' }])
    await world.tamper('update policy set document = $1', [{ ...firstPolicy, rules: [{ when: {}, demand }] }])
    const reworded = `update request set content = replace(content::text, 'Renfort', 'Autre')::json, content_hash = encode(sha256(replace(content::text, 'Renfort', 'Autre')::bytea), 'hex') where id = $1`
    expect(await verdictOfDatabase(world.pool.query(reworded, [id]))).toBe('P3')
  })

  test('holds a policy to its floor: no role and no policy on one signature, and a last rule for the rest', async () => {
    const valid = async (document: unknown) => (await world.owner.query('select is_policy($1) as valid', [document])).rows[0]?.valid
    const owners = (people: number) => asked([{ people, roles: ['policy-owner'], level: 'covering' }])
    const withRules = (...rules: unknown[]) => ({ ...firstPolicy, rules })
    expect(await valid(firstPolicy)).toBe(true)
    expect(await valid(withRules({ when: {}, demand: owners(2) }))).toBe(true)
    expect(await valid(withRules())).toBe(false)
    expect(await valid(withRules({ when: {}, demand: owners(1) }))).toBe(false)
    expect(await valid(withRules({ when: { kinds: ['create-account'] }, demand: owners(2) }))).toBe(false)
    expect(
      await valid(
        withRules(
          { when: { kinds: ['set-policy'], within: '0193b6a0-0000-7000-8000-000000000001' }, demand: owners(1) },
          { when: {}, demand: owners(2) },
        ),
      ),
    ).toBe(false)
    expect(await valid(withRules({ when: {}, demand: asked([supervisor('covering', 2)]) }))).toBe(false)
    expect(await valid(withRules({ when: {}, demand: { ...owners(2), stages: [] } }))).toBe(false)
    for (const change of [
      { assurance: 'none' },
      { deadline: { hours: 999 } },
      { escalation: { a: 1 } },
      { coolingOffHours: -1 },
      { more: 1 },
    ])
      expect([change, await valid(withRules({ when: {}, demand: { ...owners(2), ...change } }))]).toEqual([change, false])
    for (const when of [{ kinds: [] }, { kinds: ['other'] }, { within: 'x' }, { reachAtLeast: 0 }, { more: 1 }])
      expect([when, await valid(withRules({ when, demand: owners(2) }, { when: {}, demand: owners(2) }))]).toEqual([when, false])
    // Who takes access away signs for none.
    const given = asked([{ people: 2, roles: ['it-admin'], level: 'covering' }])
    expect(await valid(withRules({ when: { kinds: ['create-account'] }, demand: given }, { when: {}, demand: owners(2) }))).toBe(false)
    expect(await valid(withRules({ when: { kinds: ['revoke-bulk'] }, demand: given }, { when: {}, demand: owners(2) }))).toBe(true)
  })

  test('and the rules agree on who fills which stage, everywhere in the tree', async () => {
    const { id } = await make.pending(nadia)
    const { rows: people } = await world.owner.query<{ id: string }>(
      `select distinct on (g.role, o.level, o.network_id) g.account_id as id from role_grant g join organisation o on o.id = g.organisation_id where g.revoked_at is null`,
    )
    const { rows: places } = await world.owner.query<{ id: string }>(
      `select distinct on (level, network_id) id from organisation union select organisation_id from request where id = $1`,
      [id],
    )
    const { rows: actors } = await world.db.execute<Actor & Record<string, unknown>>(
      sql`select a.id, ${grantsHeldBy(sql`a.id`)} as grants from account a where a.id = any(${uuids(people.map((one) => one.id))})`,
    )
    const giving = ['supervisor', 'reset-manager', 'policy-owner'] as const
    let compared = 0
    for (const place of places) {
      await world.tamper(
        `update request r set organisation_id = o.id, nation_id = o.nation_id, network_id = o.network_id, region_id = o.region_id, departement_id = o.departement_id, structure_id = o.structure_id, site_id = o.site_id from organisation o where o.id = $2 and r.id = $1`,
        [id, place.id],
      )
      const stored = await requests.read(world.db, id)
      if (!stored) throw new Error('the request is gone')
      const stages = stageLevels.flatMap((level) => giving.map((role) => ({ people: 1, roles: [role], level })))
      const { rows } = await world.owner.query<{ person: string; stage: number; wide: boolean; fits: boolean }>(
        `select p.person, s.nth::int - 1 as stage, w.wide, fits_stage(r, s.stage, p.person, w.wide) as fits from request r, unnest($2::uuid[]) p (person), jsonb_array_elements($3::jsonb) with ordinality s (stage, nth), (values (true), (false)) w (wide) where r.id = $1`,
        [id, people.map((one) => one.id), JSON.stringify(stages)],
      )
      for (const row of rows) {
        const actor = actors.find((one) => one.id === row.person)
        const stage = stages[row.stage]
        if (!actor || !stage) throw new Error('nobody')
        expect([place.id, row.person, stage, row.wide, fits(actor, stage, { place: stored.place, wide: row.wide })]).toEqual([
          place.id,
          row.person,
          stage,
          row.wide,
          row.fits,
        ])
        compared += 1
      }
      // And a queue lists exactly what those it is listed for can fill.
      for (const stage of stages) {
        await world.tamper('update request set demand = $2, approver_roles = $3 where id = $1', [id, asked([stage]), stage.roles])
        const now = new Date()
        const again = await requests.read(world.db, id)
        for (const actor of actors) {
          const { rowCount } = await world.db.execute(sql`select 1 from request where id = ${id} and ${countersignable(actor)}`)
          expect([actor.id, stage, rowCount === 1]).toEqual([actor.id, stage, again !== null && fillsNow(actor, again, now)])
        }
      }
    }
    expect(compared).toBeGreaterThan(1000)
    await world.tamper('delete from request where id = $1', [id])
  })
})
