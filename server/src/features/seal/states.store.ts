import { sql } from 'drizzle-orm'
import type { Tx } from '../../kernel/db.ts'

/** As much of an account as replaying the log has to lead to. */
export type AccountState = {
  readonly id: string
  readonly status: string
  readonly profile: string
  readonly organisationId: string
  /** A day, as YYYY-MM-DD. */
  readonly endsOn: string
  /** Roles in force, each with the organisation it is over. */
  readonly roles: readonly (readonly [role: string, over: string])[]
}

export const states = {
  /** By id, so many after this one. */
  async after(tx: Tx, id: string | null, limit: number): Promise<readonly AccountState[]> {
    const { rows } = await tx.execute<AccountState & Record<string, unknown>>(sql`
      select a.id, a.status, a.profile_id as profile, a.organisation_id as "organisationId", a.ends_on::text as "endsOn", coalesce((
        select json_agg(json_build_array(g.role, g.organisation_id) order by g.role, g.organisation_id)
        from role_grant g where g.account_id = a.id and g.revoked_at is null), '[]'::json) as roles
      from account a where a.id > ${id ?? '00000000-0000-0000-0000-000000000000'}::uuid order by a.id limit ${limit}`)
    return rows
  },
}
