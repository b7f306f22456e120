import { request } from '@countersign/drizzle/schema/request.ts'
import type { Actor, Grant, Level } from '@countersign/shared/access/scope.ts'
import { type SQL, sql } from 'drizzle-orm'
import { within } from '../../kernel/scope.ts'

/** What a request has an organisation of that is lower than this level: where it does, whoever holds a role here is above it. */
const lower = {
  site: sql`null::uuid`,
  structure: sql`null::uuid`,
  departement: sql`request.structure_id`,
  region: sql`coalesce(request.structure_id, request.departement_id)`,
  network: sql`coalesce(request.structure_id, request.departement_id, request.region_id)`,
  nation: sql`coalesce(request.structure_id, request.departement_id, request.region_id, request.network_id)`,
} as const satisfies Record<Level, SQL>

/** The stages a role held at or above the place fills: `fits` of `shared/src/requests/stages.ts`, as a question to the database. */
const fillsFromAbove = ({ level, role }: Grant): SQL => {
  const above = sql`${lower[level]} is not null`
  const wide = sql`request.widens_at <= now()`
  return sql`(request.demand is null or exists (select 1 from jsonb_array_elements(request.demand -> 'stages') stage where stage -> 'roles' ? ${role} and case stage ->> 'level'
    when 'covering' then true when 'structure' then not ${above} or ${wide} when 'above' then ${above}
    when 'network' then ${level === 'network' || level === 'nation'} else ${above} and ${wide} end))`
}

const asPeer = ({ role, level, organisationId, networkId }: Grant): readonly SQL[] =>
  level === 'structure' && networkId
    ? [
        sql`(request.network_id = ${networkId}::uuid and request.structure_id is distinct from ${organisationId}::uuid
          and request.demand -> 'stages' @> ${JSON.stringify([{ roles: [role], level: 'another-structure' }])}::jsonb)`,
      ]
    : []

/** Requests this person may countersign by a role and where they hold it: what waits for them. */
export const countersignable = ({ grants }: Actor): SQL => {
  const parts = grants.flatMap((grant) => [
    sql`(${grant.role} = any(request.approver_roles) and (${within([grant], request)}) and ${fillsFromAbove(grant)})`,
    ...asPeer(grant),
  ])
  return parts.length > 0 ? sql`(${sql.join(parts, sql` or `)})` : sql`false`
}
