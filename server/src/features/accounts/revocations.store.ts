import { massHours } from '@countersign/shared/bulks/threshold.ts'
import { type SQL, sql } from 'drizzle-orm'
import { type Tx, uuids } from '../../kernel/db.ts'
import { prepared } from '../../kernel/prepared.ts'

export type Alone = { readonly byStructure: ReadonlyMap<string | null, number>; readonly total: number; readonly holders: number }

export const nothingAlone: Alone = { byStructure: new Map(), total: 0, holders: 0 }

/** A role taken away within the time acts are counted over counts as held: else it would be taken first, and the account then. */
export const heldLately = (revokedAt: SQL): SQL =>
  sql`(${revokedAt} is null or ${revokedAt} > now() - make_interval(hours => ${massHours}))`

/** What the threshold of a mass revocation is held against. */
export const revocations = {
  /** How many accounts of each structure, and holders of a role, this person has revoked without a countersignature lately. */
  async aloneBy(tx: Tx, actorId: string, now: Date): Promise<Alone> {
    const { rows } = await prepared<{ structure: string | null; count: number; holders: number }>(
      tx,
      sql`
      select a.structure_id as structure, count(*)::int as count,
        count(distinct l.account_id) filter (where exists (select 1 from role_grant g where g.account_id = l.account_id and ${heldLately(sql`g.revoked_at`)}))::int as holders
      from lone_revocation l join account a on a.id = l.account_id
      where l.actor_id = ${actorId} and l.at > ${now}::timestamptz - make_interval(hours => ${massHours}) and l.at <= ${now} group by a.structure_id`,
    )
    return {
      byStructure: new Map(rows.map(({ structure, count }) => [structure, count])),
      total: rows.reduce((sum, { count }) => sum + count, 0),
      holders: rows.reduce((sum, { holders }) => sum + holders, 0),
    }
  },

  async holdersAmong(tx: Tx, ids: readonly string[]): Promise<number> {
    const { rows } = await prepared<{ count: number }>(
      tx,
      sql`
      select count(distinct account_id)::int as count from role_grant where ${heldLately(sql`revoked_at`)} and account_id = any(${uuids(ids)})`,
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
