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

export type Due = DueMonth & { readonly id: string; readonly until: Date; readonly entries: number; readonly messages: number }

type DueRow = {
  id: string
  until: Date
  entries: string
  messages: string
  waiting: string
  recorded_until: Date | null
  kept_from: Date
  incidents: string
}

export const months = {
  async all(db: Db): Promise<readonly Month[]> {
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

  /** Those whose time is over, the oldest first. Reads each of them whole: for the console alone. */
  async due(db: Db | Tx): Promise<readonly Due[]> {
    const { rows } = await db.execute<DueRow>(
      sql`select d.*, now() - make_interval(months => r.months) as kept_from from due_audit_months() d, retention r order by d.until`,
    )
    return rows.map((row) => ({
      id: row.id,
      until: new Date(row.until),
      entries: Number(row.entries),
      messages: Number(row.messages),
      waiting: Number(row.waiting),
      recordedUntil: row.recorded_until === null ? null : new Date(row.recorded_until),
      keptFrom: new Date(row.kept_from),
      incidents: Number(row.incidents),
    }))
  },

  /** One console at a time; the same lock that the database takes. */
  async lock(tx: Tx): Promise<void> {
    await tx.execute(sql`select pg_advisory_xact_lock(7203012)`)
  },

  /** The partition and what was sent of it. The database looks at the reasons once more. */
  async drop(tx: Tx, id: string): Promise<void> {
    await tx.execute(sql`select drop_audit_month(${id})`)
  },

  /** Makes the months that will soon begin; how many that were. Nothing governed: an empty room for entries. */
  async open(db: Db): Promise<number> {
    const { rows } = await db.execute<{ made: number }>(sql`select open_audit_months() as made`)
    return rows[0]?.made ?? 0
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
