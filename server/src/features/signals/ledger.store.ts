import {
  type Fact,
  type History,
  habitDays,
  type Identity,
  networkPrefix,
  type WatchedType,
  watchedTypes,
} from '@countersign/shared/signals/fact.ts'
import { searchWords } from '@countersign/shared/text/search.ts'
import { sql } from 'drizzle-orm'
import { type Db, literal, type Tx, texts, uuids } from '../../kernel/db.ts'
import { prepared } from '../../kernel/prepared.ts'
import { isOffHours } from '../requests/working-hours.ts'

type Row = {
  id: string
  at: string
  type: WatchedType
  byId: string | null
  accountId: string | null
  structureId: string | null
  address: string | null
  device: string | null
  kind: Fact['kind']
  code: Fact['code']
  operation: string | null
  role: Fact['role']
  bulk: boolean
}

const selected = sql`
  e.id, to_json(e.at)#>>'{}' as at, e.type, e.structure_id as "structureId", e.origin ->> 'address' as address, e.origin ->> 'device' as device,
  coalesce(e.actor_id, case when e.type in ('session.opened', 'sign-in.failed') then e.subject_id end) as "byId",
  case when e.type like 'request.%' then (e.data ->> 'accountId')::uuid when e.type = 'attempt.refused' then (e.data ->> 'target')::uuid else e.subject_id end as "accountId",
  e.data ->> 'kind' as kind, e.data ->> 'code' as code, e.data ->> 'operation' as operation, e.data ->> 'role' as role, e.data ->> 'bulkId' is not null as bulk`

/** A thousand endings of a bulk are loud by themselves. */
const watched = sql`e.type = any(${texts(watchedTypes)}) and not (e.type in ('account.suspended', 'account.revoked') and e.data ->> 'bulkId' is not null)`

const toFact = ({ at, address, ...row }: Row): Fact => ({
  ...row,
  at: new Date(at),
  prefix: networkPrefix(address),
  offHours: isOffHours(new Date(at)),
})

const habit = sql`make_interval(days => ${habitDays})`
/** However busy somebody is, no habit needs more; what somebody else can cause, wrong passwords, crowds out nothing. */
const most = { acts: 600, signIns: 300, failures: 100 } as const

export type Batch = { readonly facts: readonly (Fact & { readonly requestId: string | null })[]; readonly to: string }

/** Facts by the person, the account or the structure they are looked up for, in the order they happened. */
type Shelf = ReadonlyMap<string, readonly Fact[]>
const shelve = (rows: readonly (Row & { key: string })[]): Shelf =>
  new Map([...Map.groupBy(rows, ({ key }) => key)].map(([key, all]) => [key, all.map(toFact)]))

export const distinct = (all: readonly (string | null)[]): readonly string[] => [...new Set(all.filter((one) => one !== null))]

/** What a person is known for beside their facts. */
export type Known = Pick<History, 'bornAt' | 'canary'> & { readonly resets: readonly Date[] }

