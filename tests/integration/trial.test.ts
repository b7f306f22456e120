import { firstPolicy } from '@countersign/shared/policy/first.ts'
import type { Policy } from '@countersign/shared/policy/policy.ts'
import type { Demand, PolicyRule } from '@countersign/shared/policy/rules.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makerOf, outcome } from '../support/make.ts'
import { openWorld, type Signed, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
let claire: Signed
beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  claire = await world.as('claire.fontaine')
})
afterAll(() => world.close())

const tried = (change: Partial<Policy>) => claire.call.policy.try({ after: { ...firstPolicy, ...change } })
const asking = (people: number, roles: Demand['stages'][number]['roles']): PolicyRule => ({
  when: { kinds: ['create-account'] },
  demand: {
    stages: [{ people, roles, level: 'covering' }],
    assurance: 'session',
    callBack: false,
    coolingOffHours: 0,
    deadline: { workingHours: 19 },
    escalation: null,
  },
})
/** Beside those about reach over the whole nation, which come first. */
const withRule = (rule: PolicyRule): PolicyRule[] => [...firstPolicy.rules.slice(0, 4), rule, ...firstPolicy.rules.slice(4)]
const outcomesOf = ({ judged }: Awaited<ReturnType<typeof tried>>, kind: string) =>
  judged.filter((one) => one.kind === kind).map((one) => one.outcome)

test('a draft that changes nothing would have changed nothing', { timeout: 120_000 }, async () => {
  const result = await tried({})
  expect(new Set(result.judged.map((one) => one.outcome))).toEqual(new Set(['same']))
  expect(result.requests).toBeGreaterThan(100)
  expect([result.weaker.organisations, result.unsigned.organisations]).toEqual([0, 0])
  expect(result.after).toEqual(result.before)
})

test('a draft is tried on what was asked: more people, others, and where nobody is left to sign', { timeout: 120_000 }, async () => {
  await make.account()
  const more = await tried({ rules: withRule(asking(2, ['supervisor'])) })
  expect(outcomesOf(more, 'create-account')).toContain('more')
  const [latest] = (await claire.call.requests.list({ view: 'all' })).rows.filter(({ kind }) => kind === 'create-account')
  expect(more.judged.find(({ outcome }) => outcome === 'more')?.newest[0]).toEqual({ id: latest?.id, reference: latest?.reference })
  expect(outcomesOf(await tried({ rules: withRule(asking(1, ['policy-owner'])) }), 'create-account')).toContain('others')
  const nobody = await tried({ rules: withRule(asking(4, ['policy-owner'])) })
  expect(outcomesOf(nobody, 'create-account')).toEqual(['nobody'])
  expect(nobody.unsigned.organisations).toBeGreaterThan(100)
})

test('a draft is tried with the days it would look back: a tie of two months makes people dependent under it, and not today', {
  timeout: 120_000,
}, async () => {
  const { rows } = await world.owner.query<{ id: string }>(`select distinct account_id as id from role_grant where account_id <> $1`, [
    claire.person.id,
  ])
  const { id } = await make.pending(await world.as('nadia.roux'))
  await world.tamper(
    `insert into lineage (id, kind, from_account_id, to_account_id, request_id, at) select gen_random_uuid(), 'granted-role', $1, holder, $3, now() - interval '60 days' from unnest($2::uuid[]) holder`,
    [claire.person.id, rows.map((row) => row.id), id],
  )
  const [today, draft] = [await tried({}), await tried({ independenceDays: 90 })]
  expect(draft.before).toEqual(today.before)
  expect(today.after.account).toBe(2)
  expect(draft.after.account).toBe(null)
})

test('a draft is tried with the signals that were known when each was asked, and says where only the times differ', {
  timeout: 120_000,
}, async () => {
  const requester = await world.as('nadia.roux')
  const { id } = await make.pending(requester)
  const about = async (rule: string) => {
    await world.tamper(`update request set signals = array[$2] where id = $1`, [id, rule])
    return outcomesOf(
      await tried({ rules: withRule({ ...asking(2, ['supervisor']), when: { kinds: ['create-account'], signals: ['dormant-awake'] } }) }),
      'create-account',
    )
  }
  expect(await about('off-hours')).not.toContain('more')
  expect(await about('dormant-awake')).toContain('more')
  const later = firstPolicy.rules.map((rule) => ({ ...rule, demand: { ...rule.demand, deadline: { workingHours: 30 } } }))
  expect(new Set((await tried({ rules: later })).judged.map((one) => one.outcome))).toEqual(new Set(['timing']))
})

test('what was open about whoever asks is kept with the request, whether or not the policy asks for it', async () => {
  const requester = await world.as('nadia.roux')
  await world.tamper(
    `insert into finding (id, rule, severity, about_id, account_id, organisation_id, numbers, facts, times, first_at, last_at, status)
     select gen_random_uuid(), 'off-hours', 'notice', id, id, organisation_id, '{}', '{}', 1, now(), now(), 'open' from account where id = $1`,
    [requester.person.id],
  )
  const { id } = await make.pending(requester)
  const { rows } = await world.owner.query('select signals from request where id = $1', [id])
  expect(rows).toEqual([{ signals: ['off-hours'] }])
})

test('whoever owns no policy tries none', async () => {
  expect(await outcome((await world.as('sophie.marchand')).call.policy.try({ after: firstPolicy }))).toBe('not-permitted')
})
