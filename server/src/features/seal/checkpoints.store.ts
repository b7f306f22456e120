import { sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'
import { decodeCursor, type Page, toPage } from '../../kernel/page.ts'

export type SignedCheckpoint = { readonly size: number; readonly note: string; readonly madeAt: Date }

export type Cosignature = { readonly size: number; readonly witness: string; readonly line: string; readonly at: Date }

export type PastCheckpoint = {
  readonly size: number
  readonly note: string
  readonly madeAt: string
  readonly witnesses: readonly string[]
}
/** So many at a time: one is made a second while people work. */
const shown = 8

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

  /** What was signed so far, the newest first, each with the witnesses that saw it. */
  async page(db: Db, cursor: string | undefined): Promise<Page<PastCheckpoint>> {
    const [before = null] = decodeCursor(cursor, ['integer']) ?? []
    const { rows } = await db.execute<{ size: string; note: string; madeAt: string; lines: string[]; witnesses: string[] }>(sql`
      select k.size, k.note, to_json(k.made_at)#>>'{}' as "madeAt", array(select c.line from cosignature c where c.size = k.size order by c.witness) as lines,
        array(select c.witness from cosignature c where c.size = k.size order by c.witness) as witnesses
      from checkpoint k where k.size < coalesce(${before}::bigint, 9223372036854775807) order by k.size desc limit ${shown + 1}`)
    const past = rows.map(({ size, note, madeAt, lines, witnesses }) => ({
      size: Number(size),
      // A note with its cosignatures under it, as c2sp.org/tlog-cosignature has it: what an auditor keeps.
      note: [note, ...lines.map((line) => `${line}\n`)].join(''),
      madeAt,
      witnesses,
    }))
    return toPage(past, shown, ({ size }) => [size])
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
