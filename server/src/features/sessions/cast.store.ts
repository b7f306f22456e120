import { personas } from '@countersign/drizzle/seed/cast.ts'
import type { Role } from '@countersign/shared/access/roles.ts'
import { sql } from 'drizzle-orm'
import type { Person } from '../../kernel/actor.ts'
import type { Db } from '../../kernel/db.ts'

const logins = personas.map(({ login }) => login)

type Member = { id: string; login: string; name: string; place: string; status: string; roles: Role[] }

/** The cast of the demo network, by the logins of `drizzle/seed/cast.ts`. */
export const cast = {
  async list(db: Db): Promise<readonly Member[]> {
    const { rows } = await db.execute<Member>(sql`
      select a.id, a.login, a.given_name || ' ' || a.family_name as name, coalesce((select over.name from role_grant g join organisation over on over.id = g.organisation_id where g.account_id = a.id limit 1), o.name) as place, a.status,
        coalesce((select json_agg(distinct g.role) from role_grant g where g.account_id = a.id and g.revoked_at is null), '[]'::json) as roles
      from account a join organisation o on o.id = a.organisation_id where a.login = any(${sql.param(logins)}::text[])
      order by array_position(${sql.param(logins)}::text[], a.login)`)
    return rows
  },

  async includes(db: Db, accountId: string): Promise<boolean> {
    const { rowCount } = await db.execute(sql`select 1 from account where id = ${accountId} and login = any(${sql.param(logins)}::text[])`)
    return rowCount === 1
  },

  /** The name and the scope one acts in, for the top bar. */
  async describe(db: Db, person: Person) {
    const { rows } = await db.execute<{
      id: string
      login: string
      name: string
      language: 'fr' | 'en'
      place: string
      roles: Role[]
      scope: { name: string; level: string }[]
    }>(sql`
      select a.id, a.login, a.given_name || ' ' || a.family_name as name, a.language, o.name as place,
        coalesce((select json_agg(json_build_object('name', over.name, 'level', over.level, 'role', g.role)) from role_grant g join organisation over on over.id = g.organisation_id where g.account_id = a.id and g.revoked_at is null), '[]'::json) as scope
      from account a join organisation o on o.id = a.organisation_id where a.id = ${person.id}`)
    const row = rows[0]
    return row ? { ...row, roles: [...new Set(person.grants.map(({ role }) => role))] } : null
  },
}
