import { sql } from 'drizzle-orm'
import { type Tx, uuids } from './db.ts'

/** So many of those who answer for an account hear of what befell it. */
const told = 3

/** Who answers for the places of these accounts at this moment: of each the nearest supervisors at work, three at most. */
export const answeringFor = async (tx: Tx, accountIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> => {
  if (accountIds.length === 0) return new Map()
  const { rows } = await tx.execute<{ about: string; supervisors: string[] }>(sql`
    select about.id as about, array(
      select a.id from role_grant g join organisation over on over.id = g.organisation_id
        join account a on a.id = g.account_id and a.status = 'active' and a.ends_on >= current_date and a.id <> about.id
      where g.role = 'supervisor' and g.revoked_at is null
        and g.organisation_id in (about.nation_id, about.network_id, about.region_id, about.departement_id, about.structure_id)
      group by a.id order by max(nlevel(over.path)) desc, a.id limit ${told}) as supervisors
    from account about where about.id = any(${uuids(accountIds)})`)
  return new Map(rows.map(({ about, supervisors }) => [about, supervisors]))
}
