import { canary } from '@countersign/drizzle/schema/signal.ts'
import { sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'

export type CanaryRow = {
  readonly accountId: string
  readonly name: string
  readonly login: string
  readonly place: string
  readonly placedBy: string
  readonly placedAt: string
}

export const canaries = {
  /** False where it stands already. */
  async place(tx: Tx, accountId: string, by: string, now: Date): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`
      insert into canary (account_id, placed_by, placed_at) values (${accountId}, ${by}, ${now})
      on conflict (account_id) do update set placed_by = excluded.placed_by, placed_at = excluded.placed_at, lifted_at = null where canary.lifted_at is not null`)
    return rowCount === 1
  },

  async lift(tx: Tx, accountId: string, now: Date): Promise<boolean> {
    const lifted = await tx.update(canary).set({ liftedAt: now }).where(sql`account_id = ${accountId} and lifted_at is null`)
    return lifted.rowCount === 1
  },

  async all(db: Db): Promise<readonly CanaryRow[]> {
    const { rows } = await db.execute<CanaryRow & Record<string, unknown>>(sql`
      select c.account_id as "accountId", a.given_name || ' ' || a.family_name as name, a.login, o.name as place, b.given_name || ' ' || b.family_name as "placedBy", to_json(c.placed_at)#>>'{}' as "placedAt"
      from canary c join account a on a.id = c.account_id join organisation o on o.id = a.organisation_id join account b on b.id = c.placed_by
      where c.lifted_at is null order by c.placed_at desc, c.account_id limit 200`)
    return rows
  },
}
