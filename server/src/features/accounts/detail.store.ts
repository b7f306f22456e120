import { account } from '@countersign/drizzle/schema/account.ts'
import type { Role } from '@countersign/shared/access/roles.ts'
import type { Level, Scope } from '@countersign/shared/access/scope.ts'
import type { EventType, LineageKind } from '@countersign/shared/events.ts'
import type { RequestKind } from '@countersign/shared/requests/kinds.ts'
import type { RequestStatus } from '@countersign/shared/requests/status.ts'
import { sql } from 'drizzle-orm'
import type { Db } from '../../kernel/db.ts'
import { prepared } from '../../kernel/prepared.ts'
import { within } from '../../kernel/scope.ts'

export type Named = { readonly id: string; readonly name: string }
export type LifeEntry = {
  readonly id: string
  readonly at: string
  readonly type: EventType
  readonly actor: Named | null
  readonly channel: string
  readonly data: Record<string, unknown>
}
export type Kin = {
  readonly kind: LineageKind
  readonly id: string
  readonly name: string
  readonly place: string
  readonly status: string
  readonly requestId: string
  readonly at: string
}

/** Everything one account's page shows beside its row. Each list is cut at what a person reads; the audit has the rest. */
export const accountDetail = {
  async contact(db: Db, id: string) {
    const { rows } = await prepared<{
      phone: string
      contactChangedAt: string | null
      organisationId: string
      structureId: string | null
    }>(
      db,
      sql`
      select phone, to_json(contact_changed_at)#>>'{}' as "contactChangedAt", organisation_id as "organisationId", structure_id as "structureId" from account where id = ${id}`,
    )
    return rows[0] ?? null
  },

  /** Who else of this scope is written to at this address, revoked ones left out: three at most. */
  async withAddress(db: Db, email: string, except: string | null, scope: Scope): Promise<readonly Named[]> {
    const { rows } = await db.execute<Named & Record<string, unknown>>(sql`
      select id, given_name || ' ' || family_name as name from account
      where email = ${email} and status <> 'revoked' and id is distinct from ${except}::uuid and ${within(scope, account)} order by id limit 3`)
    return rows
  },

  async life(db: Db, id: string): Promise<readonly LifeEntry[]> {
    const { rows } = await prepared<LifeEntry & Record<string, unknown>>(
      db,
      sql`
      select e.id, to_json(e.at)#>>'{}' as at, e.type, e.data, e.origin ->> 'channel' as channel,
        case when a.id is null then null else json_build_object('id', a.id, 'name', a.given_name || ' ' || a.family_name) end as actor
      from audit_entry e left join account a on a.id = e.actor_id
      where e.subject_id = ${id} order by e.at desc, e.id desc limit 100`,
    )
    return rows
  },

  /** Who had a hand in this account, and in whom it had one. */
  async lineage(db: Db, id: string): Promise<{ made: readonly Kin[]; by: readonly Kin[] }> {
    const kin = (mine: 'to' | 'from') => {
      const [own, other] = mine === 'to' ? [sql`l.to_account_id`, sql`l.from_account_id`] : [sql`l.from_account_id`, sql`l.to_account_id`]
      return prepared<Kin & Record<string, unknown>>(
        db,
        sql`
        select l.kind, a.id, a.given_name || ' ' || a.family_name as name, o.name as place, a.status, l.request_id as "requestId", to_json(l.at)#>>'{}' as at
        from lineage l join account a on a.id = ${other} join organisation o on o.id = a.organisation_id
        where ${own} = ${id} order by l.at desc limit 50`,
      )
    }
    const [by, made] = await Promise.all([kin('to'), kin('from')])
    return { by: by.rows, made: made.rows }
  },

  async grants(db: Db, id: string) {
    const { rows } = await prepared<{
      role: Role
      organisationId: string
      organisation: string
      level: Level
      grantedAt: string
      requestId: string
    }>(
      db,
      sql`
      select g.role, o.id as "organisationId", o.name as organisation, o.level, to_json(g.granted_at)#>>'{}' as "grantedAt", g.request_id as "requestId"
      from role_grant g join organisation o on o.id = g.organisation_id where g.account_id = ${id} and g.revoked_at is null order by g.granted_at`,
    )
    return rows
  },

  async requests(db: Db, id: string) {
    const { rows } = await prepared<{
      id: string
      reference: number
      kind: RequestKind
      status: RequestStatus
      submittedAt: string
      asSubject: boolean
    }>(
      db,
      sql`
      select r.id, r.reference::int, r.kind, r.status, to_json(r.submitted_at)#>>'{}' as "submittedAt", r.subject_id is not distinct from ${id}::uuid or r.id = (select created_by_request_id from account where id = ${id}) as "asSubject"
      from request r where (r.subject_id = ${id} or r.requester_id = ${id} or r.id = (select created_by_request_id from account where id = ${id})) and r.kind <> 'found-network'
      order by r.submitted_at desc limit 50`,
    )
    return rows
  },

  /** The arithmetic of reach: the organisation whose files are counted, and the sum. */
  async reach(db: Db, organisationId: string | null) {
    if (!organisationId) return null
    const { rows } = await prepared<{ name: string; level: Level; total: number; sites: number }>(
      db,
      sql`
      select name, level, total_caseload as total, (select count(*)::int from organisation s where s.path <@ o.path and s.level = 'site') as sites
      from organisation o where id = ${organisationId}`,
    )
    return rows[0] ?? null
  },

  /** What one click would end, counted for this very account. */
  async atStake(db: Db, id: string) {
    const { rows } = await prepared<{ sessions: number; links: number; requests: number; approvals: number }>(
      db,
      sql`
      select (select count(*)::int from session where account_id = ${id}) as sessions,
        (select count(*)::int from link l join request r on r.id = l.request_id where l.used_at is null and l.voided_at is null and l.expires_at > now() and (l.account_id = ${id} or r.requester_id = ${id})) as links,
        (select count(*)::int from request where status = 'pending' and (requester_id = ${id} or subject_id = ${id})) as requests,
        (select count(*)::int from approval a join request r on r.id = a.request_id and r.status = 'pending' where a.approver_id = ${id} and a.voided_at is null) as approvals`,
    )
    return rows[0] ?? { sessions: 0, links: 0, requests: 0, approvals: 0 }
  },
}
