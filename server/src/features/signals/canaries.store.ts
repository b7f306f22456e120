import { account } from '@countersign/drizzle/schema/account.ts'
import { canary } from '@countersign/drizzle/schema/signal.ts'
import type { Scope } from '@countersign/shared/access/scope.ts'
import { eq, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'
import { within } from '../../kernel/scope.ts'

export type CanaryRow = {
  readonly accountId: string
  readonly name: string
  readonly login: string
  readonly place: string
  readonly placedBy: string
  readonly placedAt: string
}

export const canaries = {
  async standing(tx: Tx, accountId: string): Promise<string | null> {
    const [row] = await tx.select({ id: canary.id }).from(canary).where(sql`account_id = ${accountId} and lifted_at is null`)
    return row?.id ?? null
  },

  async place(tx: Tx, row: typeof canary.$inferInsert): Promise<void> {
    await tx.insert(canary).values(row)
  },

  async lift(tx: Tx, id: string, now: Date): Promise<void> {
    await tx.update(canary).set({ liftedAt: now }).where(eq(canary.id, id))
  },

  /** Decoys of this scope, the latest two hundred: a handful for each network is what they are for. */
  async all(db: Db, scope: Scope): Promise<readonly CanaryRow[]> {
    const { rows } = await db.execute<CanaryRow & Record<string, unknown>>(sql`
      select c.account_id as "accountId", account.given_name || ' ' || account.family_name as name, account.login, o.name as place, b.given_name || ' ' || b.family_name as "placedBy", to_json(c.placed_at)#>>'{}' as "placedAt"
      from canary c join account on account.id = c.account_id join organisation o on o.id = account.organisation_id join account b on b.id = c.placed_by
      where c.lifted_at is null and (${within(scope, account)}) order by c.placed_at desc, c.id limit 200`)
    return rows
  },
}
