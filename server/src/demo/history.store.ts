import { personas } from '@countersign/drizzle/seed/cast.ts'
import type { Place } from '@countersign/shared/access/scope.ts'
import type { RequestContent } from '@countersign/shared/requests/content.ts'
import type { Requirement } from '@countersign/shared/requests/requirement.ts'
import { searchWords } from '@countersign/shared/text/search.ts'
import { sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { canonicalContent } from '../features/requests/requests.store.ts'
import { type Db, type Tx, uuids } from '../kernel/db.ts'

export type Ask = {
  readonly id: string
  readonly content: RequestContent
  readonly subjectId: string | null
  readonly organisationId: string
  readonly place: Place
  readonly requirement: Requirement
  readonly expiresAt: Date
}
export type Birth = Ask & { readonly accountId: string }

export type Member = {
  readonly id: string
  readonly login: string
  readonly organisationId: string
  readonly createdAt: string
  readonly status: string
  readonly structureId: string | null
  readonly regionId: string | null
  readonly networkId: string | null
  readonly known: boolean
}

/** The same writes as the operations make, for many at once: every trigger of the database looks at them as at any other. */
export const history = {
  async file(
    tx: Tx,
    asks: readonly Ask[],
    requesterId: string,
    now: Date,
  ): Promise<ReadonlyMap<string, { reference: number; hash: string }>> {
    const rows = asks.map(({ id, content, subjectId, organisationId, place, requirement, expiresAt }) => {
      const { text, hash } = canonicalContent(content)
      return {
        id,
        kind: content.kind,
        subjectId,
        organisationId,
        ...place,
        text,
        hash,
        needed: requirement.approvalsNeeded,
        roles: requirement.approverRoles,
        demand: requirement.demand,
        expiresAt,
      }
    })
    const filed = await tx.execute<{ id: string; reference: string; content_hash: string }>(sql`
      insert into request (id, kind, status, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, requester_id, subject_id, channel, content, content_hash, approvals_needed, approver_roles, demand, submitted_at, expires_at)
      select id, kind, 'pending', "organisationId", "nationId", "networkId", "regionId", "departementId", "structureId", "siteId", ${requesterId}, "subjectId", 'operator', text::json, hash, needed, roles, demand, ${now}, "expiresAt"
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (id uuid, kind text, "subjectId" uuid, "organisationId" uuid, "nationId" uuid, "networkId" uuid, "regionId" uuid, "departementId" uuid, "structureId" uuid, "siteId" uuid, text text, hash text, needed integer, roles text[], demand jsonb, "expiresAt" timestamptz)
      returning id, reference, content_hash`)
    return new Map(filed.rows.map((row) => [row.id, { reference: Number(row.reference), hash: row.content_hash }]))
  },

  async referencesOf(tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, { reference: number; hash: string }>> {
    const { rows } = await tx.execute<{ id: string; reference: string; content_hash: string }>(
      sql`select id, reference, content_hash from request where id = any(${uuids(ids)})`,
    )
    return new Map(rows.map((row) => [row.id, { reference: Number(row.reference), hash: row.content_hash }]))
  },

  async approve(tx: Tx, ids: readonly string[], approverId: string, now: Date): Promise<void> {
    const rows = ids.map((id) => ({ id: uuid(), request: id }))
    await tx.execute(sql`
      insert into approval (id, request_id, approver_id, content_hash, independent, given_at)
      select n.id, r.id, ${approverId}, r.content_hash, true, ${now} from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n (id uuid, request uuid) join request r on r.id = n.request where r.id = any(${uuids(ids)})`)
  },

  async execute(tx: Tx, ids: readonly string[], by: string, now: Date): Promise<void> {
    await tx.execute(
      sql`update request set status = 'executed', decided_at = ${now}, decided_by = ${by} where id = any(${uuids(ids)}) and status = 'pending'`,
    )
  },

  async create(tx: Tx, births: readonly Birth[], now: Date): Promise<ReadonlyMap<string, number>> {
    const rows = births.flatMap(({ id, accountId, content, place }) => {
      if (content.kind !== 'create-account') return []
      const { kind: _kind, justification: _justification, ...person } = content
      return [
        {
          id: accountId,
          request: id,
          ...person,
          ...place,
          words: searchWords(`${person.givenName} ${person.familyName} ${person.login} ${person.email}`),
        },
      ]
    })
    const born = await tx.execute<{ id: string; reach: number }>(sql`
      insert into account (id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, login, given_name, family_name, email, phone, profile_id, reach, status, status_changed_at, created_by_request_id, authorised_by_request_id, ends_on, created_at)
      select n.id, n."organisationId", n."nationId", n."networkId", n."regionId", n."departementId", n."structureId", n."siteId", n.login, n."givenName", n."familyName", n.email, n.phone, n.profile, coalesce(o.total_caseload, 0), 'active', ${now}, n.request, n.request, n."endsOn", ${now}
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n (id uuid, request uuid, "organisationId" uuid, "nationId" uuid, "networkId" uuid, "regionId" uuid, "departementId" uuid, "structureId" uuid, "siteId" uuid, login text, "givenName" text, "familyName" text, email text, phone text, profile text, "endsOn" date)
      join profile p on p.id = n.profile
      left join organisation o on o.id = case p.data_scope when 'none' then null when 'nation' then n."nationId" when 'site' then coalesce(n."siteId", n."structureId", n."departementId", n."regionId", n."networkId") when 'structure' then coalesce(n."structureId", n."departementId", n."regionId", n."networkId")
        when 'departement' then coalesce(n."departementId", n."regionId", n."networkId") else coalesce(n."regionId", n."networkId") end
      returning id, reach`)
    await tx.execute(
      sql`insert into account_search (account_id, words) select id, words from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n (id uuid, words text)`,
    )
    return new Map(born.rows.map(({ id, reach }) => [id, reach]))
  },

  async signIns(tx: Tx, ids: readonly string[], now: Date) {
    const { rows } = await tx.execute<{ id: string; organisation_id: string }>(sql`
      update account set last_sign_in_at = ${now} where id = any(${uuids(ids)}) and status = 'active' and created_at < ${now} returning id, organisation_id`)
    return rows
  },

  /** Everybody, with what the scenes after the year need to know, read a page at a time; `known` ones are of the cast or hold a role. */
  async accounts(db: Db): Promise<readonly Member[]> {
    const everybody: Member[] = []
    for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
      const { rows } = await db.execute<Member & Record<string, unknown>>(sql`
        select a.id, a.login, a.organisation_id as "organisationId", to_json(a.created_at)#>>'{}' as "createdAt", a.status, a.structure_id as "structureId", a.region_id as "regionId", a.network_id as "networkId",
          a.login = any(${sql.param(personas.map(({ login }) => login))}::text[]) or exists (select 1 from role_grant g where g.account_id = a.id) as known
        from account a where a.id > ${after} order by a.id limit 20000`)
      everybody.push(...rows)
      const last = rows.at(-1)
      if (!last) return everybody
      after = last.id
    }
  },
}
