import { absence } from '@countersign/drizzle/schema/absence.ts'
import type { Grant } from '@countersign/shared/access/scope.ts'
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import type { Db, Tx } from '../../kernel/db.ts'

export type Absence = {
  readonly id: string
  readonly from: string
  readonly until: string
  readonly delegate: { readonly id: string; readonly name: string } | null
}

const today = sql`(now() at time zone 'Europe/Paris')::date`

/** The absence of today of `person`, where there is one. */
export const absenceToday = (person: SQL): SQL =>
  sql`select b.account_id, b.delegate_id from absence b where b.account_id = ${person} and b.withdrawn_at is null and ${today} between b.from_on and b.until_on limit 1`

/** Those who hold each of these roles over each of their places as well, by their own grants. */
const holdingAll = (grants: readonly Grant[]) => sql`
  select h.account_id from jsonb_to_recordset(${JSON.stringify(grants.map(({ role, organisationId }) => ({ role, organisationId })))}::jsonb) as mine (role text, "organisationId" uuid)
  join organisation o on o.id = mine."organisationId"
  join role_grant h on h.role = mine.role and h.revoked_at is null and h.organisation_id in (o.nation_id, o.network_id, o.region_id, o.departement_id, o.structure_id, o.site_id)
  group by h.account_id having count(distinct (mine.role, mine."organisationId")) = ${grants.length}`

export const absences = {
  /** What somebody has announced and is not over, the next first. */
  async of(db: Db | Tx, accountId: string): Promise<readonly Absence[]> {
    const { rows } = await db.execute<Absence & Record<string, unknown>>(sql`
      select a.id, a.from_on::text as from, a.until_on::text as until, case when d.id is null then null else json_build_object('id', d.id, 'name', d.given_name || ' ' || d.family_name) end as delegate
      from absence a left join account d on d.id = a.delegate_id where a.account_id = ${accountId} and a.withdrawn_at is null and a.until_on >= ${today} order by a.from_on`)
    return rows
  },

  /** Everybody who is away today. */
  async away(db: Db): Promise<ReadonlySet<string>> {
    const { rows } = await db.execute<{ id: string }>(
      sql`select distinct account_id as id from absence where withdrawn_at is null and ${today} between from_on and until_on`,
    )
    return new Set(rows.map(({ id }) => id))
  },

  /** Is this person away on any of these days? */
  async overlaps(tx: Tx, accountId: string, from: string, until: string): Promise<boolean> {
    const { rowCount } = await tx.execute(
      sql`select 1 from absence where account_id = ${accountId} and withdrawn_at is null and from_on <= ${until} and until_on >= ${from} limit 1`,
    )
    return (rowCount ?? 0) > 0
  },

  /** Those at work who may sign, by their own roles, whatever somebody with these roles may sign. */
  async delegates(
    db: Db | Tx,
    accountId: string,
    grants: readonly Grant[],
  ): Promise<readonly { id: string; name: string; place: string }[]> {
    if (grants.length === 0) return []
    const { rows } = await db.execute<{ id: string; name: string; place: string }>(sql`
      select a.id, a.given_name || ' ' || a.family_name as name, o.name as place from account a join organisation o on o.id = a.organisation_id
      where a.status = 'active' and a.ends_on >= current_date and a.id <> ${accountId} and a.id in (${holdingAll(grants)}) order by a.family_name, a.id limit 100`)
    return rows
  },

  async announce(tx: Tx, row: { accountId: string; from: string; until: string; delegateId: string | null; now: Date }): Promise<string> {
    const id = uuid()
    const { accountId, delegateId, from: fromOn, until: untilOn, now: announcedAt } = row
    await tx.insert(absence).values({ id, accountId, delegateId, fromOn, untilOn, announcedAt })
    return id
  },

  /** Only one's own, and once. */
  async withdraw(tx: Tx, accountId: string, id: string, now: Date): Promise<boolean> {
    const { rowCount } = await tx
      .update(absence)
      .set({ withdrawnAt: now })
      .where(and(eq(absence.id, id), eq(absence.accountId, accountId), isNull(absence.withdrawnAt)))
    return rowCount === 1
  },
}
