import pg from 'pg'

/** What an account of the demo leaves behind when it is born, in the tables that grow with the network. */
const tables = ['account', 'account_search', 'request', 'approval', 'lineage', 'audit_entry'] as const
type Table = (typeof tables)[number]

/** Letters without accents, as `searchWords` and the logins of the demo have them. */
const plain = (text: string) => `regexp_replace(lower(normalize(${text}, nfkd)), U&'[\\0300-\\036F]', '', 'g')`

/** What of each row is another's in its copy; all else is as it was. */
const differing = {
  account: {
    id: 'copied(t.id, k)',
    created_by_request_id: 'copied(t.created_by_request_id, k)',
    authorised_by_request_id:
      'case when t.authorised_by_request_id = t.created_by_request_id then copied(t.created_by_request_id, k) else t.authorised_by_request_id end',
    family_name: 'other.family_name',
    login: `${plain('t.given_name')} || '.' || ${plain('other.family_name')} || (k * 100000 + t.nth)`,
    email: `${plain('t.given_name')} || '.' || ${plain('other.family_name')} || (k * 100000 + t.nth) || '@' || split_part(t.email, '@', 2)`,
  },
  account_search: {
    account_id: 'a.id',
    words: `regexp_replace(${plain(`a.given_name || ' ' || a.family_name || ' ' || a.login || ' ' || a.email`)}, '[^[:alnum:]@._]+', ' ', 'g')`,
  },
  request: { id: 'copied(t.id, k)', reference: 't.reference + k * 1000000' },
  approval: { id: 'copied(t.id, k)', request_id: 'copied(t.request_id, k)' },
  lineage: { id: 'copied(t.id, k)', request_id: 'copied(t.request_id, k)', to_account_id: 'copied(t.to_account_id, k)' },
  audit_entry: {
    id: 'copied(t.id, k)',
    subject_id: 'copied(t.subject_id, k)',
    // As if from before the audit was sealed.
    number: 'null::bigint',
    data: `case when t.data ? 'requestId' then jsonb_set(t.data, '{requestId}', to_jsonb(copied((t.data ->> 'requestId')::uuid, k))) else t.data end`,
  },
} as const satisfies Record<Table, Record<string, string>>

const every = 'cross join generate_series(1, $1::int) as k'
const sources = {
  account: `(select a.*, s.nth from account a join source s on s.id = a.id) t ${every}
    join lateral (select ((t.nth + k * 7919) % (select count(*) from source))::int as nth) turned on true
    join source other on other.nth = turned.nth`,
  account_search: 'account a where a.id not in (select account_id from account_search) and $1::int > 0',
  request: `(select * from request where id in (select request_id from source)) t ${every}`,
  approval: `(select * from approval where request_id in (select request_id from source)) t ${every}`,
  lineage: `(select l.* from lineage l join source s on s.id = l.to_account_id and s.request_id = l.request_id) t ${every}`,
  audit_entry: `(select e.* from audit_entry e where e.subject_id in (select id from source union all select request_id from source)) t ${every}`,
} as const satisfies Record<Table, string>

/**
 * Makes of a network of twenty thousand one of at least so many accounts: each agent that holds no role is copied with the request they were born from,
 * its countersignature, its lineage and its audit, under another name, in the same place. Triggers are off: this measures reading and
 * changing at that size, and a year told through the commits at that size takes half an hour. What the copies say of themselves (the
 * content a request was hashed over) is what the first one said.
 */
export const multiply = async (ownerUrl: string, accounts: number, report: (line: string) => void): Promise<void> => {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    await client.query(`set session_replication_role = replica; set maintenance_work_mem = '1GB'; set work_mem = '256MB'`)
    // The last digits of an id are chance, the first ones keep its place in time, and the version tells the copy from the first.
    await client.query(
      `create function pg_temp.copied(id uuid, k int) returns uuid language sql immutable parallel safe
         as $$ select (overlay(left(id::text, 33) placing '8' from 15) || lpad(to_hex(k), 3, '0'))::uuid $$; set search_path = public, pg_temp`,
    )
    await client.query(
      `create temporary table source as
         select a.id, a.family_name, a.created_by_request_id as request_id, (row_number() over (order by a.id) - 1)::int as nth
         from account a join request r on r.id = a.created_by_request_id and r.kind = 'create-account'
         where not exists (select 1 from role_grant g where g.account_id = a.id);
       create unique index on source (nth); create unique index on source (id); analyze source`,
    )
    const { rows: sizes } = await client.query<{ copies: number }>(
      `select greatest(0, ceil(($1 - (select count(*) from account)) / (select count(*) from source)::numeric))::int as copies`,
      [accounts],
    )
    const copies = sizes[0]?.copies ?? 0
    const { rows: indexes } = await client.query<{ name: string; definition: string }>(
      `select indexname as name, indexdef as definition from pg_indexes
       where schemaname = 'public' and tablename = any ($1) and indexname not in (select conname from pg_constraint)`,
      [tables],
    )
    for (const { name } of indexes) await client.query(`drop index ${client.escapeIdentifier(name)}`)
    for (const table of tables) {
      report(`copying ${table}`)
      const { rows } = await client.query<{ name: string }>(
        `select column_name as name from information_schema.columns where table_schema = 'public' and table_name = $1 order by ordinal_position`,
        [table],
      )
      const changed: Record<string, string> = differing[table]
      const names = rows.map(({ name }) => name)
      const values = names.map((name) => (changed[name] ?? `t.${name}`).replaceAll('copied(', 'pg_temp.copied('))
      await client.query(
        `insert into ${table} (${names.join(', ')}) overriding system value select ${values.join(', ')} from ${sources[table]}`,
        [copies],
      )
    }
    await client.query(`select setval(pg_get_serial_sequence('request', 'reference'), (select max(reference) from request))`)
    for (const { name, definition } of indexes) {
      report(`indexing ${name}`)
      // Of a partitioned table the definition is that of the table alone; it is wanted on every month.
      await client.query(definition.replace(' ON ONLY ', ' ON '))
    }
    report('counting')
    await client.query(
      `truncate account_count;
       insert into account_count (organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, status, profile_id, change)
       select organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, status, profile_id, count(*)
       from account group by 1, 2, 3, 4, 5, 6, 7, 8, 9`,
    )
    await client.query('vacuum (freeze, analyze)')
  } finally {
    await client.end()
  }
}
