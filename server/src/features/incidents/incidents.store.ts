import { incident } from '@countersign/drizzle/schema/incident.ts'
import { type Actor, type Place, scopeOf } from '@countersign/shared/access/scope.ts'
import type { TouchKind } from '@countersign/shared/cascade/cascade.ts'
import type { IncidentCase } from '@countersign/shared/incidents/incident.ts'
import { and, desc, eq, isNull, or, sql } from 'drizzle-orm'
import { type Db, type Tx, uuids } from '../../kernel/db.ts'
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
  readonly reachedId: string | null
  readonly files: number
  readonly bulkId: string | null
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
      on conflict (incident_id, account_id) do update set contained = true, bulk_id = excluded.bulk_id, filed_at = excluded.filed_at where excluded.contained and not incident_account.contained`)
  },

  /** The smallest organisation that holds all of its accounts and these. */
  homeWith: (tx: Tx, incidentId: string, accountIds: readonly string[]): Promise<string | null> =>
    homeOf(tx, sql`(select account_id from incident_account where incident_id = ${incidentId} union select unnest(${uuids(accountIds)}))`),

  /** Is this person's own account the suspect, or one of those it reached? */
  async concerns(db: Db | Tx, incidentId: string, accountId: string): Promise<boolean> {
    const { rowCount } = await db.execute(
      sql`select 1 from incident_account where incident_id = ${incidentId} and account_id = ${accountId}`,
    )
    return rowCount === 1
  },

  /** Open incidents of one's scope, newest first: for whoever has more to file. */
  async openOnes(db: Db, actor: Actor): Promise<readonly { readonly id: string; readonly name: string }[]> {
    return db
      .select({ id: incident.id, name: incident.name })
      .from(incident)
      .where(and(or(within(scopeOf(actor, 'incident:keep'), incident), eq(incident.openedBy, actor.id)), isNull(incident.closedAt)))
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
          or(within(scopeOf(actor, 'incident:read'), incident), eq(incident.openedBy, actor.id)),
          cursor ? sql`(incident.opened_at, incident.id) < (${cursor[0]}::timestamptz, ${cursor[1]}::uuid)` : undefined,
        ),
      )
      .orderBy(desc(incident.openedAt), desc(incident.id))
      .limit(limit + 1)
    return toPage<IncidentRow>(rows, limit, (row) => [row.openedAt, row.id])
  },
}
