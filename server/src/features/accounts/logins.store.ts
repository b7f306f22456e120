import { sql } from 'drizzle-orm'
import type { Tx } from '../../kernel/db.ts'

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
}
