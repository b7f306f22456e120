import { encodeCursor } from '@countersign/server/kernel/page.ts'
import { type Call, measured, row, shown, type Times } from './measure.ts'
import type { Asker, Network } from './network.ts'

export const clients = [1, 8, 32] as const

type Line = {
  readonly name: string
  readonly by: readonly Asker[]
  readonly path: string
  readonly body: unknown
  /** The same rows in one statement, without the names and roles shown beside them; none where no single statement finds them. */
  readonly bare?: (by: Asker) => Call
}

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
    { name: 'search: common name', by: national, path: 'accounts.list', body: { q: 'martin' } },
    { name: 'search: two letters', by: regional, path: 'accounts.list', body: { q: 'ga' } },
    { name: 'facets: network', by: national, path: 'accounts.facets', body: {} },
    { name: 'facets: region', by: regional, path: 'accounts.facets', body: {} },
    { name: 'detail with lineage', by: national, path: 'accounts.get', body: { accountId: one.id } },
    { name: 'Ctrl K', by: national, path: 'finder.find', body: { words: 'mart' } },
    {
      ...{ name: 'cascade over 500 accounts', by: admins, path: 'cascade.trace' },
      body: { suspectId: busiest[0]?.id, since: busiest[0]?.at },
    },
  ]
}

/** Of one person as many calls run at once as the server takes. */
const callsOfOne = 12

const ratio = (ours: Times | null, bare: Times | null): string => (ours && bare ? (ours.p50 / bare.p50).toFixed(1) : '–')

/** What is looked at, over HTTP with 1, 8 and 32 clients, beside the bare statement with 1 and 8. */
export const measureReads = async (network: Network): Promise<void> => {
  for (const { name, by, path, body, bare } of await linesOf(network)) {
    const asker = (client: number): Asker => by[client % by.length] ?? { accountId: '', organisationId: '', token: '' }
    const http: (Times | null)[] = []
    for (const count of clients)
      http.push(count <= by.length * callsOfOne ? await measured(count, (client) => network.ask(asker(client).token, path, body)) : null)
    const sql = bare ? [await measured(1, (client) => bare(asker(client))), await measured(8, (client) => bare(asker(client)))] : []
    const [one, eight] = [sql[0] ?? null, sql[1] ?? null]
    row(
      name,
      ...http.map((times) => (times ? shown(times) : '–')),
      one && eight ? `${shown(one)} · ${shown(eight)}` : '–',
      `${ratio(http[0] ?? null, one)} · ${ratio(http[1] ?? null, eight)}`,
    )
  }
}
