import type { Role } from '@countersign/shared/access/roles.ts'
import type { BulkVerb, LinePlan } from '@countersign/shared/bulks/bulk.ts'
import { sql } from 'drizzle-orm'
import type { Tx } from '../../kernel/db.ts'
import { heldLately } from '../accounts/revocations.store.ts'
import { homeOf } from '../organisations/home.store.ts'
import { reachedId } from '../organisations/reached.store.ts'
import type { Reasons } from './lines.store.ts'

export type StructureImpact = { readonly id: string; readonly name: string; readonly touched: number; readonly accounts: number }

/** Places without anybody in a role, the first few by name. */
export type Left = { readonly role: Role; readonly places: number; readonly first: readonly string[] }

/** What the change of a list would take along, counted at the dry run. */
export type Impact = {
  /** How long each list is, and why some are refused. */
  readonly counts: Readonly<Record<LinePlan, number>> & { readonly unknown: number }
  readonly reasons: Reasons
  readonly structures: readonly StructureImpact[]
  readonly structuresTouched: number
  /** Accounts of no structure: regional and national offices. */
  readonly elsewhere: number
  readonly roles: readonly { readonly role: Role; readonly count: number }[]
  /** Accounts that hold any role, or held one lately. */
  readonly holders: number
  readonly sessions: number
  readonly links: number
  readonly requests: number
  readonly approvals: number
  /** Citizens' files the accounts can reach, or would reach again, each counted once. */
  readonly files: number
  /** Places whose every holder of a role is on the list. */
  readonly lastHolders: readonly Left[]
  /** Structures that would have nobody left who may countersign for them, by the role that does. */
  readonly unguarded: readonly Left[]
}

/** So many structures are named; the rest is counted. */
const named = 500

const listed = (bulkId: string) => sql`(select account_id from bulk_line where bulk_id = ${bulkId} and plan = 'change')`

export type Counted = Pick<Impact, 'counts' | 'reasons'>

export const impact = {
  /** Structures by how many of their accounts are on the list; `accounts` are those not revoked. */
  async structures(tx: Tx, bulkId: string): Promise<readonly StructureImpact[]> {
    const { rows } = await tx.execute<StructureImpact & Record<string, unknown>>(sql`
      select o.id, o.name, t.touched, coalesce((select sum(c.change)::int from account_count c where c.structure_id = o.id and c.status <> 'revoked'), 0) as accounts
      from (select a.structure_id, count(*)::int as touched from bulk_line l join account a on a.id = l.account_id
        where l.bulk_id = ${bulkId} and l.plan = 'change' and a.structure_id is not null group by a.structure_id) t
      join organisation o on o.id = t.structure_id order by t.touched desc, o.name, o.id`)
    return rows
  },

  /** The smallest organisation that holds every account on the list; null where the list is empty. */
  home: (tx: Tx, bulkId: string): Promise<string | null> => homeOf(tx, listed(bulkId)),

  /** The roles whose holders on the list are all the holders there are, by role. */
  async lastHolders(tx: Tx, bulkId: string): Promise<Impact['lastHolders']> {
    const { rows } = await tx.execute<Left>(sql`
      with gone as (select g.role, o.id, o.name from role_grant g join account a on a.id = g.account_id and a.status = 'active' join organisation o on o.id = g.organisation_id
        where g.revoked_at is null and (g.role, g.organisation_id) in (select h.role, h.organisation_id from role_grant h where h.revoked_at is null and h.account_id in ${listed(bulkId)})
        group by g.role, o.id having bool_and(a.id in ${listed(bulkId)}))
      select role, count(*)::int as places, (array_agg(name order by name, id))[1:5] as first from gone group by role order by role`)
    return rows
  },

  async unguarded(tx: Tx, bulkId: string): Promise<Impact['unguarded']> {
    const { rows } = await tx.execute<Left>(sql`
      with giving as (select g.role, g.organisation_id, g.account_id in ${listed(bulkId)} as leaves from role_grant g join account a on a.id = g.account_id and a.status = 'active'
        where g.revoked_at is null and g.role in ('supervisor', 'reset-manager')),
      left_behind as (select g.role, o.id, o.name from (select distinct role, organisation_id from giving where leaves) g
        join organisation o on o.level = 'structure' and g.organisation_id in (o.nation_id, o.network_id, o.region_id, o.departement_id, o.structure_id)
        where not exists (select 1 from giving s where s.role = g.role and not s.leaves and s.organisation_id in (o.nation_id, o.network_id, o.region_id, o.departement_id, o.structure_id)))
      select role, count(distinct id)::int as places, (array_agg(distinct name order by name))[1:5] as first from left_behind group by role`)
    return rows
  },

  async ending(tx: Tx, bulkId: string, verb: BulkVerb): Promise<Pick<Impact, 'sessions' | 'links' | 'requests' | 'approvals' | 'files'>> {
    const { rows } = await tx.execute<{ sessions: number; links: number; requests: number; approvals: number; files: number }>(sql`
      with reach as (select distinct ${reachedId} as id from account a join profile p on p.id = a.profile_id where a.status = ${verb === 'reinstate' ? 'suspended' : 'active'} and a.id in ${listed(bulkId)}),
      open as (select o.id, o.path, o.total_caseload from reach join organisation o on o.id = reach.id)
      select (select count(*)::int from session where account_id in ${listed(bulkId)}) as sessions,
        (select count(*)::int from link l left join request r on r.id = l.request_id
          where l.used_at is null and l.voided_at is null and (l.account_id in ${listed(bulkId)} or r.requester_id in ${listed(bulkId)})) as links,
        (select count(*)::int from request where status = 'pending' and (requester_id in ${listed(bulkId)} or subject_id in ${listed(bulkId)})) as requests,
        (select count(*)::int from approval s join request r on r.id = s.request_id and r.status = 'pending' where s.voided_at is null and s.approver_id in ${listed(bulkId)}) as approvals,
        (select coalesce(sum(total_caseload), 0)::int from open where not exists (select 1 from open wider where wider.path @> open.path and wider.id <> open.id)) as files`)
    return rows[0] ?? { sessions: 0, links: 0, requests: 0, approvals: 0, files: 0 }
  },

  async holders(tx: Tx, bulkId: string): Promise<number> {
    const { rows } = await tx.execute<{ count: number }>(sql`
      select count(distinct account_id)::int as count from role_grant where ${heldLately(sql`revoked_at`)} and account_id in ${listed(bulkId)}`)
    return rows[0]?.count ?? 0
  },

  async roles(tx: Tx, bulkId: string): Promise<Impact['roles']> {
    const { rows } = await tx.execute<{ role: Role; count: number }>(sql`
      select role, count(distinct account_id)::int as count from role_grant where revoked_at is null and account_id in ${listed(bulkId)} group by role order by count desc, role`)
    return rows
  },

  async of(tx: Tx, bulkId: string, verb: BulkVerb, structures: readonly StructureImpact[], counted: Counted): Promise<Impact> {
    return {
      ...counted,
      structures: structures.slice(0, named),
      structuresTouched: structures.length,
      elsewhere: counted.counts.change - structures.reduce((sum, { touched }) => sum + touched, 0),
      roles: await impact.roles(tx, bulkId),
      holders: await impact.holders(tx, bulkId),
      ...(await impact.ending(tx, bulkId, verb)),
      lastHolders: await impact.lastHolders(tx, bulkId),
      unguarded: await impact.unguarded(tx, bulkId),
    }
  },
}
