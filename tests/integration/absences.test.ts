import { urgeWaiting } from '@countersign/server/jobs.ts'
import { firstPolicy } from '@countersign/shared/policy/first.ts'
import type { Demand, StageLevel } from '@countersign/shared/policy/rules.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makerOf, outcome, verdictOfDatabase } from '../support/make.ts'
import { openWorld, type Signed, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
let nadia: Signed
let sophie: Signed
/** The other supervisor of Sophie's region. */
let another: Signed
beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  ;[nadia, sophie] = [await world.as('nadia.roux'), await world.as('sophie.marchand')]
  const { delegates } = await sophie.call.absences.mine()
  another = await world.enter(delegates[0]?.id ?? '')
})
afterEach(async () => {
  await world.tamper('delete from absence')
  await world.tamper('update policy set document = $1', [firstPolicy])
  expect(await world.broken()).toEqual([])
})
afterAll(() => world.close())

const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toLocaleDateString('sv', { timeZone: 'Europe/Paris' })
const away = (who: Signed, delegateId: string | null = null, from = 0, until = 5) =>
  outcome(who.call.absences.announce({ from: day(from), until: day(until), delegateId }))
const asking = (level: StageLevel) => {
  const demand: Demand = {
    stages: [{ people: 1, roles: ['supervisor'], level }],
    assurance: 'session',
    callBack: false,
    coolingOffHours: 0,
    deadline: { workingHours: 19 },
    escalation: { remindAfter: 5, widenAfter: 10 },
  }
  const rules = [...firstPolicy.rules.slice(0, 4), { when: { kinds: ['create-account'] }, demand }, ...firstPolicy.rules.slice(4)]
  return world.tamper('update policy set document = $1', [{ ...firstPolicy, rules }])
}
const told = async (requestId: string, type: string) =>
  (
    await world.owner.query<{ data: { told: string[]; wide?: boolean } }>(
      'select data from audit_entry where subject_id = $1 and type = $2 order by number',
      [requestId, type],
    )
  ).rows.map(({ data }) => data)

describe('an absence', () => {
  test('names one person who signs all of it already, for days to come, once', async () => {
    expect(await away(sophie, another.person.id)).toBe('allowed')
    expect((await sophie.call.absences.mine()).announced).toMatchObject([
      { from: day(0), until: day(5), delegate: { id: another.person.id } },
    ])
    expect(await away(sophie, null, 5, 6)).toBe('absence-overlaps')
    expect(await away(sophie, null, 9, 8)).toBe('absence-ends-first')
    const attempts = `select from audit_entry where actor_id = $1 and type = 'attempt.refused' and data ->> 'operation' = 'absences.announce'`
    expect((await world.owner.query(attempts, [sophie.person.id])).rowCount).toBe(0)
    expect(await away(sophie, null, 6, 7)).toBe('allowed')
    const [first] = (await sophie.call.absences.mine()).announced
    expect(await outcome(another.call.absences.withdraw({ absenceId: first?.id ?? '' }))).toBe('not-found')
    expect(await outcome(sophie.call.absences.withdraw({ absenceId: first?.id ?? '' }))).toBe('allowed')
    expect(await outcome(sophie.call.absences.withdraw({ absenceId: first?.id ?? '' }))).toBe('not-found')
  })

  test.each([
    ['in the past', -1, 3, 'absence-past'],
    ['that ends before it begins', 5, 4, 'absence-ends-first'],
    ['of 93 days', 0, 92, 'absence-long'],
    ['of 92 days', 0, 91, 'allowed'],
  ] as const)('%s', async (_, from, until, expected) => expect(await away(sophie, null, from, until)).toBe(expected))

  test('names neither oneself, nor somebody who signs less, nor somebody who is away: depth one', async () => {
    expect(await away(sophie, sophie.person.id)).toBe('own-account')
    expect(await away(sophie, nadia.person.id)).toBe('delegate-cannot-sign')
    expect(await away(sophie, await make.agentOf('Mission locale de Lyon'))).toBe('delegate-cannot-sign')
    expect(await away(another)).toBe('allowed')
    expect(await away(sophie, another.person.id)).toBe('delegate-away')
  })

  test('gives nobody a right: who is named sees and signs what they did before', async () => {
    const before = [...another.person.grants]
    await away(sophie, another.person.id)
    expect((await world.enter(another.person.id)).person.grants).toEqual(before)
  })

  test('is announced by those who sign alone, and told', async () => {
    expect(await outcome((await world.as('paul.martin')).call.absences.mine())).toBe('not-permitted')
    expect(await outcome(nadia.call.absences.announce({ from: day(0), until: day(1), delegateId: null }))).toBe('not-permitted')
    expect(
      await verdictOfDatabase(
        world.pool.query(
          `insert into absence (id, account_id, from_on, until_on, announced_at) values (gen_random_uuid(), $1, current_date, current_date, now())`,
          [sophie.person.id],
        ),
      ),
    ).toBe('P6')
  })
})

