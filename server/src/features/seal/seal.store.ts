import { type SQL, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'
import type { Grown, Hash, Subtree } from '../../transparency/merkle.ts'
import type { SealableEntry } from './entry-text.ts'

/** How far the log goes, and how far the transactions that are in it. */
export type End = {
  readonly size: number
  /** Every entry of a transaction before this one has its place. */
  readonly below: string
  /** No transaction before this one still runs: what can have a place now. */
  readonly horizon: string
  /** The database counts its transactions anew: it was restored from a dump, and nothing new would ever have a place. */
  readonly stranded: boolean
}

export type Leaf = { readonly entryId: string; readonly at: string; readonly transaction: string; readonly hash: Hash }

/** A leaf with its entry, as far as that is still kept. */
export type StoredLeaf = { readonly position: number; readonly at: string; readonly hash: Hash; readonly entry: SealableEntry | null }

const sealLock = 7_203_013
const exportLock = 7203063

const instantOf = (column: SQL): SQL => sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** All of an entry, as `entryText` takes it. */
export const sealable = sql`
  e.id, ${instantOf(sql`e.at`)} as at, ${instantOf(sql`e.recorded_at`)} as "recordedAt", e.transaction_id::text as transaction, e.number::text as number, e.type,
  e.actor_id as "actorId", e.subject_id as "subjectId", e.organisation_id as "organisationId",
  json_build_array(e.nation_id, e.network_id, e.region_id, e.departement_id, e.structure_id, e.site_id) as place, e.origin, e.data`

export const seal = {
  /** One process at a time; false where another is at it. */
  async turn(tx: Tx): Promise<boolean> {
    const { rows } = await tx.execute<{ alone: boolean }>(sql`select pg_try_advisory_xact_lock(${sealLock}) as alone`)
    return rows[0]?.alone ?? false
  },

  async end(db: Db | Tx): Promise<End> {
    const { rows } = await db.execute<Omit<End, 'size'> & { size: string }>(sql`
      select (select coalesce(max(position), -1) + 1 from audit_leaf)::text as size, position::text as below,
        pg_snapshot_xmin(pg_current_snapshot())::text as horizon, position > pg_snapshot_xmax(pg_current_snapshot()) as stranded
      from seal_position`)
    const [row] = rows
    if (!row) throw new Error('there is no row about how far the audit is sealed')
    return { ...row, size: Number(row.size) }
  },

  /**
   * What was committed since, in the order it was written, up to the first that cannot have a place yet because something older still runs.
   * Whoever waited for somebody else's row wrote after them: nobody stands before what they rest on, whichever began first. What was written
   * before entries had a number comes before all others, in the order of an index: a network that was never sealed may have millions.
   */
  async next(tx: Tx, { below, horizon }: End, limit: number): Promise<readonly SealableEntry[]> {
    const waiting = sql`e.transaction_id >= ${below}::xid8 and e.transaction_id < ${horizon}::xid8 and not exists (select 1 from audit_leaf l where l.entry_id = e.id)`
    const { rows: unnumbered } = await tx.execute<SealableEntry & Record<string, unknown>>(sql`
      select ${sealable} from audit_entry e where e.number is null and ${waiting} order by e.transaction_id, e.id limit ${limit}`)
    if (unnumbered.length === limit) return unnumbered
    const { rows: numbered } = await tx.execute<SealableEntry & Record<string, unknown>>(sql`
      select ${sealable} from audit_entry e
      where ${waiting} and e.number < coalesce((select min(later.number) from audit_entry later where later.transaction_id >= ${horizon}::xid8), e.number + 1)
      order by e.number, e.transaction_id, e.id limit ${limit - unnumbered.length}`)
    return [...unnumbered, ...numbered]
  },

  /** Moves on to the first transaction of which something has no place yet. */
  async advance(tx: Tx, { below, horizon }: End): Promise<void> {
    await tx.execute(sql`
      update seal_position set position = coalesce((
        select e.transaction_id from audit_entry e
        where e.transaction_id >= ${below}::xid8 and e.transaction_id < ${horizon}::xid8 and not exists (select 1 from audit_leaf l where l.entry_id = e.id)
        order by e.transaction_id limit 1), ${horizon}::xid8)`)
  },

  /** The hashes of complete subtrees, in the order they are asked for. */
  async hashes(db: Db | Tx, subtrees: readonly Subtree[]): Promise<readonly Hash[]> {
    if (subtrees.length === 0) return []
    const { rows } = await db.execute<{ hash: Buffer | null }>(sql`
      select coalesce(l.hash, s.hash) as hash
      from unnest(${sql.param(subtrees.map(({ level }) => level))}::smallint[], ${sql.param(subtrees.map(({ index }) => index))}::bigint[]) with ordinality as asked (level, index, number)
      left join audit_leaf l on asked.level = 0 and l.position = asked.index
      left join audit_subtree s on asked.level > 0 and s.level = asked.level and s.index = asked.index
      order by asked.number`)
    return rows.map(({ hash }, index) => {
      if (!hash) throw new Error(`the log has no hash for ${JSON.stringify(subtrees[index])}`)
      return hash
    })
  },

  async append(tx: Tx, size: number, leaves: readonly Leaf[], made: readonly Grown[]): Promise<void> {
    await tx.execute(sql`
      insert into audit_leaf (position, entry_id, at, transaction_id, hash)
      select ${size}::bigint + number - 1, entry_id, at, transaction_id::xid8, hash
      from unnest(${sql.param(leaves.map(({ entryId }) => entryId))}::uuid[], ${sql.param(leaves.map(({ at }) => at))}::timestamptz[],
        ${sql.param(leaves.map(({ transaction }) => transaction))}::text[], ${sql.param(leaves.map(({ hash }) => hash))}::bytea[])
        with ordinality as leaf (entry_id, at, transaction_id, hash, number)`)
    await tx.execute(sql`
      insert into audit_subtree (level, index, hash)
      select * from unnest(${sql.param(made.map(({ subtree }) => subtree.level))}::smallint[], ${sql.param(made.map(({ subtree }) => subtree.index))}::bigint[],
        ${sql.param(made.map(({ hash }) => hash))}::bytea[])`)
  },

  /** Leaves from a position on, in their order, with their entries as far as these are still kept. */
  async leaves(db: Db | Tx, from: number, limit: number): Promise<readonly StoredLeaf[]> {
    const { rows } = await db.execute<Omit<StoredLeaf, 'position'> & { position: string }>(sql`
      select l.position::text as position, ${instantOf(sql`l.at`)} as at, l.hash, case when one.id is null then null else to_json(one) end as entry
      from audit_leaf l left join lateral (select ${sealable} from audit_entry e where e.id = l.entry_id and e.at = l.at) one on true
      where l.position >= ${from} order by l.position limit ${limit}`)
    return rows.map((row) => ({ ...row, position: Number(row.position) }))
  },

  async leafOf(db: Db, entryId: string): Promise<StoredLeaf | null> {
    const { rows } = await db.execute<{ position: string }>(sql`select position from audit_leaf where entry_id = ${entryId}`)
    return rows[0] ? ((await seal.leaves(db, Number(rows[0].position), 1))[0] ?? null) : null
  },

  /** When the first entry was recorded that has no place yet; null where all have one. Where none can have one any more, when the last had. */
  async waitingSince(db: Db | Tx): Promise<Date | null> {
    const { below, size, stranded } = await seal.end(db)
    const { rows } = await db.execute<{ since: string }>(
      stranded
        ? sql`select at as since from audit_leaf where position = ${size - 1}`
        : sql`
          select e.recorded_at as since from audit_entry e
          where e.transaction_id >= ${below}::xid8 and not exists (select 1 from audit_leaf l where l.entry_id = e.id)
          order by e.transaction_id limit 1`,
    )
    return rows[0] ? new Date(rows[0].since) : null
  },

  /** Each export is a long look at the whole audit: they take turns, whichever process they are asked of. */
  async turnToExport(tx: Tx): Promise<boolean> {
    const { rows } = await tx.execute<{ alone: boolean }>(sql`select pg_try_advisory_xact_lock(${exportLock}) as alone`)
    return rows[0]?.alone ?? false
  },

  /** Whatever has no place: the last second, and anything that was put in behind our back. Reads all of the audit: for exports alone. */
  async unsealed(tx: Tx, limit: number): Promise<readonly SealableEntry[]> {
    const { rows } = await tx.execute<SealableEntry & Record<string, unknown>>(sql`
      select ${sealable} from audit_entry e where not exists (select 1 from audit_leaf l where l.entry_id = e.id and l.at = e.at)
      order by e.number nulls first, e.transaction_id, e.id limit ${limit}`)
    return rows
  },

  /** The positions of entries about this time, from the first to the last of them; what stands between is theirs too. Reads all leaves: for exports alone. */
  async positionsWithin(tx: Tx, since: Date | null, until: Date | null): Promise<{ readonly from: number; readonly to: number }> {
    const { rows } = await tx.execute<{ first: string | null; last: string | null }>(sql`
      select min(position)::text as first, max(position)::text as last from audit_leaf
      where at >= ${since ?? '-infinity'}::timestamptz and at < ${until ?? 'infinity'}::timestamptz`)
    const [{ first = null, last = null } = {}] = rows
    return first === null || last === null ? { from: 0, to: 0 } : { from: Number(first), to: Number(last) + 1 }
  },
}
