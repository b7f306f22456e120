import { savedView } from '@countersign/drizzle/schema/saved-view.ts'
import type { ListAccounts } from '@countersign/shared/accounts/listing.ts'
import { and, eq, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'

export type ViewRow = {
  readonly id: string
  readonly name: string
  readonly search: ListAccounts
  readonly hidden: readonly string[]
  readonly shared: boolean
  readonly mine: boolean
  readonly owner: string
}

export const views = {
  /** One's own and those shared at home, by name. */
  async list(db: Db, accountId: string): Promise<readonly ViewRow[]> {
    const { rows } = await db.execute<ViewRow & Record<string, unknown>>(sql`
      select v.id, v.name, v.search, v.hidden, v.shared, v.owner_id = me.id as mine, owner.given_name || ' ' || owner.family_name as owner
      from account me join saved_view v on v.owner_id = me.id or v.shared and v.home_id = coalesce(me.structure_id, me.organisation_id)
      join account owner on owner.id = v.owner_id where me.id = ${accountId} order by v.owner_id <> me.id, v.name, v.id limit 200`)
    return rows
  },

  async count(tx: Tx, ownerId: string): Promise<number> {
    return tx.$count(savedView, eq(savedView.ownerId, ownerId))
  },

  /** Where somebody's structure is, or their office. */
  async homeOf(tx: Tx, accountId: string): Promise<string> {
    const { rows } = await tx.execute<{ id: string }>(
      sql`select coalesce(structure_id, organisation_id) as id from account where id = ${accountId}`,
    )
    return rows[0]?.id ?? ''
  },

  /** One of the same name is replaced by it: its id is answered. */
  async named(tx: Tx, ownerId: string, name: string): Promise<string | null> {
    const [row] = await tx
      .select({ id: savedView.id })
      .from(savedView)
      .where(and(eq(savedView.ownerId, ownerId), eq(savedView.name, name)))
      .for('update')
    return row?.id ?? null
  },

  async save(tx: Tx, row: typeof savedView.$inferInsert): Promise<void> {
    const { search, hidden, shared, savedAt } = row
    await tx.insert(savedView).values(row).onConflictDoUpdate({ target: savedView.id, set: { search, hidden, shared, savedAt } })
  },

  /** False where it is not theirs, or not there. */
  async remove(tx: Tx, id: string, ownerId: string): Promise<boolean> {
    const removed = await tx.delete(savedView).where(and(eq(savedView.id, id), eq(savedView.ownerId, ownerId)))
    return removed.rowCount === 1
  },
}
