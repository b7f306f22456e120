import { sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'

export type PlaceState = {
  readonly name: string
  /** How far it knows the log. */
  readonly size: number
  readonly broughtAt: Date | null
  readonly failingSince: Date | null
  readonly failure: string | null
}

const bringLock = 7_203_014

export const places = {
  /** One process at a time for each; what is brought may take seconds, so no row is held meanwhile. */
  async turn(tx: Tx, name: string): Promise<boolean> {
    const { rows } = await tx.execute<{ alone: boolean }>(sql`select pg_try_advisory_xact_lock(${bringLock}, hashtext(${name})) as alone`)
    return rows[0]?.alone ?? false
  },

  async all(db: Db | Tx): Promise<readonly PlaceState[]> {
    const { rows } = await db.execute<{
      name: string
      size: string
      brought_at: string | null
      failing_since: string | null
      failure: string | null
    }>(sql`select name, size, brought_at, failing_since, failure from checkpoint_place order by name`)
    const instant = (text: string | null) => (text === null ? null : new Date(text))
    return rows.map(({ name, size, brought_at, failing_since, failure }) => ({
      name,
      size: Number(size),
      broughtAt: instant(brought_at),
      failingSince: instant(failing_since),
      failure,
    }))
  },

  async brought(tx: Tx, name: string, size: number): Promise<void> {
    await tx.execute(sql`
      insert into checkpoint_place (name, size, brought_at) values (${name}, ${size}, now())
      on conflict (name) do update set size = ${size}, brought_at = now(), failing_since = null, failure = null`)
  },

  async failed(tx: Tx, name: string, failure: string): Promise<void> {
    await tx.execute(sql`
      insert into checkpoint_place (name, size, failing_since, failure) values (${name}, 0, now(), ${failure})
      on conflict (name) do update set failing_since = coalesce(checkpoint_place.failing_since, now()), failure = ${failure}`)
  },
}
