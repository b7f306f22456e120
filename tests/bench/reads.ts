import { encodeCursor } from '@countersign/server/kernel/page.ts'
import { type Call, measured, ratio, row, shown, type Times } from './measure.ts'
import type { Asker, Network } from './network.ts'

export const clients = [1, 8, 32] as const

type Line = {
  readonly name: string
  readonly by: readonly Asker[]
  readonly path: string
  readonly body: unknown
  /** The same rows in one statement, without the names, roles and rules beside them. */
  readonly bare: (by: Asker) => Call
}

const holding = 'select account_id from account_search where words like $1'
const cells = (place: string, where: string) =>
  `select status, profile_id, ${place}, sum(change) from account_count where ${where} group by 1, 2, 3`
/** An account with whoever made it, what it had a hand in, and what happened to it. */
const life = `select a.*, array(select l from lineage l where l.to_account_id = a.id) as made, array(select l from lineage l where l.from_account_id = a.id order by at desc limit 50) as hands,
  array(select e from audit_entry e where e.subject_id = a.id order by at desc limit 50) as told, array(select s from session s where s.account_id = a.id) as sessions from account a where a.id = $1`
/** Whoever it had a hand in since then, and whoever those had. */
const touched = `with recursive reached as (
    select l.to_account_id as id, l.at from lineage l where l.from_account_id = $1 and l.at >= $2
    union select l.to_account_id, l.at from reached r join lineage l on l.from_account_id = r.id and l.at >= r.at)
  select a.*, (select count(*) from session s where s.account_id = a.id) from account a where a.id in (select id from reached) limit 500`

const order = 'order by family_name, given_name, id limit 51'

const linesOf = async ({ pool, accounts, holders }: Network): Promise<readonly Line[]> => {
  const bare =
    (text: string, ...values: readonly unknown[]): Call =>
    () =>
      pool.query({ text, values: [...values], name: text.slice(0, 60) })
  const [owners, admins, regional, local] = await Promise.all([
    holders('policy-owner', 'nation', 4),
    holders('it-admin', 'nation', 4),
    holders('supervisor', 'region', 32),
    holders('account-manager', 'structure', 32),
  ])
  const national = [...owners, ...admins]
  const { rows: middle } = await pool.query<{ family_name: string; given_name: string; id: string }>(
    `select family_name, given_name, id from account order by family_name, given_name, id offset ${Math.floor(accounts / 2)} limit 1`,
  )
  const deep = middle[0] ?? { family_name: '', given_name: '', id: '' }
  const place = [deep.family_name, deep.given_name, deep.id]
  const { rows: born } = await pool.query<{ id: string; family_name: string; given_name: string }>(
    `select id, family_name, given_name from account where structure_id is not null and status = 'active' order by id offset 1000 limit 1`,
  )
  const one = born[0] ?? { id: '', family_name: '', given_name: '' }
  const { rows: busiest } = await pool.query<{ id: string; at: string }>(
    'select from_account_id as id, to_json(min(at)) as at from lineage group by 1 order by count(*) desc limit 1',
  )
  const found = `select a.* from account a where a.id = any (array(select account_id from account_search where words like $1 and words like $2)) ${order}`
  const whole = bare(`select * from account ${order}`)
  return [
    { name: 'list: network', by: national, path: 'accounts.list', body: {}, bare: () => whole },
    {
      ...{ name: 'list: network, deep page', by: national, path: 'accounts.list', body: { cursor: encodeCursor(place) } },
      bare: () => bare(`select * from account where (family_name, given_name, id) > ($1, $2, $3::uuid) ${order}`, ...place),
    },
    {
      ...{ name: 'list: region', by: regional, path: 'accounts.list', body: {} },
      bare: (by) => bare(`select * from account where region_id = $1 ${order}`, by.organisationId),
    },
    {
      ...{ name: 'list: structure', by: local, path: 'accounts.list', body: {} },
      bare: (by) => bare(`select * from account where structure_id = $1 ${order}`, by.organisationId),
    },
    {
      ...{ name: 'search: rare name', by: national, path: 'accounts.list', body: { q: `${one.given_name} ${one.family_name}` } },
      bare: () => bare(found, `%${one.given_name.toLowerCase()}%`, `%${one.family_name.toLowerCase()}%`),
    },
    {
      ...{ name: 'search: common name', by: national, path: 'accounts.list', body: { q: 'martin' } },
      bare: () => bare(`select a.* from account a where a.id = any (array(${holding})) ${order}`, '%martin%'),
    },
    {
      ...{ name: 'search: two letters', by: regional, path: 'accounts.list', body: { q: 'ga' } },
      bare: (by) =>
        bare(
          `select a.* from account a where a.region_id = $3 and a.id = any (array(${holding} or words like $2)) ${order}`,
          ...['ga%', '% ga%', by.organisationId],
        ),
    },
    { name: 'facets: network', by: national, path: 'accounts.facets', body: {}, bare: () => bare(cells('network_id', 'true')) },
    {
      ...{ name: 'facets: region', by: regional, path: 'accounts.facets', body: {} },
      bare: (by) => bare(cells('departement_id', 'region_id = $1'), by.organisationId),
    },
    {
      ...{ name: 'detail with lineage', by: national, path: 'accounts.get', body: { accountId: one.id } },
      bare: () => bare(life, one.id),
    },
    {
      ...{ name: 'Ctrl K', by: national, path: 'finder.find', body: { words: 'mart' } },
      bare: () => bare(`select a.* from account a where a.id = any (array(${holding})) ${order.replace('51', '8')}`, '%mart%'),
    },
    {
      ...{ name: 'cascade over 500 accounts', by: admins, path: 'cascade.trace' },
      body: { suspectId: busiest[0]?.id, since: busiest[0]?.at },
      bare: () => bare(touched, busiest[0]?.id, busiest[0]?.at),
    },
  ]
}

/** Of one person as many calls run at once as the server takes. */
const callsOfOne = 12

/** What is looked at, over HTTP with 1, 8 and 32 clients, beside the bare statement with 1 and 8. */
export const measureReads = async (network: Network): Promise<void> => {
  for (const { name, by, path, body, bare } of await linesOf(network)) {
    const asker = (client: number): Asker => by[client % by.length] ?? { accountId: '', organisationId: '', token: '' }
    const http: (Times | null)[] = []
    for (const count of clients)
      http.push(count <= by.length * callsOfOne ? await measured(count, (client) => network.ask(asker(client).token, path, body)) : null)
    const [one, eight] = [await measured(1, (client) => bare(asker(client))), await measured(8, (client) => bare(asker(client)))]
    row(
      name,
      ...http.map((times) => (times ? shown(times) : '–')),
      `${shown(one)} · ${shown(eight)}`,
      `${ratio(http[0] ?? null, one)} · ${ratio(http[1] ?? null, eight)}`,
    )
  }
}
