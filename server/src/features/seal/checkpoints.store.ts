import { sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'

export type SignedCheckpoint = { readonly size: number; readonly note: string; readonly madeAt: Date }

export type Cosignature = { readonly size: number; readonly witness: string; readonly line: string; readonly at: Date }

type Row = { size: string; note: string; made_at: string }
const toCheckpoint = ({ size, note, made_at }: Row): SignedCheckpoint => ({ size: Number(size), note, madeAt: new Date(made_at) })

export const checkpoints = {
  async add(tx: Tx, { size, note, madeAt }: SignedCheckpoint): Promise<void> {
    await tx.execute(sql`insert into checkpoint (size, note, made_at) values (${size}, ${note}, ${madeAt})`)
  },

  async newest(db: Db | Tx): Promise<SignedCheckpoint | null> {
    const { rows } = await db.execute<Row>(sql`select size, note, made_at from checkpoint order by size desc limit 1`)
    return rows[0] ? toCheckpoint(rows[0]) : null
  },

  async cosign(tx: Tx, { size, witness, line, at }: Cosignature): Promise<void> {
    await tx.execute(
      sql`insert into cosignature (size, witness, line, at) values (${size}, ${witness}, ${line}, ${at}) on conflict do nothing`,
    )
  },

  async cosignatures(db: Db | Tx, size: number): Promise<readonly Cosignature[]> {
    const { rows } = await db.execute<{ size: string; witness: string; line: string; at: string }>(
      sql`select size, witness, line, at from cosignature where size = ${size} order by witness`,
    )
    return rows.map((row) => ({ ...row, size: Number(row.size), at: new Date(row.at) }))
  },

  /** Those of sizes after the first and up to the second, with what witnesses answered. */
  async between(
    tx: Tx,
    after: number,
    upTo: number,
  ): Promise<readonly { readonly size: number; readonly note: string; readonly lines: readonly string[] }[]> {
    const { rows } = await tx.execute<{ size: string; note: string; lines: string[] }>(sql`
      select k.size, k.note, array(select c.line from cosignature c where c.size = k.size order by c.witness) as lines
      from checkpoint k where k.size > ${after} and k.size <= ${upTo} order by k.size`)
    return rows.map((row) => ({ ...row, size: Number(row.size) }))
  },

  /** The newest checkpoint that a witness has seen, with what it answered. */
  async newestWitnessed(db: Db): Promise<{ readonly checkpoint: SignedCheckpoint; readonly cosignature: Cosignature } | null> {
    const { rows } = await db.execute<Row & { witness: string; line: string; at: string }>(sql`
      select k.size, k.note, k.made_at, c.witness, c.line, c.at from cosignature c join checkpoint k on k.size = c.size order by c.size desc limit 1`)
    const [row] = rows
    if (!row) return null
    const checkpoint = toCheckpoint(row)
    return { checkpoint, cosignature: { size: checkpoint.size, witness: row.witness, line: row.line, at: new Date(row.at) } }
  },
}
