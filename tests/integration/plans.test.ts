import { accountListing } from '@countersign/server/features/accounts/listing.store.ts'
import { type ListAccounts, pageSize } from '@countersign/shared/accounts/listing.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { outcome } from '../support/make.ts'
import { openWorld, type Signed, type World } from '../support/world.ts'

/** How many rows of tables a page may cost: twenty for each that it shows, and two hundred where two letters are looked for that thousands have. */
const most = 20 * pageSize
const mostOfLetters = 200 * pageSize
const copies = 16

type Plan = {
  'Node Type': string
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
  Plans?: Plan[]
}

let world: World
let olivier: Signed
let sophie: Signed

/** The whole network many times over, as its superuser: this looks at plans, not at promises. */
beforeAll(async () => {
  world = await openWorld()
  const { rows } = await world.owner.query<{ newest: string }>('select max(id::text) as newest from account')
  const newest = rows[0]?.newest ?? ''
  for (let copy = 1; copy <= copies; copy += 1)
    await world.tamper(
      `with copied as (
        insert into account (id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, login, given_name, family_name, email, phone, language, profile_id, reach, status, status_changed_at, created_by_request_id, authorised_by_request_id, epoch, ends_on, last_sign_in_at, created_at)
        select gen_random_uuid(), organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, login || '~' || $1::int, given_name, family_name || ' ' || chr(65 + $1::int), email || '~' || $1::int, phone, language, profile_id, reach + $1::int, status, status_changed_at, created_by_request_id, authorised_by_request_id, epoch, ends_on, last_sign_in_at + make_interval(secs => $1::int), created_at
        from account where id <= $2::uuid and login not like '%~%' returning id, given_name, family_name, login, email)
      insert into account_search (account_id, words) select id, lower(given_name || ' ' || family_name || ' ' || login || ' ' || email) from copied`,
      [copy, newest],
    )
  // Not ANALYZE alone: words that wait to be put into their index make it look dear, until a vacuum has put them there.
  for (const table of ['account', 'account_search', 'organisation', 'role_grant']) await world.owner.query(`vacuum analyze ${table}`)
  olivier = await world.as('olivier.perrin')
  sophie = await world.as('sophie.marchand')
})
afterAll(() => world.close())

const nodes = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)]

/** For one list of values, or for all: a statement that is kept may be planned either way. */
type Mode = 'custom' | 'generic'

