import type { SealFault } from '@countersign/shared/audit/sealing.ts'
import { sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'

export type Check = {
  /** Every position before this one was looked at in this round. */
  readonly position: number
  /** The last whole round: when it ended, over how many positions. */
  readonly heldAt: Date | null
  readonly held: number | null
  readonly wrong: { readonly position: number; readonly fault: SealFault; readonly since: Date } | null
}

type Row = {
  position: string
  held_at: string | null
  held: string | null
  wrong_at: string | null
  wrong: SealFault | null
  wrong_since: string | null
}

const checkLock = 7_203_015

export const checks = {
  async turn(tx: Tx): Promise<boolean> {
    const { rows } = await tx.execute<{ alone: boolean }>(sql`select pg_try_advisory_xact_lock(${checkLock}) as alone`)
    return rows[0]?.alone ?? false
  },

  async get(db: Db | Tx): Promise<Check> {
    const { rows } = await db.execute<Row>(sql`select position, held_at, held, wrong_at, wrong, wrong_since from seal_check`)
    const [row] = rows
    if (!row) throw new Error('there is no row about what was checked of the seal')
    const { wrong_at: at, wrong, wrong_since: since } = row
    return {
      position: Number(row.position),
      heldAt: row.held_at === null ? null : new Date(row.held_at),
      held: row.held === null ? null : Number(row.held),
      wrong: at !== null && wrong !== null && since !== null ? { position: Number(at), fault: wrong, since: new Date(since) } : null,
    }
  },

  /** Held, so that it is told once; true where it stands in the audit since it was found. */
  async isTold(tx: Tx, since: Date): Promise<boolean> {
    await tx.execute(sql`select 1 from seal_check for update`)
    const { rowCount } = await tx.execute(sql`select 1 from audit_entry where type = 'seal.broken' and at >= ${since} limit 1`)
    return rowCount === 1
  },

  /** Goes on from there in this round. */
  async reached(tx: Tx, position: number): Promise<void> {
    await tx.execute(sql`update seal_check set position = ${position}`)
  },

  /** A round is over, and all of it held. */
  async held(tx: Tx, positions: number): Promise<void> {
    await tx.execute(sql`update seal_check set position = 0, held_at = now(), held = ${positions}`)
  },

  /** What was found first stays, until somebody who may change the table has looked. */
  async wrong(tx: Tx, position: number, fault: SealFault): Promise<void> {
    await tx.execute(sql`update seal_check set wrong_at = ${position}, wrong = ${fault}, wrong_since = now() where wrong_at is null`)
  },
}
