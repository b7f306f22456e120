import { bulk } from '@countersign/drizzle/schema/bulk.ts'
import type { Place } from '@countersign/shared/access/scope.ts'
import type { BulkStatus } from '@countersign/shared/bulks/bulk.ts'
import type { BulkCase } from '@countersign/shared/bulks/deciding.ts'
import { eq, getTableColumns, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import type { Impact } from './impact.store.ts'

export type StoredBulk = BulkCase & {
  readonly id: string
  readonly ordererEpoch: number
  readonly organisationId: string
  readonly selection: typeof bulk.$inferSelect.selection
  readonly impact: Impact
  readonly mass: boolean
  readonly givesBackId: string | null
  readonly justification: string | null
  readonly done: number
  readonly skipped: number
  readonly reached: string | null
  readonly requestId: string | null
  readonly reportHash: string | null
  readonly runningSince: Date | null
  readonly ranMilliseconds: number
  readonly startedAt: Date | null
  readonly halted: string | null
}

/** Accounts of its list the step it is in has not come by. */
export const leftOf = ({ planned, done, skipped }: Pick<StoredBulk, 'planned' | 'done' | 'skipped'>): number =>
  Math.max(0, planned - done - skipped)

/** Whoever ordered bulk `b` could still order anything. */
const ordererStands = sql`exists (select 1 from account a where a.id = b.orderer_id and a.epoch = b.orderer_epoch and a.status = 'active' and a.ends_on >= current_date)`

/** All but the names nobody has: they may be very many, and are asked for alone. */
const { unknown: _unknown, ...columns } = getTableColumns(bulk)

const toStored = (row: Omit<typeof bulk.$inferSelect, 'unknown'>): StoredBulk => {
  const { nationId, networkId, regionId, departementId, structureId, siteId, impact, ...rest } = row
  // Written by the dry run of this very program.
  return { ...rest, impact: impact as Impact, place: { nationId, networkId, regionId, departementId, structureId, siteId } }
}

export type AtWork = { readonly id: string; readonly ordererId: string; readonly ordererEpoch: number; readonly status: BulkStatus }

type Change = Partial<Omit<typeof bulk.$inferInsert, 'id' | 'verb'>>

/** Worked on from now; what was worked before is kept apart. */
const started = (now: Date): Change => ({ runningSince: now })
const rested = (row: StoredBulk, now: Date): Change => ({
  runningSince: null,
  ranMilliseconds: row.ranMilliseconds + (row.runningSince ? Math.max(0, now.getTime() - row.runningSince.getTime()) : 0),
})

export const bulks = {
  async draw(tx: Tx, row: Omit<typeof bulk.$inferInsert, keyof Place> & { place: Place }): Promise<void> {
    const { place, ...rest } = row
    await tx.insert(bulk).values({ ...rest, ...place })
  },

  /** Holds a bulk until the transaction ends: its chunks and whoever steers it take turns. */
  async lock(tx: Tx, id: string): Promise<StoredBulk> {
    const [row] = await tx.select(columns).from(bulk).where(eq(bulk.id, id)).for('update')
    if (!row) throw new Refused('not-found', id)
    return toStored(row)
  },

  async read(db: Db | Tx, id: string): Promise<StoredBulk | null> {
    const [row] = await db.select(columns).from(bulk).where(eq(bulk.id, id))
    return row ? toStored(row) : null
  },

  async start(tx: Tx, row: StoredBulk, { justification, now }: { justification: string; now: Date }): Promise<void> {
    await bulks.set(tx, row.id, { status: 'running', justification, startedAt: now, ...started(now) })
  },

  /** Waits for a countersignature of this request. */
  async ask(
    tx: Tx,
    row: StoredBulk,
    { requestId, justification, now }: { requestId: string; justification: string; now: Date },
  ): Promise<void> {
    await bulks.set(tx, row.id, { status: 'waiting', requestId, justification, startedAt: row.startedAt ?? now, ...rested(row, now) })
  },

  /** The step that was countersigned begins at the first account again. */
  async act(tx: Tx, row: StoredBulk, now: Date): Promise<void> {
    await bulks.set(tx, row.id, { status: 'running', step: 'act', done: 0, reached: null, ranMilliseconds: 0, ...started(now) })
  },

  async advance(tx: Tx, row: StoredBulk, { done, skipped, reached }: { done: number; skipped: number; reached: string }): Promise<void> {
    await bulks.set(tx, row.id, { done: row.done + done, skipped: row.skipped + skipped, reached })
  },

  async pause(tx: Tx, row: StoredBulk, now: Date): Promise<void> {
    await bulks.set(tx, row.id, { status: 'paused', ...rested(row, now) })
  },

  async resume(tx: Tx, row: StoredBulk, now: Date): Promise<void> {
    await bulks.set(tx, row.id, { status: 'running', halted: null, ...started(now) })
  },

  /** Held up by itself: what the database refuses now it will refuse again. */
  async halt(tx: Tx, row: StoredBulk, { why, now }: { why: string; now: Date }): Promise<void> {
    await bulks.set(tx, row.id, { status: 'paused', halted: why, ...rested(row, now) })
  },

  async end(
    tx: Tx,
    row: StoredBulk,
    { status, reportHash, now }: { status: 'finished' | 'stopped'; reportHash: string; now: Date },
  ): Promise<void> {
    await bulks.set(tx, row.id, { status, reportHash, endedAt: now, ...rested(row, now) })
  },

  async set(tx: Tx, id: string, change: Change): Promise<void> {
    await tx.update(bulk).set(change).where(eq(bulk.id, id))
  },

  /** Names of the selection that lead to no account its author may see, from the first of them or after one. */
  async unknown(db: Db | Tx, id: string, from = 0, count = 5_000): Promise<readonly string[]> {
    const { rows } = await db.execute<{ names: string[] }>(
      sql`select unknown[${from + 1}:${from + count}] as names from bulk where id = ${id}`,
    )
    return rows[0]?.names ?? []
  },

  /** Lists of dry runs nobody confirmed are forgotten after two days. */
  async forgetDryRuns(db: Db): Promise<void> {
    await db.execute(sql`select forget_dry_runs()`)
  },

  async ordererStands(tx: Tx, id: string): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`select 1 from bulk b where b.id = ${id} and ${ordererStands}`)
    return rowCount === 1
  },

  /** What runs, and what waited for a request that somebody has decided, or nobody in time. */
  async atWork(db: Db): Promise<readonly AtWork[]> {
    // Containment before resets, and one of each person before anybody's second: nobody's hundred bulks hold up another's first.
    const { rows } = await db.execute<AtWork>(sql`
      select b.id, b.orderer_id as "ordererId", b.orderer_epoch as "ordererEpoch", b.status from bulk b
      where b.status = 'running' or b.status = 'paused' and not ${ordererStands}
        or b.status = 'waiting' and not exists (select 1 from request r where r.id = b.request_id and r.status = 'pending')
      order by b.verb = 'reset', row_number() over (partition by b.orderer_id order by b.id), b.id limit 100`)
    return rows
  },

  /** How many of this person's are running. */
  async running(tx: Tx, ordererId: string): Promise<number> {
    const { rows } = await tx.execute<{ count: number }>(
      sql`select count(*)::int as count from bulk where status = 'running' and orderer_id = ${ordererId}`,
    )
    return rows[0]?.count ?? 0
  },

  /** The bulk that gives this one back, or waits to: none that was refused, fell or was stopped half way. */
  async givenBackBy(db: Db | Tx, id: string): Promise<{ readonly id: string; readonly status: BulkStatus } | null> {
    const { rows } = await db.execute<{ id: string; status: BulkStatus }>(sql`
      select b.id, b.status from bulk b join request r on r.id = b.request_id
      where b.gives_back_id = ${id} and b.status <> 'stopped' and r.status in ('pending', 'executed') order by b.previewed_at desc limit 1`)
    return rows[0] ?? null
  },
}
