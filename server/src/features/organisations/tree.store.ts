import type { Level, Place } from '@countersign/shared/access/scope.ts'
import type { NetworkKind } from '@countersign/shared/accounts/profiles.ts'
import { sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'
import { reachedId } from './reached.store.ts'

/** What may be written of an organisation from outside; its id, path and place are ours. */
export type OrganisationFields = {
  readonly name: string
  readonly networkKind: NetworkKind | null
  readonly emailDomain: string | null
  readonly address: string | null
  readonly postcode: string | null
  readonly communeCode: string | null
  readonly phone: string | null
  readonly caseload: number
  readonly conventionEndsOn: string | null
}

export type Planned = OrganisationFields & { readonly externalId: string; readonly level: Level; readonly parentExternalId: string | null }
export type Standing = OrganisationFields & {
  readonly id: string
  readonly externalId: string
  readonly level: Level
  readonly parentExternalId: string | null
  readonly path: string
  readonly place: Place
}
export type Planted = Planned & { readonly id: string; readonly path: string; readonly parentId: string | null; readonly place: Place }

type Row = Omit<Standing, 'place'> & Place

export const tree = {
  /** The organisations an import could meet, by the key of their directory. */
  async standing(db: Db | Tx, externalIds: readonly string[]): Promise<ReadonlyMap<string, Standing>> {
    const { rows } = await db.execute<Row & Record<string, unknown>>(sql`
      select o.id, o.external_id as "externalId", o.level, p.external_id as "parentExternalId", o.path::text as path, o.name, o.network_kind as "networkKind", o.email_domain as "emailDomain",
        o.address, o.postcode, o.commune_code as "communeCode", o.phone, o.caseload, o.convention_ends_on::text as "conventionEndsOn",
        o.nation_id as "nationId", o.network_id as "networkId", o.region_id as "regionId", o.departement_id as "departementId", o.structure_id as "structureId", o.site_id as "siteId"
      from organisation o left join organisation p on p.id = o.parent_id where o.external_id = any(${sql.param([...externalIds])}::text[])`)
    return new Map(
      rows.map(({ nationId, networkId, regionId, departementId, structureId, siteId, ...row }) => [
        row.externalId,
        { ...row, place: { nationId, networkId, regionId, departementId, structureId, siteId } },
      ]),
    )
  },

  /** The root of the network; null before it is founded. */
  async nationId(db: Db | Tx): Promise<string | null> {
    const { rows } = await db.execute<{ id: string }>(sql`select id from organisation where level = 'nation'`)
    return rows[0]?.id ?? null
  },

  async insert(tx: Tx, rows: readonly Planted[], now: Date): Promise<void> {
    if (rows.length === 0) return
    const flat = rows.map(({ place, ...row }) => ({ ...row, ...place }))
    await tx.execute(sql`
      insert into organisation (id, external_id, level, parent_id, path, nation_id, network_id, region_id, departement_id, structure_id, site_id, name, network_kind, email_domain, address, postcode, commune_code, phone, caseload, convention_ends_on, created_at)
      select id, "externalId", level, "parentId", path::ltree, "nationId", "networkId", "regionId", "departementId", "structureId", "siteId", name, "networkKind", "emailDomain", address, postcode, "communeCode", phone, caseload, "conventionEndsOn", ${now}
      from jsonb_to_recordset(${JSON.stringify(flat)}::jsonb) as o (id uuid, "externalId" text, level text, "parentId" uuid, path text, "nationId" uuid, "networkId" uuid, "regionId" uuid, "departementId" uuid, "structureId" uuid, "siteId" uuid,
        name text, "networkKind" text, "emailDomain" text, address text, postcode text, "communeCode" text, phone text, caseload integer, "conventionEndsOn" date)`)
  },

  async update(tx: Tx, rows: readonly (OrganisationFields & { id: string })[]): Promise<void> {
    if (rows.length === 0) return
    await tx.execute(sql`
      update organisation set name = o.name, email_domain = o."emailDomain", address = o.address, postcode = o.postcode, commune_code = o."communeCode", phone = o.phone, caseload = o.caseload, convention_ends_on = o."conventionEndsOn"
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as o (id uuid, name text, "emailDomain" text, address text, postcode text, "communeCode" text, phone text, caseload integer, "conventionEndsOn" date)
      where organisation.id = o.id`)
  },

  /** Sums caseloads up the tree and derives every reach from them again. */
  async recount(tx: Tx): Promise<void> {
    await tx.execute(sql`
      update organisation o set total_caseload = t.total
      from (select above.id, coalesce(sum(below.caseload), 0)::integer as total from organisation above join organisation below on below.path <@ above.path group by above.id) t
      where t.id = o.id and o.total_caseload <> t.total`)
    await tx.execute(sql`
      update account a set reach = o.total_caseload from profile p, organisation o
      where p.id = a.profile_id and o.id = ${reachedId} and a.reach <> o.total_caseload`)
  },
}
