import { auditEntry } from '@countersign/drizzle/schema/audit-entry.ts'
import type { Scope } from '@countersign/shared/access/scope.ts'
import { pageSize } from '@countersign/shared/accounts/listing.ts'
import type { ListAudit } from '@countersign/shared/audit/listing.ts'
import type { EventType } from '@countersign/shared/events.ts'
import { type SQL, sql } from 'drizzle-orm'
import { type Db, uuids } from '../../kernel/db.ts'
import { decodeCursor, everyPage, type Page, toPage } from '../../kernel/page.ts'
import { within } from '../../kernel/scope.ts'
import { organisations } from '../organisations/organisations.store.ts'

export type AuditRow = {
  readonly id: string
  readonly at: string
  readonly type: EventType
  readonly actor: { readonly id: string; readonly name: string } | null
  readonly subject: {
    readonly id: string
    readonly name: string | null
    readonly kind: 'account' | 'request' | 'organisation' | 'bulk' | 'incident' | 'other'
  }
  readonly place: string | null
  readonly channel: string
  readonly address: string | null
  readonly data: Record<string, unknown>
  /** Its place in the sealed log; null in its first second. */
  readonly sealedAt: number | null
}

/** Who reads, and where they may. */
export type Reader = { readonly id: string; readonly scope: Scope }

/** In scope, and nothing that is suspected of the reader: it would warn whoever has their session. */
const readable = ({ id, scope }: Reader): SQL =>
  sql`((${within(scope, auditEntry)}) and not (audit_entry.type like 'signal.%' and audit_entry.data ->> 'accountId' is not distinct from ${id}))`

const conditionsOf = async (db: Db, reader: Reader, filters: ListAudit): Promise<SQL[]> => {
  const place = filters.organisation ? await organisations.find(db, filters.organisation) : null
  return [
    readable(reader),
    filters.actor ? sql`audit_entry.actor_id = ${filters.actor}` : null,
    // About an account: what was done to it, and every request that concerned it.
    filters.subject ? sql`(audit_entry.subject_id = ${filters.subject} or audit_entry.data ->> 'accountId' = ${filters.subject})` : null,
    filters.organisation ? (place ? within([{ level: place.level, organisationId: place.id }], auditEntry) : sql`false`) : null,
    filters.type ? sql`audit_entry.type = ${filters.type}` : null,
    filters.since ? sql`audit_entry.at >= (${filters.since}::date::timestamp at time zone 'Europe/Paris')` : null,
    filters.until ? sql`audit_entry.at < ((${filters.until}::date + 1)::timestamp at time zone 'Europe/Paris')` : null,
  ].filter((condition) => condition !== null)
}

const selected = sql`
  audit_entry.id, to_json(audit_entry.at)#>>'{}' as at, audit_entry.type, audit_entry.data, audit_entry.origin ->> 'channel' as channel, audit_entry.origin ->> 'address' as address, place.name as place,
  (select leaf.position::float8 from audit_leaf leaf where leaf.entry_id = audit_entry.id) as "sealedAt",
  case when actor.id is null then null else json_build_object('id', actor.id, 'name', actor.given_name || ' ' || actor.family_name) end as actor,
  json_build_object('id', audit_entry.subject_id, 'name', coalesce(subject.given_name || ' ' || subject.family_name, request.reference::text, about.name, incident.name),
    'kind', case when subject.id is not null then 'account' when request.id is not null then 'request' when about.id is not null then 'organisation' when bulk.id is not null then 'bulk' when incident.id is not null then 'incident' else 'other' end) as subject`

const from = sql`
  audit_entry left join account actor on actor.id = audit_entry.actor_id left join account subject on subject.id = audit_entry.subject_id
  left join request on request.id = audit_entry.subject_id left join organisation about on about.id = audit_entry.subject_id left join bulk on bulk.id = audit_entry.subject_id left join incident on incident.id = audit_entry.subject_id
  left join organisation place on place.id = audit_entry.organisation_id`

export const audit = {
  /** Newest first, within scope. An entry without a place is seen by those who see the whole nation alone, and by its person. */
  async page(
    db: Db,
    reader: Reader,
    { after, limit = pageSize, ...filters }: ListAudit & { after?: string | undefined; limit?: number },
  ): Promise<Page<AuditRow>> {
    const cursor = decodeCursor(after, ['timestamptz', 'uuid'])
    const conditions = await conditionsOf(db, reader, filters)
    if (cursor) conditions.push(sql`(audit_entry.at, audit_entry.id) < (${cursor[0]}::timestamptz, ${cursor[1]}::uuid)`)
    const { rows } = await db.execute<AuditRow & Record<string, unknown>>(sql`
      select ${selected} from ${from} where ${sql.join(conditions, sql` and `)} order by audit_entry.at desc, audit_entry.id desc limit ${limit + 1}`)
    return toPage<AuditRow>(rows, limit, (row) => [row.at, row.id])
  },

  /** These entries as far as they are in scope, in the order they happened. */
  async named(db: Db, reader: Reader, ids: readonly string[]): Promise<readonly AuditRow[]> {
    const { rows } = await db.execute<AuditRow & Record<string, unknown>>(sql`
      select ${selected} from ${from} where audit_entry.id = any(${uuids(ids)}) and ${readable(reader)} order by audit_entry.at, audit_entry.id`)
    return rows
  },

  /** All that a filter finds, a thousand at a time, in bounded memory. */
  pages: (db: Db, reader: Reader, filters: ListAudit): AsyncGenerator<readonly AuditRow[]> =>
    everyPage((after) => audit.page(db, reader, { ...filters, after, limit: 1000 })),
}