describe('what waits', () => {
  test('is brought to the mind of those who may sign and are there, of the one they named instead, and once', async () => {
    await away(sophie, another.person.id)
    const { id } = await make.pending(nadia)
    expect(await told(id, 'request.reminded')).toEqual([])
    await world.tamper(`update request set remind_at = now() where id = $1`, [id])
    await urgeWaiting(world.db, world.log)
    await urgeWaiting(world.db, world.log)
    const [reminded, ...more] = await told(id, 'request.reminded')
    expect(more).toEqual([])
    expect(reminded).toMatchObject({ wide: false })
    expect(reminded?.told).toContain(another.person.id)
    expect(reminded?.told).not.toContain(sophie.person.id)
    const { rows } = await world.owner.query(`select 1 from outbox where destination = 'mail.waiting' and account_id = $1`, [
      another.person.id,
    ])
    expect(rows.length).toBe(1)
    await world.tamper(`update request set remind_at = now(), widens_at = now() where id = $1`, [id])
    await urgeWaiting(world.db, world.log)
    expect((await told(id, 'request.reminded')).map(({ wide }) => wide)).toEqual([false, true])
    await world.tamper(`update request set remind_at = now() where id = $1`, [id])
    await world.tamper(`update request set status = 'cancelled', decided_at = now() where id = $1`, [id])
    expect(await urgeWaiting(world.db, world.log)).toBe(0)
  })

  test('is not brought to the mind of a delegate who is away by now: nobody stands in for who stands in', async () => {
    await away(sophie, another.person.id)
    await away(another)
    const { id } = await make.pending(nadia)
    await world.tamper(`update request set remind_at = now() where id = $1`, [id])
    await urgeWaiting(world.db, world.log)
    const [reminded] = await told(id, 'request.reminded')
    for (const gone of [sophie, another]) expect(reminded?.told).not.toContain(gone.person.id)
  })

  test('goes up one level at once where nobody of its own level is there, and nobody is skipped', async () => {
    await asking('structure')
    // Lyon has no supervisor of its own.
    const request = await make.pending(nadia)
    expect(await outcome(sophie.call.requests.approve({ requestId: request.id, seen: request.seen }))).toBe('allowed')
  })

  test('goes up one level at once where one alone of its own level is there, and waits for them where there are two, until there are not', async () => {
    await asking('structure')
    const own = await make.agentOf('Mission locale de Lyon', 1)
    const beside = await make.agentOf('Mission locale de Lyon', 2)
    const supervises = async (accountId: string) => {
      await make.role(accountId, 'supervisor', await make.organisation('Mission locale de Lyon'))
      // Named by people who have no part in what follows.
      await world.tamper(`update lineage set at = now() - interval '40 days' where to_account_id = $1`, [accountId])
    }
    await supervises(own)
    const alone = await make.pending(nadia)
    expect(await outcome(sophie.call.requests.approve({ requestId: alone.id, seen: alone.seen }))).toBe('allowed')

    await supervises(beside)
    const request = await make.pending(nadia)
    const signing = () => outcome(sophie.call.requests.approve({ requestId: request.id, seen: request.seen }))
    expect(await signing()).toBe('other-level')
    await urgeWaiting(world.db, world.log)
    expect(await signing()).toBe('other-level')
    expect(await away(await world.enter(own))).toBe('allowed')
    await urgeWaiting(world.db, world.log)
    const [widened] = await told(request.id, 'request.widened')
    expect(widened?.told).toContain(sophie.person.id)
    expect(await signing()).toBe('allowed')
    expect(
      await verdictOfDatabase(world.pool.query(`update request set widens_at = now() + interval '1 day' where id = $1`, [request.id])),
    ).toBe('P3')
  })
})
