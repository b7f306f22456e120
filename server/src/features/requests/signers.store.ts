import type { Role } from '@countersign/shared/access/roles.ts'
import type { Actor, Grant, Place } from '@countersign/shared/access/scope.ts'
import type { Demand } from '@countersign/shared/policy/rules.ts'
import { sql } from 'drizzle-orm'
import { type Db, type Tx, uuids } from '../../kernel/db.ts'
import { awayToday } from '../absences/absences.store.ts'

/** Somebody at work who holds a role that countersigns there, by which role and over what; and whether they are away today. */
export type Signer = {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly over: string
  readonly grant: Grant
  readonly away: boolean
  /** Who is asked in their place. */
  readonly delegateId: string | null
}

/** What is asked about a request, or about one that is about to be held. */
export type Signable = {
  readonly place: Place
  readonly approverRoles: readonly Role[]
  readonly demand: Demand | null
  /** Who has a hand in it, and cannot sign. */
  readonly except: readonly (string | null)[]
}

/** More than anybody asks or reads. */
const mostSigners = 200

export const signers = {
  /** All of them, the nearest first; whoever has two roles stands there twice. */
  async of(db: Db | Tx, { place, approverRoles, demand, except }: Signable): Promise<readonly Signer[]> {
    const over = Object.values(place).filter((id) => id !== null)
    const peers = demand?.stages.some(({ level }) => level === 'another-structure') ?? false
    const { rows } = await db.execute<Signer & Record<string, unknown>>(sql`
      select a.id, a.given_name || ' ' || a.family_name as name, g.role, o.name as over,
        json_build_object('role', g.role, 'level', o.level, 'organisationId', o.id, 'networkId', o.network_id) as grant, ${awayToday(sql`a.id`)} as away,
        (select away.delegate_id from absence away where away.account_id = a.id and away.withdrawn_at is null and (now() at time zone 'Europe/Paris')::date between away.from_on and away.until_on limit 1) as "delegateId"
      from role_grant g join account a on a.id = g.account_id and a.status = 'active' join organisation o on o.id = g.organisation_id
      where g.revoked_at is null and g.role = any(${sql.param([...approverRoles])}::text[])
        and (g.organisation_id = any(${uuids(over)}) or ${peers} and o.level = 'structure' and o.network_id = ${place.networkId}::uuid)
        and a.id <> all(${uuids(except.filter((id) => id !== null))})
      order by nlevel(o.path) desc, a.family_name, a.id limit ${mostSigners}`)
    return rows
  },
}

/** As the rules know them: each once, with all their roles. */
export const asActors = (found: readonly Signer[]): readonly Actor[] =>
  [...Map.groupBy(found, ({ id }) => id)].map(([id, held]) => ({ id, grants: held.map(({ grant }) => grant) }))
