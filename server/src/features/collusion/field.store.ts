import type { Grant, Level, Place } from '@countersign/shared/access/scope.ts'
import type { NetworkKind, ProfileId } from '@countersign/shared/accounts/profiles.ts'
import { type LineageKind, tyingKinds } from '@countersign/shared/events.ts'
import type { Ground, Hand, Member } from '@countersign/shared/policy/attempts.ts'
import { type SQL, sql } from 'drizzle-orm'
import { type Db, uuids } from '../../kernel/db.ts'

/** Hands that could leave somebody's account in the hands of whoever had them: a role gives nobody a password. */
const takingOver: readonly LineageKind[] = tyingKinds.filter((kind) => kind !== 'granted-role')

type GroundRow = {
  id: string
  level: Level
  network: NetworkKind | null
  name: string
  networkName: string | null
  conventionEndsOn: string | null
} & Place

const places = sql`o.nation_id as "nationId", o.network_id as "networkId", o.region_id as "regionId", o.departement_id as "departementId", o.structure_id as "structureId", o.site_id as "siteId"`
const ground = sql`o.id, o.level, o.name, n.network_kind as network, n.name as "networkName", coalesce(o.convention_ends_on, convention.convention_ends_on)::text as "conventionEndsOn", ${places}`

const toGround = ({
  id,
  level,
  network,
  conventionEndsOn,
  nationId,
  networkId,
  regionId,
  departementId,
  structureId,
  siteId,
}: GroundRow): Ground => ({
  id,
  level,
  network,
  conventionEndsOn,
  place: { nationId, networkId, regionId, departementId, structureId, siteId },
})

const around = ({ place }: Ground): readonly string[] => Object.values(place).filter((id) => id !== null)

type MemberRow = GroundRow & { member: string; profile: ProfileId; grants: Grant[] }

/** A network that is being founded has few accounts yet. */
const mostWards = 50

/** Everybody active who holds a role: over any of these organisations, or anywhere. */
const holders = async (db: Db, over: readonly string[] | 'anywhere'): Promise<readonly Member[]> => {
  const narrowed: SQL = over === 'anywhere' ? sql`true` : sql`g.organisation_id = any(${uuids(over)})`
  const { rows } = await db.execute<MemberRow>(sql`
    select a.id as member, a.profile_id as profile, ${ground}, held.grants
    from (
      select g.account_id, json_agg(json_build_object('role', g.role, 'level', p.level, 'organisationId', p.id, 'networkId', p.network_id) order by g.role, p.id) as grants
      from role_grant g join organisation p on p.id = g.organisation_id
      where g.revoked_at is null and g.account_id in (select g.account_id from role_grant g where g.revoked_at is null and ${narrowed})
      group by g.account_id) held
    join account a on a.id = held.account_id and a.status = 'active' and a.ends_on >= current_date
    join organisation o on o.id = a.organisation_id left join organisation n on n.id = o.network_id left join organisation convention on convention.id = o.structure_id
    order by a.id`)
  return rows.map((row) => ({ id: row.member, grants: row.grants, home: toGround(row), profile: row.profile }))
}

/** Accounts without a role that these people asked for, or had reset, lately: they could be theirs. */
const wards = async (db: Db, people: readonly string[], since: Date): Promise<readonly Member[]> => {
  const { rows } = await db.execute<MemberRow>(sql`
    select a.id as member, a.profile_id as profile, ${ground}
    from (select distinct to_account_id as id from lineage where from_account_id = any(${uuids(people)}) and at >= ${since} and kind in ${takingOver} limit ${mostWards}) w
    join account a on a.id = w.id and a.status = 'active' and not exists (select 1 from role_grant g where g.account_id = a.id and g.revoked_at is null)
    join organisation o on o.id = a.organisation_id left join organisation n on n.id = o.network_id left join organisation convention on convention.id = o.structure_id
    order by a.id`)
  return rows.map((row) => ({ id: row.member, grants: [], home: toGround(row), profile: row.profile }))
}

type HandRow = { by: string; of: string; at: string; kind: LineageKind }

/** Who could control these people, directly or through a chain (P2), and by what. */
const handsOn = async (db: Db, people: readonly string[], since: Date): Promise<readonly Hand[]> => {
  const { rows } = await db.execute<HandRow>(sql`
    select distinct l.from_account_id as by, l.to_account_id as of, l.at, l.kind
    from kinship_around(${uuids(people)}, ${since}, null) k
    join lineage l on l.to_account_id = k.of_account and l.from_account_id = k.by_account and l.at >= ${since} and l.kind in ${tyingKinds}`)
  return rows.map(({ by, of, at, kind }) => ({ by, of, at: new Date(at), takesOver: takingOver.includes(kind) }))
}

export type Measured = Ground & { readonly name: string; readonly networkName: string | null }

export const fields = {
  /** Organisations that accounts can be asked for in; a site is its structure's. */
  async grounds(db: Db, ids: readonly string[] | 'all'): Promise<readonly Measured[]> {
    const { rows } = await db.execute<GroundRow>(sql`
      select ${ground} from organisation o left join organisation n on n.id = o.network_id left join organisation convention on convention.id = o.structure_id
      where ${ids === 'all' ? sql`o.level in ('region', 'departement', 'structure')` : sql`o.id = any(${uuids(ids)})`} order by o.id`)
    return rows.map((row) => ({ ...toGround(row), name: row.name, networkName: row.networkName }))
  },

  async nation(db: Db): Promise<Ground | null> {
    const { rows } = await db.execute<GroundRow>(
      sql`select ${ground} from organisation o left join organisation n on n.id = o.network_id left join organisation convention on convention.id = o.structure_id where o.level = 'nation'`,
    )
    return rows[0] ? toGround(rows[0]) : null
  },

  everybody: (db: Db): Promise<readonly Member[]> => holders(db, 'anywhere'),

  /** Those with a role over this organisation, and those over the places where these work: they could have their access reset. */
  async near(db: Db, here: Ground): Promise<readonly Member[]> {
    let over = new Set(around(here))
    for (;;) {
      const members = await holders(db, [...over])
      const wider = new Set([...over, ...members.flatMap(({ home }) => around(home))])
      if (wider.size === over.size) return members
      over = wider
    }
  },

  wards,
  hands: handsOn,
}
