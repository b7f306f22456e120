import type { OwnersLeft } from '@countersign/shared/accounts/ending.ts'
import { sql } from 'drizzle-orm'
import { type Db, type Tx, uuids } from '../../kernel/db.ts'

/** The lock of the function `guardians_remain` in the database. */
const guardiansLock = 7_203_002

export type Guardian = 'policy-owner' | 'it-admin'

/** What would be left of those without whom the network could not defend or renew itself. */
export type GuardiansLeft = { readonly owners: OwnersLeft; readonly itAdmins: number }

/** Policy owners, without whom no role could ever be given again, and IT admins, without whom nobody could put an owner out. */
export const guardians = {
  /** Those there would be without these accounts. */
  async without(db: Db | Tx, ids: readonly string[]): Promise<GuardiansLeft> {
    const { rows } = await db.execute<{ active: number; standing: number; ever: number; admins: number }>(sql`
      select count(distinct a.id) filter (where g.role = 'policy-owner' and in_office and a.status = 'active')::int as active,
        count(distinct a.id) filter (where g.role = 'policy-owner' and in_office)::int as standing,
        count(distinct a.id) filter (where g.role = 'policy-owner')::int as ever,
        count(distinct a.id) filter (where g.role = 'it-admin' and in_office)::int as admins
      from role_grant g join account a on a.id = g.account_id,
        lateral (select g.revoked_at is null and a.status <> 'revoked' and a.ends_on >= current_date and a.id <> all(${uuids(ids)}) as in_office) as office
      where g.role in ('policy-owner', 'it-admin')`)
    const { active = 0, standing = 0, ever = 0, admins = 0 } = rows[0] ?? {}
    return { owners: { active, standing, ever }, itAdmins: admins }
  },

  /**
   * The same for whoever is about to take them away: these take turns on one lock, and the count is a statement of its own after
   * it, so that it sees what the turn before has done.
   */
  async holdWithout(tx: Tx, ids: readonly string[]): Promise<GuardiansLeft> {
    await tx.execute(sql`select pg_advisory_xact_lock(${guardiansLock})`)
    return guardians.without(tx, ids)
  },

  /** The guarding roles these accounts hold. */
  async among(db: Db | Tx, ids: readonly string[]): Promise<ReadonlyMap<string, readonly Guardian[]>> {
    const { rows } = await db.execute<{ id: string; roles: Guardian[] }>(sql`
      select account_id as id, array_agg(distinct role) as roles from role_grant
      where role in ('policy-owner', 'it-admin') and revoked_at is null and account_id = any(${uuids(ids)}) group by account_id`)
    return new Map(rows.map(({ id, roles }) => [id, roles]))
  },
}

/** What `decideEnding` asks about an account that holds such roles. */
export const guardianCase = (roles: readonly Guardian[] | undefined, left: GuardiansLeft | null) => ({
  ownersLeft: left && roles?.includes('policy-owner') ? left.owners : null,
  lastItAdmin: left !== null && (roles?.includes('it-admin') ?? false) && left.itAdmins < 1,
})
