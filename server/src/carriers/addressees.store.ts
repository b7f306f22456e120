import type { BulkVerb } from '@countersign/shared/bulks/bulk.ts'
import { contactHoldHours } from '@countersign/shared/requests/requirement.ts'
import { sql } from 'drizzle-orm'
import type { Db } from '../kernel/db.ts'

export type Addressee = {
  readonly id: string
  readonly name: string
  readonly login: string
  readonly email: string
  readonly language: 'fr' | 'en'
  readonly place: string
  readonly status: string
}

const columns = sql`a.id, a.given_name || ' ' || a.family_name as name, a.login, a.email, a.language, o.name as place, a.status`

export const addressees = {
  async find(db: Db, accountId: string): Promise<Addressee | null> {
    const { rows } = await db.execute<Addressee & Record<string, unknown>>(
      sql`select ${columns} from account a join organisation o on o.id = a.organisation_id where a.id = ${accountId}`,
    )
    return rows[0] ?? null
  },

  /** A founder's invitation is printed by the console and handed over; a mail would end the link they hold. */
  async wasHandedOver(db: Db, accountId: string): Promise<boolean> {
    const { rowCount } = await db.execute(sql`
      select 1 from account a join request r on r.id = a.created_by_request_id and r.kind = 'found-network' where a.id = ${accountId}`)
    return rowCount === 1
  },

  /** Where somebody was written to before the change of contact an entry tells of, and the request it was. */
  async before(db: Db, entryId: string): Promise<{ email: string; requestId: string } | null> {
    const { rows } = await db.execute<{ email: string; requestId: string }>(sql`
      select r.content -> 'before' ->> 'email' as email, r.id as "requestId" from audit_entry e
      join request r on r.kind = 'change-contact' and r.id = coalesce((e.data ->> 'requestId')::uuid, e.subject_id) where e.id = ${entryId}`)
    return rows[0] ?? null
  },

  /** Where somebody was written to before their address changed within the days in which no reset is carried out, and the request it was. */
  async lately(db: Db, accountId: string): Promise<{ email: string; requestId: string } | null> {
    const { rows } = await db.execute<{ email: string; requestId: string; now: string }>(sql`
      select r.content -> 'before' ->> 'email' as email, r.id as "requestId", a.email as now from request r join account a on a.id = r.subject_id
      where r.subject_id = ${accountId} and r.kind = 'change-contact' and r.status = 'executed' and a.contact_changed_at > now() - make_interval(hours => ${contactHoldHours})
      order by r.decided_at desc limit 1`)
    const [row] = rows
    return row && row.email !== row.now ? row : null
  },

  /** Whom an entry is about. */
  async about(db: Db, entryId: string): Promise<Addressee | null> {
    const { rows } = await db.execute<Addressee & Record<string, unknown>>(
      sql`select ${columns} from audit_entry e join account a on a.id = e.subject_id join organisation o on o.id = a.organisation_id where e.id = ${entryId}`,
    )
    return rows[0] ?? null
  },

  /** The bulk an entry of the audit tells of. */
  async bulkOf(db: Db, entryId: string, readerId: string) {
    const { rows } = await db.execute<{
      id: string
      orderer: string
      place: string
      verb: BulkVerb
      accounts: number
      asked: boolean
      why: string | null
      seen: boolean
    }>(sql`
      select e.type = 'bulk.asked' as asked, b.justification as why, exists (select 1 from role_grant g where g.account_id = ${readerId} and g.revoked_at is null
          and g.organisation_id in (b.nation_id, b.network_id, b.region_id, b.departement_id, b.structure_id, b.site_id)) as seen, b.id, a.given_name || ' ' || a.family_name as orderer, o.name as place, b.verb, b.planned as accounts
      from audit_entry e join bulk b on b.id = e.subject_id join account a on a.id = b.orderer_id join organisation o on o.id = b.organisation_id where e.id = ${entryId}`)
    return rows[0] ?? null
  },

  /** Whom or what the finding an entry tells of is about. */
  async findingOf(db: Db, entryId: string) {
    const { rows } = await db.execute<{ about: string; place: string }>(sql`
      select coalesce(a.given_name || ' ' || a.family_name, o.name) as about, coalesce(s.name, o.name) as place
      from audit_entry e join finding f on f.id = e.subject_id left join account a on a.id = f.account_id join organisation o on o.id = f.organisation_id left join organisation s on s.id = f.structure_id
      where e.id = ${entryId}`)
    return rows[0] ?? null
  },

  /** The organisation an entry is about. */
  async placeOf(db: Db, entryId: string): Promise<string | null> {
    const { rows } = await db.execute<{ name: string }>(
      sql`select o.name from audit_entry e join organisation o on o.id = e.subject_id where e.id = ${entryId}`,
    )
    return rows[0]?.name ?? null
  },

  /** The request an entry is about, while it waits. */
  async waitingOf(db: Db, entryId: string): Promise<{ id: string; reference: number; place: string; expiresAt: Date } | null> {
    const { rows } = await db.execute<{ id: string; reference: number; place: string; expires: string }>(sql`
      select r.id, r.reference::int, o.name as place, r.expires_at as expires from audit_entry e join request r on r.id = e.subject_id and r.status = 'pending' and r.expires_at > now()
      join organisation o on o.id = r.organisation_id where e.id = ${entryId}`)
    const row = rows[0]
    return row ? { id: row.id, reference: row.reference, place: row.place, expiresAt: new Date(row.expires) } : null
  },

  /** Who is away, by the entry that says so, while it stands. */
  async absenceOf(db: Db, entryId: string): Promise<{ name: string; from: string; until: string; days: number } | null> {
    const { rows } = await db.execute<{ name: string; from: string; until: string; days: number }>(sql`
      select a.given_name || ' ' || a.family_name as name, b.from_on::text as from, b.until_on::text as until, b.from_on - (now() at time zone 'Europe/Paris')::date as days
      from audit_entry e join absence b on b.id = (e.data ->> 'absenceId')::uuid and b.withdrawn_at is null join account a on a.id = b.account_id where e.id = ${entryId}`)
    return rows[0] ?? null
  },

  /** Mails that reached this account's own mailbox within the last hour, and an address it had before. */
  async mailsLastHour(db: Db, accountId: string): Promise<{ all: number; notices: number; toBefore: number }> {
    const { rows } = await db.execute<{ all: number; notices: number; toBefore: number }>(sql`
      with sent as (select destination, destination in ('mail.contact-asked', 'mail.reset-asked-before') as before from outbox where account_id = ${accountId} and outcome = 'delivered' and settled_at > now() - interval '1 hour'
        and destination in ('mail.invitation', 'mail.enrolment', 'mail.reset-asked', 'mail.reset-link', 'mail.contact-asked', 'mail.reset-asked-before'))
      select count(*) filter (where not before)::int as all, count(*) filter (where destination = 'mail.reset-asked')::int as notices, count(*) filter (where before)::int as "toBefore" from sent`)
    return rows[0] ?? { all: 0, notices: 0, toBefore: 0 }
  },
}
