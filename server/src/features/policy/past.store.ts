import type { Role } from '@countersign/shared/access/roles.ts'
import type { Place } from '@countersign/shared/access/scope.ts'
import { type NetworkKind, type ProfileId, reachedOrganisation } from '@countersign/shared/accounts/profiles.ts'
import type { Matched } from '@countersign/shared/policy/rules.ts'
import type { RequestKind } from '@countersign/shared/requests/kinds.ts'
import type { Means } from '@countersign/shared/requests/requirement.ts'
import type { SignalRule } from '@countersign/shared/signals/finding.ts'
import { sql } from 'drizzle-orm'
import { type Db, type Tx, uuids } from '../../kernel/db.ts'

/** A request of the past as a policy would have seen it; of what was suspicious, what was known when it was asked. */
export type Past = {
  readonly id: string
  readonly reference: number
  readonly matched: Matched
  readonly requesterId: string | null
  readonly subjectId: string | null
}

type Row = Place & {
  id: string
  reference: number
  kind: RequestKind
  network: NetworkKind | null
  profiles: ProfileId[]
  role: Role | null
  signals: SignalRule[]
  requester: string | null
  subject: string | null
}

export const triedDays = 90
/** As many as a trial looks at: the newest. */
export const triedRequests = 5000

export const past = {
  /** What was asked in the last 90 days, the newest first. */
  async requests(db: Db): Promise<readonly Past[]> {
    const { rows } = await db.execute<Row>(sql`
      select r.id, r.reference::int, r.kind, n.network_kind as network, case when r.content ->> 'bulkId' is null then array_remove(array[coalesce(r.content ->> 'profile', a.profile_id)], null)
        else array(select distinct t.profile_id from bulk_line l join account t on t.id = l.account_id where l.bulk_id = (r.content ->> 'bulkId')::uuid and l.plan = 'change') end as profiles, r.content ->> 'role' as role, r.signals, r.requester_id as requester, r.subject_id as subject,
        r.nation_id as "nationId", r.network_id as "networkId", r.region_id as "regionId", r.departement_id as "departementId", r.structure_id as "structureId", r.site_id as "siteId"
      from (select * from request where submitted_at > now() - make_interval(days => ${triedDays}) and kind <> 'found-network' order by submitted_at desc, id desc limit ${triedRequests}) r
      left join organisation n on n.id = r.network_id left join account a on a.id = r.subject_id`)
    const files = await past.caseloads(db)
    return rows.map(({ id, reference, kind, network, profiles, role, signals, requester, subject, ...place }) => ({
      id,
      reference,
      matched: {
        kind,
        network,
        place,
        profiles: kind === 'revoke-bulk' ? [] : profiles,
        role,
        reach: profiles.length > 0 ? Math.max(...profiles.map((one) => files.get(reachedOrganisation(one, place) ?? '') ?? 0)) : null,
        signals,
      },
      requesterId: requester,
      subjectId: subject,
    }))
  },

  /** What each holder of a role, or each of these, has to show that it is they; who is not here has nothing beyond their session. */
  async means(db: Db | Tx, ids?: readonly string[]): Promise<ReadonlyMap<string, Means>> {
    const { rows } = await db.execute<Means & { id: string }>(sql`
      select h.account_id as id, array(select i.issuer from identity i where i.account_id = h.account_id) as issuers,
        case when held.passkey then 'passkey' when held.totp then 'totp' else 'session' end as strongest
      from (select distinct account_id from role_grant where revoked_at is null and ${ids ? sql`account_id = any(${uuids(ids)})` : sql`true`}) h, lateral (
        select exists (select 1 from passkey p where p.account_id = h.account_id) as passkey,
          exists (select 1 from credential c where c.account_id = h.account_id and c.kind = 'totp') as totp,
          exists (select 1 from identity i where i.account_id = h.account_id) as identity) held
      where held.passkey or held.totp or held.identity`)
    return new Map(rows.map(({ id, strongest, issuers }) => [id, { strongest, issuers }]))
  },

  async caseloads(db: Db): Promise<ReadonlyMap<string, number>> {
    const { rows } = await db.execute<{ id: string; total: number }>(sql`select id, total_caseload::int as total from organisation`)
    return new Map(rows.map(({ id, total }) => [id, total]))
  },
}
