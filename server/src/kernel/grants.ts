import { type SQL, sql } from 'drizzle-orm'

/** The roles in force of an account, as `Grant`s in JSON. */
export const grantsHeldBy = (account: SQL): SQL => sql`coalesce((
  select json_agg(json_build_object('role', g.role, 'level', o.level, 'organisationId', o.id, 'networkId', o.network_id))
  from role_grant g join organisation o on o.id = g.organisation_id
  where g.account_id = ${account} and g.revoked_at is null), '[]'::json)`
