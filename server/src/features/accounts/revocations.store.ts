import { massHours } from '@countersign/shared/bulks/threshold.ts'
import { sql } from 'drizzle-orm'
import { type Tx, uuids } from '../../kernel/db.ts'
import { prepared } from '../../kernel/prepared.ts'

/** What the threshold of a mass revocation is held against. */
export const revocations = {
  /** How many accounts of each structure this person has revoked without a countersignature lately, as the database has counted. */
  async aloneBy(tx: Tx, actorId: string, now: Date): Promise<ReadonlyMap<string | null, number>> {
    const { rows } = await prepared<{ structure: string | null; count: number }>(
      tx,
      sql`
      select a.structure_id as structure, count(*)::int as count from lone_revocation l join account a on a.id = l.account_id
      where l.actor_id = ${actorId} and l.at > ${now}::timestamptz - make_interval(hours => ${massHours}) and l.at <= ${now} group by a.structure_id`,
    )
    return new Map(rows.map(({ structure, count }) => [structure, count]))
  },

  /** How many of those held a role. */
  async holdersAloneBy(tx: Tx, actorId: string, now: Date): Promise<number> {
    const { rows } = await prepared<{ count: number }>(
      tx,
      sql`
      select count(distinct l.account_id)::int as count from lone_revocation l join role_grant g on g.account_id = l.account_id and g.revoked_at is null
      where l.actor_id = ${actorId} and l.at > ${now}::timestamptz - make_interval(hours => ${massHours}) and l.at <= ${now}`,
    )
    return rows[0]?.count ?? 0
  },

  async holdersAmong(tx: Tx, ids: readonly string[]): Promise<number> {
    const { rows } = await prepared<{ count: number }>(
      tx,
      sql`
      select count(distinct account_id)::int as count from role_grant where revoked_at is null and account_id = any(${uuids(ids)})`,
    )
    return rows[0]?.count ?? 0
  },

  /** Accounts not revoked, by structure. */
  async sizes(tx: Tx, structureIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { rows } = await prepared<{ id: string; count: number }>(
      tx,
      sql`
      select structure_id as id, sum(change)::int as count from account_count where structure_id = any(${uuids(structureIds)}) and status <> 'revoked' group by structure_id`,
    )
    return new Map(rows.map(({ id, count }) => [id, count]))
  },
}
