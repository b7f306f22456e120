import type { Role } from '@countersign/shared/access/roles.ts'
import type { Guarding, OwnersLeft } from '@countersign/shared/accounts/ending.ts'
import type { Policy } from '@countersign/shared/policy/policy.ts'
import { ownersSigning } from '@countersign/shared/requests/requirement.ts'
import { type SQL, sql } from 'drizzle-orm'
import { type Db, type Tx, uuids } from '../../kernel/db.ts'
import { prepared } from '../../kernel/prepared.ts'
import { policies } from '../policy/policy.store.ts'

/** The lock of the function `guardians_remain` in the database. */
const guardiansLock = 7_203_002

export type Guardian = 'policy-owner' | 'it-admin'
export const isGuardian = (role: Role): role is Guardian => role === 'policy-owner' || role === 'it-admin'

/** What would be left of those without whom the network could not defend or renew itself. */
export type GuardiansLeft = { readonly owners: OwnersLeft; readonly itAdmins: number }

type Counts = { active: number; standing: number; settled: number; admins: number }

const counts = sql`
  count(distinct a.id) filter (where g.role = 'policy-owner' and in_office and a.status = 'active')::int as active,
  count(distinct a.id) filter (where g.role = 'policy-owner' and in_office)::int as standing,
  settled_owners() as settled,
  count(distinct a.id) filter (where g.role = 'it-admin' and in_office)::int as admins`

/** Everybody who ever held such a role; in office while the role, the account and its time are, and `stays` is true of them. */
const holders = (stays: SQL): SQL => sql`
  (select * from role_grant where role in ('policy-owner', 'it-admin')) as g join account a on a.id = g.account_id,
  lateral (select g.revoked_at is null and a.status <> 'revoked' and a.ends_on >= current_date and ${stays} as in_office) as office`

/** How many owners sign is for the policy to say. */
const leftUnder =
  ({ rules }: Policy) =>
  ({ active, standing, settled, admins }: Counts): GuardiansLeft => ({
    owners: { active, standing, signing: ownersSigning(rules, settled) },
    itAdmins: admins,
  })

/** Policy owners, without whom no role could ever be given again, and IT admins, without whom nobody could put an owner out. */
export const guardians = {
  /** Who has to hear of what concerns the whole network. */
  async atWork(tx: Tx): Promise<readonly string[]> {
    const { rows } = await tx.execute<{ id: string }>(sql`
      select distinct a.id from role_grant g join account a on a.id = g.account_id and a.status = 'active'
      where g.revoked_at is null and g.role in ('policy-owner', 'it-admin') order by a.id limit 100`)
    return rows.map(({ id }) => id)
  },

  /**
   * Those there would be without these accounts, for whoever is about to take them away: these take turns on one lock, and the
   * count is a statement of its own after it, so that it sees what the turn before has done.
   */
  async holdWithout(tx: Tx, ids: readonly string[]): Promise<GuardiansLeft> {
    await tx.execute(sql`select pg_advisory_xact_lock(${guardiansLock})`)
    const { rows } = await tx.execute<Counts>(sql`select ${counts} from ${holders(sql`a.id <> all(${uuids(ids)})`)}`)
    if (!rows[0]) throw new Error('the guardians could not be counted')
    return leftUnder(await policies.read(tx))(rows[0])
  },

  /** Those there would be without each of these accounts alone: one question for a whole page. */
  async withoutEach(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, GuardiansLeft>> {
    const { rows } = await prepared<Counts & { gone: string }>(
      db,
      sql`
      select gone.id as gone, ${counts} from unnest(${uuids(ids)}) as gone (id), ${holders(sql`a.id <> gone.id`)} group by gone.id`,
    )
    if (rows.length === 0) return new Map()
    const toLeft = leftUnder(await policies.read(db))
    return new Map(rows.map((row) => [row.gone, toLeft(row)]))
  },

  /** The guarding roles these accounts hold. */
  async among(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, readonly Guardian[]>> {
    const { rows } = await prepared<{ id: string; roles: Guardian[] }>(
      tx,
      sql`
      select account_id as id, array_agg(distinct role) as roles from role_grant
      where role in ('policy-owner', 'it-admin') and revoked_at is null and account_id = any(${uuids(ids)}) group by account_id`,
    )
    return new Map(rows.map(({ id, roles }) => [id, roles]))
  },
}

/** What `decideEnding` asks about an account that holds such roles. */
export const guardianCase = (roles: readonly Role[] | undefined, left: GuardiansLeft | null): Guarding => ({
  ownersLeft: left && roles?.includes('policy-owner') ? left.owners : null,
  lastItAdmin: left !== null && (roles?.includes('it-admin') ?? false) && left.itAdmins < 1,
})