export const ledger = {
  async position(db: Db): Promise<string> {
    const { rows } = await prepared<{ position: string }>(db, sql`select position::text from signal_position`)
    return rows[0]?.position ?? '0'
  },

  /** True where this process is the one that moves it; false where another was quicker. A place in the ledger, as the folding of counts: nothing governed. */
  async advance(db: Db | Tx, from: string, to: string): Promise<boolean> {
    const { rowCount } = await prepared(db, sql`update signal_position set position = ${to}::xid8 where position = ${from}::xid8`)
    return rowCount === 1
  },

  /** Leaves everything behind that was written before now: of an invented past. */
  async skipToPresent(db: Db): Promise<void> {
    await db.execute(sql`update signal_position set position = pg_snapshot_xmin(pg_current_snapshot())`)
  },

  /**
   * The next entries to look at, whole transactions at a time, as far as nothing can still be committed before them; and up to where
   * that is.
   */
  async next(db: Db, from: string, limit = 200): Promise<Batch> {
    const fresh = sql`e.transaction_id >= ${from}::xid8 and e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())`
    const { rows: bounds } = await prepared<{ last: string | null; xmin: string }>(
      db,
      sql`
      select (select e.transaction_id::text from audit_entry e where ${fresh} and ${watched} order by e.transaction_id offset ${limit - 1} limit 1) as last,
        pg_snapshot_xmin(pg_current_snapshot())::text as xmin`,
    )
    const { last = null, xmin = from } = bounds[0] ?? {}
    if (BigInt(xmin) < BigInt(from)) throw new Error('the position in the ledger lies ahead of the database: it was restored from a copy')
    const to = last === null ? xmin : String(BigInt(last) + 1n)
    const { rows } = await prepared<Row & { requestId: string | null } & Record<string, unknown>>(
      db,
      sql`
      select ${selected}, case when e.type like 'request.%' then e.subject_id end as "requestId" from audit_entry e
      where e.transaction_id >= ${from}::xid8 and e.transaction_id < ${to}::xid8 and ${watched} order by e.at, e.transaction_id, e.id`,
    )
    return { to, facts: rows.map(({ requestId, ...row }) => ({ ...toFact(row), requestId })) }
  },

  /** What these people did in the time of a habit before the last of these facts. */
  async by(db: Db, ids: readonly string[], until: Date): Promise<Shelf> {
    const lately = sql`e.at > ${until}::timestamptz - ${habit} and e.at <= ${until}`
    const own = (type: string, limit: number) =>
      sql`(select ${selected} from audit_entry e where e.subject_id = p.id and e.type = ${type} and ${lately} order by e.at desc limit ${limit})`
    const { rows } = await prepared<Row & { key: string } & Record<string, unknown>>(
      db,
      sql`
      select p.id as key, e.* from unnest(${uuids(ids)}) as p (id), lateral (
        (select ${selected} from audit_entry e where e.actor_id = p.id and ${lately} and ${watched} order by e.at desc limit ${most.acts})
        union all ${own('session.opened', most.signIns)} union all ${own('sign-in.failed', most.failures)}) e order by p.id, e.at, e.id`,
    )
    return shelve(rows)
  },

  /** Roles given to these accounts. */
  async about(db: Db, ids: readonly string[], until: Date): Promise<Shelf> {
    const { rows } = await prepared<Row & { key: string } & Record<string, unknown>>(
      db,
      sql`
      select p.id as key, e.* from unnest(${uuids(ids)}) as p (id), lateral (select ${selected} from audit_entry e
        where e.subject_id = p.id and e.type = 'role.granted' and e.at > ${until}::timestamptz - ${habit} and e.at <= ${until} order by e.at desc limit ${most.acts}) e order by p.id, e.at, e.id`,
    )
    return shelve(rows)
  },

  /** Requests filed in these structures, by way of the requests: a structure's entries are mostly sign-ins. */
  async inStructures(db: Db, ids: readonly string[], until: Date): Promise<Shelf> {
    const { rows } = await prepared<Row & { key: string } & Record<string, unknown>>(
      db,
      sql`
      select p.id as key, e.* from unnest(${uuids(ids)}) as p (id), lateral (select ${selected} from (select r.id from request r
          where r.structure_id = p.id and r.submitted_at > ${until}::timestamptz - ${habit} and r.submitted_at <= ${until} order by r.submitted_at desc limit ${most.acts}) r
        join audit_entry e on e.subject_id = r.id and e.type = 'request.submitted') e order by p.id, e.at, e.id`,
    )
    return shelve(rows)
  },

  /** When these accounts were made, or from when on anything is known of them; when they were reset of late, and whether one is a decoy. */
  async known(db: Db, ids: readonly string[], until: Date): Promise<ReadonlyMap<string, Known>> {
    const { rows } = await prepared<{ id: string; bornAt: string | null; resets: string[]; canary: boolean }>(
      db,
      sql`
      select a.id, case when r.kind = 'found-network' then null else to_json(greatest(a.created_at, (select max(until) from audit_month where dropped_at is not null)))#>>'{}' end as "bornAt", exists (select 1 from canary c where c.account_id = a.id and c.lifted_at is null) as canary,
        array(select to_json(e.at)#>>'{}' from audit_entry e where e.subject_id = a.id and e.type = 'account.reset' and e.at > ${until}::timestamptz - interval '7 days' and e.at <= ${until} order by e.at) as resets
      from account a join request r on r.id = a.created_by_request_id where a.id = any(${uuids(ids)})`,
    )
    return new Map(
      rows.map(({ id, bornAt, resets, canary }) => [
        id,
        { bornAt: bornAt ? new Date(bornAt) : null, canary, resets: resets.map((at) => new Date(at)) },
      ]),
    )
  },

  /** The sign-in before each of these, however long ago, by the id of the later one. */
  async lastSignIns(db: Db, facts: readonly Fact[]): Promise<ReadonlyMap<string, Date>> {
    const { rows } = await prepared<{ id: string; at: string }>(
      db,
      sql`
      select f.id, to_json(e.at)#>>'{}' as at from unnest(${uuids(facts.map(({ id }) => id))}) as f (id) join audit_entry later on later.id = f.id,
        lateral (select e.at from audit_entry e where e.subject_id = later.subject_id and e.type = 'session.opened' and e.at <= later.at and e.id <> later.id order by e.at desc limit 1) e`,
    )
    return new Map(rows.map(({ id, at }) => [id, new Date(at)]))
  },

  /** Where whoever asked for this account signed in from within the month, and how often. */
  async creatorPlaces(db: Db, { byId, at }: Fact): Promise<History['creatorPlaces']> {
    const { rows } = await prepared<{ address: string; device: string; times: number }>(
      db,
      sql`
      select e.origin ->> 'address' as address, e.origin ->> 'device' as device, count(*)::int as times from lineage l
      join audit_entry e on e.subject_id = l.from_account_id and e.type = 'session.opened' and e.at > ${at}::timestamptz - interval '30 days' and e.at <= ${at}
      where l.to_account_id = ${byId} and l.kind = 'asked' group by 1, 2`,
    )
    const places = Map.groupBy(
      rows.map((row) => ({ ...row, prefix: networkPrefix(row.address) })),
      ({ prefix, device }) => `${prefix} ${device}`,
    )
    return [...places.values()].map((all) => ({
      prefix: all[0]?.prefix ?? null,
      device: all[0]?.device ?? null,
      times: all.reduce((sum, { times }) => sum + times, 0),
    }))
  },

  /** Colleagues of the structure who have signed in within the month with this browser. */
  async sharers(db: Db, { byId, at, structureId, device, prefix }: Fact): Promise<number> {
    if (!structureId) return 0
    const { rows } = await prepared<{ id: string; address: string }>(
      db,
      sql`
      select distinct e.subject_id as id, e.origin ->> 'address' as address from audit_entry e
      where e.structure_id = ${structureId} and e.at > ${at}::timestamptz - interval '30 days' and e.at <= ${at} and e.type = 'session.opened' and e.origin ->> 'device' = ${device}
        and e.subject_id <> ${byId} and e.subject_id not in (select l.from_account_id from lineage l where l.to_account_id = ${byId} and l.kind = 'asked')`,
    )
    return new Set(rows.filter(({ address }) => networkPrefix(address) === prefix).map(({ id }) => id)).size
  },

  /** Who a request asks for, and the accounts of the same structure or the same full name. */
  async namesakes(db: Db, requestId: string): Promise<Pick<History, 'asked' | 'namesakes'>> {
    const found = await prepared<Identity & Record<string, unknown>>(
      db,
      sql`
      select r.id, r.content ->> 'givenName' as "givenName", r.content ->> 'familyName' as "familyName", r.content ->> 'login' as login, r.structure_id as "structureId"
      from request r where r.id = ${requestId} and r.kind = 'create-account'`,
    )
    const [asked = null] = found.rows
    if (!asked) return { asked, namesakes: [] }
    const name = `%${literal(searchWords(`${asked.givenName} ${asked.familyName}`))}%`
    const { rows } = await db.execute<Identity & Record<string, unknown>>(sql`
      with named as materialized (select account_id as id from account_search where words like ${name}),
      near as materialized (select id from account where structure_id = ${asked.structureId} and status = 'active' limit 1000)
      select a.id, a.given_name as "givenName", a.family_name as "familyName", a.login, a.structure_id as "structureId"
      from account a where a.id in ((select id from named limit 200) union select id from near) and a.status = 'active' and a.login <> ${asked.login}`)
    return { asked, namesakes: rows }
  },
}
