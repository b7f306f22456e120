import { incident } from '@countersign/drizzle/schema/incident.ts'
import { type Actor, type Place, scopeOf } from '@countersign/shared/access/scope.ts'
import type { AccountStatus } from '@countersign/shared/accounts/status.ts'
import type { TouchKind } from '@countersign/shared/cascade/cascade.ts'
import type { IncidentCase } from '@countersign/shared/incidents/incident.ts'
import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'
import { decodeCursor, type Page, toPage } from '../../kernel/page.ts'
import { Refused } from '../../kernel/refused.ts'
import { within } from '../../kernel/scope.ts'
import { homeOf } from '../organisations/home.store.ts'

export type StoredIncident = IncidentCase & {
  readonly id: string
  readonly name: string
  readonly openedBy: string
  readonly organisationId: string
  readonly notificationReference: string | null
}

/** An account as the file keeps it. */
export type FiledAccount = {
  readonly accountId: string
  readonly touchedBy: string | null
  readonly kind: TouchKind | null
  readonly since: Date
  readonly contained: boolean
  readonly reachedId: string
  readonly files: number
  readonly bulkId: string | null
}

export type IncidentAccountRow = {
  readonly accountId: string
  readonly name: string
  readonly login: string
  readonly email: string
  readonly place: string
  /** As it is now. */
  readonly status: AccountStatus
  readonly kind: TouchKind | null
  readonly touchedBy: string | null
  readonly since: string
  readonly contained: boolean
  readonly reached: string
  readonly files: number
}

export type IncidentRow = {
  readonly id: string
  readonly name: string
  readonly place: string
  readonly openedBy: string
  readonly openedAt: string
  readonly knownAt: string
  readonly notifiedAt: string | null
  readonly closedAt: string | null
  readonly contained: number
}

const toStored = (row: typeof incident.$inferSelect): StoredIncident => {
  const { nationId, networkId, regionId, departementId, structureId, siteId, ...rest } = row
  return { ...rest, place: { nationId, networkId, regionId, departementId, structureId, siteId } }
}

