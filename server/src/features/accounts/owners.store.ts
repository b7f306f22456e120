import type { OwnersLeft } from '@countersign/shared/accounts/ending.ts'
import { sql } from 'drizzle-orm'
import { type Db, type Tx, uuids } from '../../kernel/db.ts'

/** The lock of the trigger `owner_remains` in the database. */
const ownersLock = 7_203_002

/** Policy owners: without one of them no role could ever be given again. */
export const owners = {
  /** Those there would be without these accounts. */
  async without(db: Db | Tx, ids: readonly string[]): Promise<OwnersLeft> {
    const { rows } = await db.execute<OwnersLeft>(sql`
      select count(distinct a.id) filter (where g.revoked_at is null and a.status = 'active' and a.id <> all(${uuids(ids)}))::int as active,
        count(distinct a.id) filter (where g.revoked_at is null and a.status <> 'revoked' and a.id <> all(${uuids(ids)}))::int as standing,
        count(distinct a.id)::int as ever
      from role_grant g join account a on a.id = g.account_id where g.role = 'policy-owner'`)
    return rows[0] ?? { active: 0, standing: 0, ever: 0 }
  },

  /**
   * The same for whoever is about to take them away: these take turns on one lock, and the count is a statement of its own after
   * it, so that it sees what the turn before has done.
   */
  async holdWithout(tx: Tx, ids: readonly string[]): Promise<OwnersLeft> {
    await tx.execute(sql`select pg_advisory_xact_lock(${ownersLock})`)
    return owners.without(tx, ids)
  },

  async among(tx: Tx, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { rows } = await tx.execute<{ id: string }>(sql`
      select account_id as id from role_grant where role = 'policy-owner' and revoked_at is null and account_id = any(${uuids(ids)})`)
    return new Set(rows.map(({ id }) => id))
  },
}
