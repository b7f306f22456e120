import { type SQL, sql } from 'drizzle-orm'
import type { Db } from '../../kernel/db.ts'
import { decodeCursor, everyPage, type Page, toPage } from '../../kernel/page.ts'
import { type AuditRow, audit, type Reader } from '../audit/audit.store.ts'

/**
 * Who did what when, from the beginning: every entry by or about a contained account since the suspicion reached it, until the incident
 * was closed, about the requests it asked for or signed, and about the incident itself, its lists and their requests. The first so many of each account by index, then
 * merged, so that a page costs what the accounts are and not what they did. What lies outside the reader's scope is left out.
 */
export const story = {
  async page(db: Db, reader: Reader, incidentId: string, after: string | undefined, limit = 50): Promise<Page<AuditRow>> {
    const cursor = decodeCursor(after, ['timestamptz', 'uuid'])
    const beyond: SQL = cursor ? sql`and (e.at, e.id) > (${cursor[0]}::timestamptz, ${cursor[1]}::uuid)` : sql``
    const first: SQL = sql`order by e.at, e.id limit ${limit + 1}`
    const { rows } = await db.execute<{ id: string; at: string }>(sql`
      with suspect as (select l.account_id as id, l.bulk_id, l.since, coalesce(i.closed_at, 'infinity') as until from incident_account l join incident i on i.id = l.incident_id where l.incident_id = ${incidentId} and (l.contained or l.touched_by is null)),
      about as (select ${incidentId}::uuid as id, '-infinity'::timestamptz as since, 'infinity'::timestamptz as until
        union select s.bulk_id, '-infinity', 'infinity' from suspect s where s.bulk_id is not null
        union select b.request_id, '-infinity', 'infinity' from suspect s join bulk b on b.id = s.bulk_id where b.request_id is not null
        union select r.id, s.since, s.until from suspect s join request r on r.requester_id = s.id and r.submitted_at >= s.since
        union select p.request_id, s.since, s.until from suspect s join approval p on p.approver_id = s.id and p.given_at >= s.since),
      found as (
        select e.id, e.at from suspect s cross join lateral (select e.id, e.at from audit_entry e where e.actor_id = s.id and e.at >= s.since and e.at <= s.until ${beyond} ${first}) e
        union select e.id, e.at from suspect s cross join lateral (select e.id, e.at from audit_entry e where e.subject_id = s.id and e.at >= s.since and e.at <= s.until ${beyond} ${first}) e
        union select e.id, e.at from about a cross join lateral (select e.id, e.at from audit_entry e where e.subject_id = a.id and e.at >= a.since and e.at <= a.until ${beyond} ${first}) e)
      select e.id, to_json(e.at)#>>'{}' as at from found e ${first}`)
    const page = toPage(rows, limit, (row) => [row.at, row.id])
    const seen = await audit.named(
      db,
      reader,
      page.rows.map(({ id }) => id),
    )
    return { rows: seen, next: page.next }
  },

  /** All of it, page by page. */
  pages: (db: Db, reader: Reader, incidentId: string): AsyncGenerator<readonly AuditRow[]> =>
    everyPage((after) => story.page(db, reader, incidentId, after, 500)),
}
