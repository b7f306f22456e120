import { account } from '@countersign/drizzle/schema/account.ts'
import type { Scope } from '@countersign/shared/access/scope.ts'
import type { AccountStatus } from '@countersign/shared/accounts/status.ts'
import type { TouchKind } from '@countersign/shared/cascade/cascade.ts'
import { sql } from 'drizzle-orm'
import type { Db } from '../../kernel/db.ts'
import { decodeCursor, type Page, toPage } from '../../kernel/page.ts'
import { within } from '../../kernel/scope.ts'

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
  readonly reached: string | null
  readonly files: number
}

/** What an incident came to: whom it was about, what they could reach, what ended with them. */
export const extent = {
  /** Its accounts as far as they are in scope, those put out first. */
  async accounts(db: Db, scope: Scope, incidentId: string, after: string | undefined, limit = 50): Promise<Page<IncidentAccountRow>> {
    const cursor = decodeCursor(after, ['integer', 'uuid'])
    const { rows } = await db.execute<IncidentAccountRow & Record<string, unknown>>(sql`
      select l.account_id as "accountId", account.given_name || ' ' || account.family_name as name, account.login, account.email, coalesce(structure.name, home.name) as place, account.status, l.kind,
        case when hand.id is null then null else hand.given_name || ' ' || hand.family_name end as "touchedBy", to_json(l.since)#>>'{}' as since, l.contained, reached.name as reached, l.files
      from incident_account l join account on account.id = l.account_id join organisation home on home.id = account.organisation_id left join organisation structure on structure.id = account.structure_id
      left join organisation reached on reached.id = l.reached_id left join account hand on hand.id = l.touched_by
      where l.incident_id = ${incidentId} and (${within(scope, account)}) ${cursor ? sql`and ((not l.contained)::int, l.account_id) > (${cursor[0]}::int, ${cursor[1]}::uuid)` : sql``}
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
      ends as (select e.data from mine m join audit_entry e on e.subject_id = m.account_id and e.at = m.filed_at and e.type = 'account.suspended' where m.contained)
      select count(*)::int as accounts, count(*) filter (where contained)::int as contained, count(*) filter (where contained and status = 'active')::int as active,
        count(*) filter (where contained and status = 'revoked')::int as revoked,
        (select coalesce(sum(files), 0)::int from reach where not exists (select 1 from reach wider where wider.path @> reach.path and wider.id <> reach.id)) as files,
        (select coalesce(sum((data ->> 'sessions')::int), 0)::int from ends) as sessions, (select coalesce(sum((data ->> 'links')::int), 0)::int from ends) as links,
        (select coalesce(sum((data ->> 'requestsVoided')::int), 0)::int from ends) as requests, (select coalesce(sum((data ->> 'approvalsVoided')::int), 0)::int from ends) as approvals
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