export const incidents = {
  async open(tx: Tx, row: Omit<typeof incident.$inferInsert, keyof Place> & { readonly place: Place }): Promise<void> {
    const { place, ...rest } = row
    await tx.insert(incident).values({ ...rest, ...place })
  },

  /** Holds an incident until the transaction ends: whoever writes in its file takes turns. */
  async lock(tx: Tx, id: string): Promise<StoredIncident> {
    const [row] = await tx.select().from(incident).where(eq(incident.id, id)).for('update')
    if (!row) throw new Refused('not-found', id)
    return toStored(row)
  },

  async read(db: Db | Tx, id: string): Promise<StoredIncident | null> {
    const [row] = await db.select().from(incident).where(eq(incident.id, id))
    return row ? toStored(row) : null
  },

  async set(
    tx: Tx,
    id: string,
    change: Partial<Pick<StoredIncident, 'knownAt' | 'notifiedAt' | 'notificationReference' | 'closedAt'>>,
  ): Promise<void> {
    await tx.update(incident).set(change).where(eq(incident.id, id))
  },

  /** A wider place, when what is filed later lies outside the one it had. */
  async move(tx: Tx, id: string, { organisationId, place }: { readonly organisationId: string; readonly place: Place }): Promise<void> {
    await tx
      .update(incident)
      .set({ organisationId, ...place })
      .where(eq(incident.id, id))
  },

  /** Who was filed before stays as filed, but that it was put out now. */
  async file(tx: Tx, incidentId: string, accounts: readonly FiledAccount[], now: Date): Promise<void> {
    await tx.execute(sql`
      insert into incident_account (incident_id, account_id, touched_by, kind, since, contained, reached_id, files, bulk_id, filed_at)
      select ${incidentId}::uuid, f."accountId", f."touchedBy", f.kind, f.since, f.contained, f."reachedId", f.files, f."bulkId", ${now}
      from jsonb_to_recordset(${JSON.stringify(accounts)}::jsonb) as f ("accountId" uuid, "touchedBy" uuid, kind text, since timestamptz, contained boolean, "reachedId" uuid, files integer, "bulkId" uuid)
      on conflict (incident_id, account_id) do update set contained = true, bulk_id = excluded.bulk_id where excluded.contained and not incident_account.contained`)
  },

  /** The smallest organisation that holds all of its accounts. */
  home: (tx: Tx, incidentId: string): Promise<string | null> =>
    homeOf(tx, sql`(select account_id from incident_account where incident_id = ${incidentId})`),

  /** Is this person's own account one of those it is about? */
  async concerns(db: Db | Tx, incidentId: string, accountId: string): Promise<boolean> {
    const { rowCount } = await db.execute(
      sql`select 1 from incident_account where incident_id = ${incidentId} and account_id = ${accountId} and contained`,
    )
    return rowCount === 1
  },

  /** Open incidents of one's scope, newest first: for whoever has more to file. */
  async openOnes(db: Db, actor: Actor): Promise<readonly { readonly id: string; readonly name: string }[]> {
    return db
      .select({ id: incident.id, name: incident.name })
      .from(incident)
      .where(and(within(scopeOf(actor, 'incident:keep'), incident), isNull(incident.closedAt)))
      .orderBy(desc(incident.openedAt), desc(incident.id))
      .limit(20)
  },

  async page(db: Db, actor: Actor, after: string | undefined, limit = 50): Promise<Page<IncidentRow>> {
    const cursor = decodeCursor(after, ['timestamptz', 'uuid'])
    const rows = await db
      .select({
        id: incident.id,
        name: incident.name,
        place: sql<string>`(select o.name from organisation o where o.id = incident.organisation_id)`,
        openedBy: sql<string>`(select a.given_name || ' ' || a.family_name from account a where a.id = incident.opened_by)`,
        openedAt: sql<string>`to_json(incident.opened_at)#>>'{}'`,
        knownAt: sql<string>`to_json(incident.known_at)#>>'{}'`,
        notifiedAt: sql<string | null>`to_json(incident.notified_at)#>>'{}'`,
        closedAt: sql<string | null>`to_json(incident.closed_at)#>>'{}'`,
        contained: sql<number>`(select count(*)::int from incident_account l where l.incident_id = incident.id and l.contained)`,
      })
      .from(incident)
      .where(
        and(
          within(scopeOf(actor, 'incident:read'), incident),
          cursor ? sql`(incident.opened_at, incident.id) < (${cursor[0]}::timestamptz, ${cursor[1]}::uuid)` : undefined,
        ),
      )
      .orderBy(desc(incident.openedAt), desc(incident.id))
      .limit(limit + 1)
    return toPage<IncidentRow>(rows, limit, (row) => [row.openedAt, row.id])
  },

  /** Its accounts, those put out first. */
  async accounts(db: Db, incidentId: string, after: string | undefined, limit = 50): Promise<Page<IncidentAccountRow>> {
    const cursor = decodeCursor(after, ['integer', 'uuid'])
    const { rows } = await db.execute<IncidentAccountRow & Record<string, unknown>>(sql`
      select l.account_id as "accountId", a.given_name || ' ' || a.family_name as name, a.login, a.email, coalesce(structure.name, home.name) as place, a.status, l.kind,
        case when by.id is null then null else by.given_name || ' ' || by.family_name end as "touchedBy", to_json(l.since)#>>'{}' as since, l.contained, reached.name as reached, l.files
      from incident_account l join account a on a.id = l.account_id join organisation home on home.id = a.organisation_id left join organisation structure on structure.id = a.structure_id
      join organisation reached on reached.id = l.reached_id left join account by on by.id = l.touched_by
      where l.incident_id = ${incidentId} ${cursor ? sql`and ((not l.contained)::int, l.account_id) > (${cursor[0]}::int, ${cursor[1]}::uuid)` : sql``}
      order by (not l.contained)::int, l.account_id limit ${limit + 1}`)
    return toPage<IncidentAccountRow>(rows, limit, (row) => [row.contained ? 0 : 1, row.accountId])
  },

  /** How many it is about, who of them is back in, the files they opened, each once, and what ended with them. */
  async totals(db: Db, incidentId: string) {
    const { rows } = await db.execute<{
      accounts: number
      contained: number
      active: number
      revoked: number
      files: number
      sessions: number
      links: number
      requests: number
      approvals: number
    }>(sql`
      with mine as (select l.*, a.status from incident_account l join account a on a.id = l.account_id where l.incident_id = ${incidentId}),
      reach as (select distinct on (o.id) o.id, o.path, m.files from mine m join organisation o on o.id = m.reached_id where m.contained order by o.id, m.files desc),
      ends as (select l.* from bulk_line l join mine m on m.bulk_id = l.bulk_id and m.account_id = l.account_id)
      select count(*)::int as accounts, count(*) filter (where contained)::int as contained, count(*) filter (where contained and status = 'active')::int as active,
        count(*) filter (where contained and status = 'revoked')::int as revoked,
        (select coalesce(sum(files), 0)::int from reach where not exists (select 1 from reach wider where wider.path @> reach.path and wider.id <> reach.id)) as files,
        (select coalesce(sum(sessions), 0)::int from ends) as sessions, (select coalesce(sum(links), 0)::int from ends) as links,
        (select coalesce(sum(requests_voided), 0)::int from ends) as requests, (select coalesce(sum(approvals_voided), 0)::int from ends) as approvals
      from mine`)
    return rows[0] ?? { accounts: 0, contained: 0, active: 0, revoked: 0, files: 0, sessions: 0, links: 0, requests: 0, approvals: 0 }
  },

  /** The lists it was contained with, and what became of the countersignature each asked for. */
  async bulks(db: Db, incidentId: string) {
    const { rows } = await db.execute<{
      id: string
      status: string
      planned: number
      requestId: string | null
      reference: number | null
      asked: string | null
      expiresAt: string | null
    }>(sql`
      select b.id, b.status, b.planned, r.id as "requestId", r.reference, r.status as asked, to_json(r.expires_at)#>>'{}' as "expiresAt"
      from bulk b left join request r on r.id = b.request_id
      where b.id in (select distinct bulk_id from incident_account where incident_id = ${incidentId} and bulk_id is not null) order by b.previewed_at, b.id`)
    return rows
  },
}
