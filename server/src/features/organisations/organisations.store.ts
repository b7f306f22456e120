import { organisation } from '@countersign/drizzle/schema/organisation.ts'
import type { Level, Place, Scope } from '@countersign/shared/access/scope.ts'
import { levels } from '@countersign/shared/access/scope.ts'
import type { NetworkKind } from '@countersign/shared/accounts/profiles.ts'
import { searchWords } from '@countersign/shared/text/search.ts'
import { and, eq, inArray, sql } from 'drizzle-orm'
import { type Db, literal, type Tx } from '../../kernel/db.ts'
import { prepared } from '../../kernel/prepared.ts'
import { within } from '../../kernel/scope.ts'

export type Standing = {
  readonly id: string
  readonly level: Level
  readonly name: string
  readonly place: Place
  readonly network: NetworkKind | null
  readonly conventionEndsOn: string | null
}

export type Found = { readonly id: string; readonly name: string; readonly level: Level; readonly within: string | null }

type Row = {
  id: string
  level: Level
  name: string
  nation_id: string | null
  network_id: string | null
  region_id: string | null
  departement_id: string | null
  structure_id: string | null
  site_id: string | null
  network_kind: NetworkKind | null
  convention_ends_on: string | null
}

/** A name as `searchWords` reads it. There are thousands of organisations, not millions: they are folded as they are read. */
export const foldedName = sql`lower(translate(organisation.name, 'àâäáãåçéèêëìíîïñòóôöõúùûüÿÀÂÄÁÃÅÇÉÈÊËÌÍÎÏÑÒÓÔÖÕÚÙÛÜŸ’''-', 'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuy   '))`

export const organisations = {
  /** Where an organisation stands, which network it belongs to and until when its structure's convention runs. */
  async find(db: Db | Tx, id: string): Promise<Standing | null> {
    const { rows } = await prepared<Row>(
      db,
      sql`
      select o.id, o.level, o.name, o.nation_id, o.network_id, o.region_id, o.departement_id, o.structure_id, o.site_id,
        n.network_kind, coalesce(o.convention_ends_on, s.convention_ends_on)::text as convention_ends_on
      from organisation o left join organisation n on n.id = o.network_id left join organisation s on s.id = o.structure_id
      where o.id = ${id}`,
    )
    const row = rows[0]
    if (!row) return null
    const place = {
      nationId: row.nation_id,
      networkId: row.network_id,
      regionId: row.region_id,
      departementId: row.departement_id,
      structureId: row.structure_id,
      siteId: row.site_id,
    }
    return { id: row.id, level: row.level, name: row.name, place, network: row.network_kind, conventionEndsOn: row.convention_ends_on }
  },

  /** Citizens' files in the subtree of an organisation; zero where there is none. */
  async caseloadOf(db: Db | Tx, id: string | null): Promise<number> {
    if (!id) return 0
    const [row] = await db.select({ total: organisation.totalCaseload }).from(organisation).where(eq(organisation.id, id))
    return row?.total ?? 0
  },

  /** Organisations of the scope whose name holds the words, accents and hyphens aside, from the top of the tree down; for pickers. */
  async search(
    db: Db,
    scope: Scope,
    { words, levels: wanted, limit = 30 }: { words: string; levels: readonly Level[]; limit?: number },
  ): Promise<readonly Found[]> {
    const holding = searchWords(words)
      .split(' ')
      .map((word) => sql`${foldedName} like ${`%${literal(word)}%`}`)
    const { rows } = await db.execute<Found & Record<string, unknown>>(sql`
      select organisation.id, organisation.name, organisation.level, above.name as within
      from organisation left join organisation above on above.id = organisation.parent_id
      where ${within(scope, organisation)} and organisation.level = any(${sql.param([...(wanted.length > 0 ? wanted : levels)])}::text[]) and ${sql.join(holding, sql` and `)}
      order by nlevel(organisation.path), organisation.name, organisation.id limit ${limit}`)
    return rows
  },

  /** Where each organisation of a scope stands. */
  async placesOf(db: Db, scope: Scope): Promise<ReadonlyMap<string, Place>> {
    const rows = await db
      .select({
        id: organisation.id,
        nationId: organisation.nationId,
        networkId: organisation.networkId,
        regionId: organisation.regionId,
        departementId: organisation.departementId,
        structureId: organisation.structureId,
        siteId: organisation.siteId,
      })
      .from(organisation)
      .where(
        inArray(
          organisation.id,
          scope.map(({ organisationId }) => organisationId),
        ),
      )
    return new Map(rows.map(({ id, ...place }) => [id, place]))
  },

  /** Organisations by id, in the order of their names. For ids that a query within scope has found. */
  async byIds(db: Db, ids: readonly string[]) {
    if (ids.length === 0) return []
    return db
      .select({ id: organisation.id, name: organisation.name, level: organisation.level })
      .from(organisation)
      .where(inArray(organisation.id, [...ids]))
      .orderBy(organisation.name, organisation.id)
  },

  /** Names of a handful of organisations, to show what a filter in the URL means. */
  async named(db: Db, scope: Scope, ids: readonly string[]) {
    if (ids.length === 0) return []
    return db
      .select({ id: organisation.id, name: organisation.name, level: organisation.level })
      .from(organisation)
      .where(and(within(scope, organisation), inArray(organisation.id, [...ids])))
  },
}
