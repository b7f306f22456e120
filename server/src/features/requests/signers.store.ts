import type { Role } from '@countersign/shared/access/roles.ts'
import type { Actor, Grant, Place } from '@countersign/shared/access/scope.ts'
import type { Demand } from '@countersign/shared/policy/rules.ts'
import { type SQL, sql } from 'drizzle-orm'
import { type Db, type Tx, uuids } from '../../kernel/db.ts'
import { absenceToday } from '../absences/absences.store.ts'

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

/** More than anybody asks or reads: of those above, and of other structures apart, or many of these would hide those. */
const mostSigners = 200

export const signers = {
  /** All of them, the nearest first; whoever has two roles stands there twice. */
  async of(db: Db | Tx, { place, approverRoles, demand, except }: Signable): Promise<readonly Signer[]> {
    const over = Object.values(place).filter((id) => id !== null)
    const among = (where: SQL): SQL => sql`(
      select a.id, a.given_name || ' ' || a.family_name as name, g.role, o.name as over, nlevel(o.path) as depth, a.family_name,
        json_build_object('role', g.role, 'level', o.level, 'organisationId', o.id, 'networkId', o.network_id) as "grant", away.account_id is not null as away, away.delegate_id as "delegateId"
      from role_grant g join account a on a.id = g.account_id and a.status = 'active' and a.ends_on >= current_date join organisation o on o.id = g.organisation_id left join lateral (${absenceToday(sql`a.id`)}) away on true
      where g.revoked_at is null and g.role = any(${sql.param([...approverRoles])}::text[]) and a.id <> all(${uuids(except.filter((id) => id !== null))}) and ${where}
      order by nlevel(o.path) desc, a.family_name, a.id limit ${mostSigners})`
    const covering = among(sql`g.organisation_id = any(${uuids(over)})`)
    const peers = among(
      sql`o.level = 'structure' and o.network_id = ${place.networkId}::uuid and o.id is distinct from ${place.structureId}::uuid`,
    )
    const asksPeers = demand?.stages.some(({ level }) => level === 'another-structure') ?? false
    const { rows } = await db.execute<Signer & Record<string, unknown>>(sql`
      select id, name, role, over, "grant", away, "delegateId" from (${asksPeers ? sql`${covering} union all ${peers}` : covering}) found order by depth desc, family_name, id`)
    return rows
  },
}

/** As the rules know them: each once, with all their roles. */
export const asActors = (found: readonly Signer[]): readonly Actor[] =>
  [...Map.groupBy(found, ({ id }) => id)].map(([id, held]) => ({ id, grants: held.map(({ grant }) => grant) }))
