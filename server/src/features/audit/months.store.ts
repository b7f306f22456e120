import type { DueMonth, Retention } from '@countersign/shared/audit/retention.ts'
import { sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'

/** A month of the audit; null since where it holds whatever was before. */
export type Month = {
  readonly since: Date | null
  readonly until: Date
  readonly droppedAt: Date | null
  /** Of one that was dropped. */
  readonly entries: number | null
}

export type Due = DueMonth & {
  readonly id: string
  readonly until: Date
  readonly entries: number
  readonly messages: number
  /** Of these, what had not left after so long. */
  readonly unsent: number
}

type DueRow = {
  id: string
  until: Date
  entries: string
  messages: string
  unsent: string
  recorded_until: Date | null
  kept_from: Date
  incidents: string
}

export const months = {
  async all(db: Db | Tx): Promise<readonly Month[]> {
    const { rows } = await db.execute<{ since: string | null; until: string; dropped_at: string | null; entries: string | null }>(
      sql`select since, until, dropped_at, entries from audit_month order by until`,
    )
    return rows.map(({ since, until, dropped_at, entries }) => ({
      since: since === null ? null : new Date(since),
      until: new Date(until),
      droppedAt: dropped_at === null ? null : new Date(dropped_at),
      entries: entries === null ? null : Number(entries),
    }))
  },

  /** The oldest whose time is over. Reads all of it: for the console alone. */
  async due(db: Db | Tx): Promise<Due | null> {
    const { rows } = await db.execute<DueRow>(sql`select * from due_audit_month()`)
    const [row] = rows
    if (!row) return null
    return {
      id: row.id,
      until: new Date(row.until),
      entries: Number(row.entries),
      messages: Number(row.messages),
      unsent: Number(row.unsent),
      recordedUntil: row.recorded_until === null ? null : new Date(row.recorded_until),
      keptFrom: new Date(row.kept_from),
      incidents: Number(row.incidents),
    }
  },

  /** One console at a time. */
  async lock(tx: Tx): Promise<void> {
    await tx.execute(sql`select pg_advisory_xact_lock(7203012)`)
  },

  /** Gives it up, with what was sent of it. The database looks at the reasons once more. */
  async close(tx: Tx, id: string): Promise<void> {
    await tx.execute(sql`select close_audit_month(${id})`)
  },

  /** Takes away what was given up, unless somebody reads the audit just now; true when nothing of it is left. */
  async dropClosed(db: Db): Promise<boolean> {
    const { rows } = await db.execute<{ gone: boolean }>(sql`select drop_closed_audit_months() as gone`)
    return rows[0]?.gone ?? false
  },

  /** Makes the months that will soon begin; how many that were. Nothing governed: an empty room for entries. */
  async open(db: Db): Promise<number> {
    const { rows } = await db.execute<{ made: number }>(sql`select open_audit_months() as made`)
    return rows[0]?.made ?? 0
  },

  /** Until there is no month left to write into, and since the oldest could have been dropped. */
  async inDays(db: Db): Promise<{ ahead: number; overdue: number }> {
    const { rows } = await db.execute<{ ahead: number; overdue: number }>(sql`
      select (extract(epoch from max(until) - now()) / 86400)::float8 as ahead,
        greatest(0, extract(epoch from now() - make_interval(months => (select months from retention)) - min(until) filter (where dropped_at is null)) / 86400)::float8 as overdue
      from audit_month`)
    return rows[0] ?? { ahead: 0, overdue: 0 }
  },

  async lockRetention(tx: Tx): Promise<Retention & { readonly id: string }> {
    const { rows } = await tx.execute<{ id: string; months: number; reason: string | null }>(
      sql`select id, months, reason from retention for update`,
    )
    if (!rows[0]) throw new Error('the retention of the audit is not there')
    return rows[0]
  },

  async retention(db: Db): Promise<Retention> {
    const { rows } = await db.execute<{ months: number; reason: string | null }>(sql`select months, reason from retention`)
    if (!rows[0]) throw new Error('the retention of the audit is not there')
    return rows[0]
  },

  async setRetention(tx: Tx, { months, reason }: Retention, now: Date): Promise<void> {
    await tx.execute(sql`update retention set months = ${months}, reason = ${reason}, set_at = ${now}`)
  },
}
