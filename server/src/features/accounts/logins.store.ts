import { account } from '@countersign/drizzle/schema/account.ts'
import type { AccountStatus } from '@countersign/shared/accounts/status.ts'
import { inArray, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'

const loginLock = 7_203_003

export const logins = {
  /** Whoever wants a login takes turns on it until they commit, so that of two at the same instant the second is told. */
  async hold(tx: Tx, login: string): Promise<void> {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${login}, ${loginLock}))`)
  },

  async exists(tx: Tx, login: string): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`select 1 from account where login = ${login}`)
    return (rowCount ?? 0) > 0
  },

  /** Some account has it, or a pending request asks for it. */
  async taken(tx: Tx, login: string): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`
      select 1 from account where login = ${login}
      union all select 1 from request where status = 'pending' and kind = 'create-account' and content ->> 'login' = ${login}`)
    return (rowCount ?? 0) > 0
  },

  /** The accounts of these logins. */
  async named(db: Db, names: readonly string[]): Promise<ReadonlyMap<string, { readonly id: string; readonly status: AccountStatus }>> {
    const rows = await db
      .select({ login: account.login, id: account.id, status: account.status })
      .from(account)
      .where(inArray(account.login, [...names]))
      .orderBy(account.login)
    return new Map(rows.map(({ login, ...row }) => [login, row]))
  },
}
