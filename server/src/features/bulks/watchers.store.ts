import type { Role } from '@countersign/shared/access/roles.ts'
import { massHours } from '@countersign/shared/bulks/threshold.ts'
import { sql } from 'drizzle-orm'
import type { Tx } from '../../kernel/db.ts'
import type { StoredBulk } from './bulks.store.ts'

/** Who has to hear of a bulk. */
export const watchers = {
  /** How many accounts this person has put out within a day, as far as it matters. */
  async endedLately(tx: Tx, ordererId: string, massAccounts: number, now: Date): Promise<number> {
    const { rows } = await tx.execute<{ count: number }>(sql`
      select count(*)::int as count from (select 1 from audit_entry where actor_id = ${ordererId} and at > ${now}::timestamptz - make_interval(hours => ${massHours})
        and type in ('account.suspended', 'account.revoked') limit ${massAccounts + 1}) as recent`)
    return rows[0]?.count ?? 0
  },

  /**
   * For whom a mass action must not go unheard: holders of roles that may countersign or stop it, and the supervisors of every place
   * it touches; five hundred at most, the nearest first. Nobody who is on the list: their mail would end with their account.
   */
  async of(tx: Tx, { id, place }: Pick<StoredBulk, 'id' | 'place'>, except: string): Promise<readonly string[]> {
    const above = Object.values(place).filter((one) => one !== null)
    const { rows } = await tx.execute<{ id: string }>(sql`
      select a.id from role_grant g join account a on a.id = g.account_id and a.status = 'active' join organisation o on o.id = g.organisation_id
      where g.revoked_at is null and a.id <> ${except} and (g.role in ('it-admin', 'policy-owner', 'supervisor') and g.organisation_id = any(${sql.param(above)}::uuid[])
          or g.role = 'supervisor' and g.organisation_id in (select distinct unnest(array[t.network_id, t.region_id, t.departement_id, t.structure_id])
            from (select distinct t.network_id, t.region_id, t.departement_id, t.structure_id from bulk_line l join account t on t.id = l.account_id where l.bulk_id = ${id} and l.plan = 'change') t))
        and not exists (select 1 from bulk_line l where l.bulk_id = ${id} and l.account_id = a.id and l.plan = 'change')
      group by a.id order by max(nlevel(o.path)) desc, a.id limit 500`)
    return rows.map(({ id }) => id)
  },

  /** Who may countersign it, by role and place, for whom it must not wait unheard; of a mass action alone. */
  async signers(
    tx: Tx,
    { id, place, mass }: Pick<StoredBulk, 'id' | 'place' | 'mass'>,
    roles: readonly Role[],
    except: string,
  ): Promise<readonly string[]> {
    if (!mass) return []
    const above = Object.values(place).filter((one) => one !== null)
    const { rows } = await tx.execute<{ id: string }>(sql`
      select distinct a.id from role_grant g join account a on a.id = g.account_id and a.status = 'active'
      where g.revoked_at is null and g.role = any(${sql.param([...roles])}::text[]) and g.organisation_id = any(${sql.param(above)}::uuid[]) and a.id <> ${except}
        and not exists (select 1 from bulk_line l where l.bulk_id = ${id} and l.account_id = a.id and l.plan = 'change') order by a.id limit 100`)
    return rows.map(({ id: one }) => one)
  },
}
