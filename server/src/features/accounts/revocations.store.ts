import { massHours } from '@countersign/shared/bulks/threshold.ts'
import { sql } from 'drizzle-orm'
import { type Tx, uuids } from '../../kernel/db.ts'

/** What the threshold of a mass revocation is held against. */
export const revocations = {
  /** How many accounts this person has revoked without a countersignature lately, as the database has counted. */
  async aloneBy(tx: Tx, actorId: string, now: Date): Promise<number> {
    const { rows } = await tx.execute<{ count: number }>(sql`
      select count(*)::int as count from lone_revocation where actor_id = ${actorId} and at > ${now}::timestamptz - make_interval(hours => ${massHours}) and at <= ${now}`)
    return rows[0]?.count ?? 0
  },

  /** Accounts not revoked, by structure. */
  async sizes(tx: Tx, structureIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { rows } = await tx.execute<{ id: string; count: number }>(sql`
      select structure_id as id, sum(change)::int as count from account_count where structure_id = any(${uuids(structureIds)}) and status <> 'revoked' group by structure_id`)
    return new Map(rows.map(({ id, count }) => [id, count]))
  },
}
