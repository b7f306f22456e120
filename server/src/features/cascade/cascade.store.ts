import { account } from '@countersign/drizzle/schema/account.ts'
import type { Role } from '@countersign/shared/access/roles.ts'
import type { Scope } from '@countersign/shared/access/scope.ts'
import type { AccountStatus } from '@countersign/shared/accounts/status.ts'
import type { Reached, Touch, TouchKind } from '@countersign/shared/cascade/cascade.ts'
import { mostReached } from '@countersign/shared/cascade/cascade.ts'
import { type SQL, sql } from 'drizzle-orm'
import { type Db, type Tx, uuids } from '../../kernel/db.ts'
import { within } from '../../kernel/scope.ts'
import { reachedId } from '../organisations/reached.store.ts'

type Row = { by: string; of: string; kind: TouchKind; at: string; requestId: string | null }

const toTouch = ({ at, ...row }: Row): Touch => ({ ...row, at: new Date(at) })

const times = (all: readonly Reached[]): SQL => sql`${sql.param(all.map(({ since }) => since.toISOString()))}::timestamptz[]`

/** What one sees of an account in a cascade. */
export type CascadeFacts = {
  readonly id: string
  readonly name: string
  readonly login: string
  readonly place: string
  readonly status: AccountStatus
  readonly reach: number
  readonly roles: readonly Role[]
  readonly createdAt: string
  readonly lastSignInAt: string | null
  readonly sessions: number
  readonly links: number
  readonly pending: number
  /** The organisation whose files it opens, by its way through the tree. */
  readonly path: string | null
  readonly reachedId: string | null
  readonly files: number
}

export const cascades = {
  /** May this scope look at the account at all? */
  async sees(db: Db | Tx, scope: Scope, id: string): Promise<boolean> {
    const { rowCount } = await db.execute(sql`select 1 from account where account.id = ${id} and (${within(scope, account)})`)
    return rowCount === 1
  },

  /** The hands these accounts had in others since the suspicion reached them; of those in scope. */
  async hands(db: Db | Tx, scope: Scope, frontier: readonly Reached[]): Promise<readonly Touch[]> {
    const { rows } = await db.execute<Row>(sql`
      select l.from_account_id as by, l.to_account_id as of, l.kind, to_json(l.at)#>>'{}' as at, l.request_id as "requestId"
      from unnest(${uuids(frontier.map(({ id }) => id))}, ${times(frontier)}) as f (id, since),
        lateral (select * from lineage where from_account_id = f.id and at >= f.since order by at limit ${mostReached + 1} offset 0) l
      join account on account.id = l.to_account_id where (${within(scope, account)}) order by l.at, l.to_account_id`)
    return rows.map(toTouch)
  },

  /** Accounts with an open session from an address these have signed in from since then; the same browser there says more. */
  async neighbours(db: Db | Tx, scope: Scope, reached: readonly Reached[]): Promise<readonly Touch[]> {
    const { rows } = await db.execute<Row>(sql`
      select distinct on (f.id, s.account_id) f.id as by, s.account_id as of, case when bool_or(s.device = e.origin ->> 'device') over (partition by f.id, s.account_id) then 'same-device' else 'same-address' end as kind,
        to_json(s.created_at)#>>'{}' as at, null as "requestId"
      from unnest(${uuids(reached.map(({ id }) => id))}, ${times(reached)}) as f (id, since)
      join audit_entry e on e.subject_id = f.id and e.at >= f.since and e.type = 'session.opened'
      join session s on s.address = e.origin ->> 'address' and s.account_id <> f.id and s.created_at >= f.since
      join account on account.id = s.account_id
      where (${within(scope, account)}) and s.address not in ('', '::1', '127.0.0.1', '::ffff:127.0.0.1') order by f.id, s.account_id, s.created_at limit ${mostReached}`)
    return rows.map(toTouch)
  },

  async facts(db: Db | Tx, ids: readonly string[]): Promise<ReadonlyMap<string, CascadeFacts>> {
    const { rows } = await db.execute<CascadeFacts & Record<string, unknown>>(sql`
      select a.id, a.given_name || ' ' || a.family_name as name, a.login, coalesce(structure.name, home.name) as place, a.status, a.reach,
        to_json(a.created_at)#>>'{}' as "createdAt", to_json(nullif(a.last_sign_in_at, '-infinity'))#>>'{}' as "lastSignInAt",
        coalesce((select json_agg(distinct g.role) from role_grant g where g.account_id = a.id and g.revoked_at is null), '[]'::json) as roles,
        (select count(*)::int from session s where s.account_id = a.id) as sessions,
        (select count(*)::int from link l where l.account_id = a.id and l.used_at is null and l.voided_at is null and l.expires_at > now()) as links,
        (select count(*)::int from request r where r.requester_id = a.id and r.status = 'pending') as pending,
        reached.id as "reachedId", reached.path::text as path, coalesce(reached.total_caseload, 0) as files
      from account a join organisation home on home.id = a.organisation_id left join organisation structure on structure.id = a.structure_id
      join profile p on p.id = a.profile_id
      left join organisation reached on reached.id = ${reachedId}
      where a.id = any(${uuids(ids)})`)
    return new Map(rows.map((row) => [row.id, row]))
  },
}