const explained = async ({ text, values }: { text: string; values: unknown[] }, mode: Mode) => {
  const client = await world.pool.connect()
  try {
    await client.query(`set plan_cache_mode = force_${mode}_plan`)
    await client.query(`prepare explained as ${text}`)
    const given = values.map((value) => client.escapeLiteral(Array.isArray(value) ? `{${value.join()}}` : String(value)))
    const execute = `execute explained${given.length > 0 ? `(${given.join()})` : ''}`
    return await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (analyze, timing off, format json) ${execute}`)
  } finally {
    await client.query('deallocate all; reset plan_cache_mode').catch(() => undefined)
    client.release(true)
  }
}

/** The plan of the widest query a page asks, with what was read from tables and how. */
const planOf = async (signed: Signed, filters: ListAccounts, mode: Mode, after?: string) => {
  const asked: { text: string; values: unknown[] }[] = []
  const pool = world.pool as { query: (config: { text: string }, values?: unknown[]) => unknown }
  const ask = pool.query
  pool.query = (config, values = []) => {
    asked.push({ text: config.text, values })
    return ask.call(world.pool, config, values)
  }
  const page = await accountListing.page(world.db, signed.person, { ...filters, after }).finally(() => {
    pool.query = ask
  })
  const list = asked.find(({ text }) => text.includes('order by account.'))
  if (!list) throw new Error('no page was asked for')
  const { rows } = await explained(list, mode)
  const scans = nodes(rows[0]?.['QUERY PLAN'][0].Plan ?? ({} as Plan)).filter((node) => node['Relation Name'])
  const read = scans.map(
    (node) =>
      (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)) * node['Actual Loops'],
  )
  return {
    page,
    whole: scans.filter((node) => node['Node Type'] === 'Seq Scan' && ['account', 'account_search'].includes(node['Relation Name'] ?? ''))
      .length,
    read: read.reduce((sum, one) => sum + one, 0),
  }
}

const holds = async (where: 'whole network' | 'region', filters: ListAccounts, budget: number, mode: Mode = 'custom'): Promise<void> => {
  const signed = where === 'region' ? sophie : olivier
  const first = await planOf(signed, filters, mode)
  expect({ whole: first.whole, read: Math.max(first.read, budget) }).toEqual({ whole: 0, read: budget })
  if (!first.page.next) return
  const second = await planOf(signed, filters, mode, first.page.next)
  expect({ whole: second.whole, read: Math.max(second.read, budget) }).toEqual({ whole: 0, read: budget })
}

describe('a page of a hundred thousand accounts reads no table through, and twenty rows at most for each it shows', () => {
  test.each<[string, 'whole network' | 'region', ListAccounts]>([
    ['by name', 'whole network', {}],
    ['by name', 'region', {}],
    ['by name, the other way', 'region', { order: 'desc' }],
    ['by last sign-in', 'whole network', { sort: 'last-sign-in', order: 'desc' }],
    ['by reach', 'whole network', { sort: 'reach', order: 'desc' }],
    ['by end', 'whole network', { sort: 'end' }],
    ['by last sign-in', 'region', { sort: 'last-sign-in', order: 'desc' }],
    ['that end soon', 'whole network', { life: 'expiring', sort: 'end' }],
    ['that nobody uses', 'whole network', { life: 'dormant' }],
    ['active', 'whole network', { status: 'active' }],
    ['suspended', 'whole network', { status: 'suspended' }],
    ['suspended', 'region', { status: 'suspended' }],
    ['of one profile', 'whole network', { profile: 'site-adviser' }],
    ['of a rare profile', 'whole network', { profile: 'national-support' }],
    ['that hold a role', 'whole network', { role: 'auditor' }],
    ['suspended with a far-reaching profile', 'region', { status: 'suspended', profile: 'region-coordinator' }],
    ['of a name', 'whole network', { q: 'garnier bathilde' }],
    ['of two letters few have', 'whole network', { q: 'zy' }],
    ['of a name nobody has', 'whole network', { q: 'zzyzx' }],
  ])('%s, %s', (_, where, filters) => holds(where, filters, most))

  // Those that are prepared may go on with one plan for all values.
  test.each<[string, 'whole network' | 'region', ListAccounts]>([
    ['by name', 'whole network', {}],
    ['by name', 'region', {}],
    ['by last sign-in', 'whole network', { sort: 'last-sign-in', order: 'desc' }],
    ['by last sign-in', 'region', { sort: 'last-sign-in', order: 'desc' }],
    ['by reach', 'whole network', { sort: 'reach', order: 'desc' }],
    ['by end', 'whole network', { sort: 'end' }],
    ['active', 'whole network', { status: 'active' }],
    ['suspended', 'whole network', { status: 'suspended' }],
    ['suspended', 'region', { status: 'suspended' }],
  ])('%s, %s, with one plan for all', (_, where, filters) => holds(where, filters, most, 'generic'))

  test.each<[string, 'whole network' | 'region', ListAccounts]>([
    ['of two letters many have', 'whole network', { q: 'ma' }],
    ['of a name and two letters', 'region', { q: 'garnier ba' }],
  ])('%s, %s', (_, where, filters) => holds(where, filters, mostOfLetters))
})

test('a second order, which no index has, is for lists that are few enough to be put in order whole', async () => {
  const twice = (filters: ListAccounts) => outcome(olivier.call.accounts.list({ ...filters, sort: 'end', second: 'reach' }))
  expect(await twice({})).toBe('sort-too-wide')
  expect(await twice({ profile: 'national-support' })).toBe('allowed')
})
