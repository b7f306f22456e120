import { customType, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Instants are always with time zone and always a Date in code. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

/** JSON kept as the text it was written in (`json`, not `jsonb`), so that its hash can be recomputed by anybody (P3). */
export const canonicalText = customType<{ data: string }>({ dataType: () => 'json' })

/**
 * Where a row stands in the tree, copied from its organisation: scope is an `=` on one indexed column instead of a join with
 * the tree (measured at a million accounts: 0.5 ms against 17 ms).
 */
export const placeColumns = () => ({
  nationId: uuid('nation_id'),
  networkId: uuid('network_id'),
  regionId: uuid('region_id'),
  departementId: uuid('departement_id'),
  structureId: uuid('structure_id'),
  siteId: uuid('site_id'),
})

/** ltree labels of the tree, for questions about a whole branch at import and in reports. */
export const ltree = customType<{ data: string }>({ dataType: () => 'ltree' })

export const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/** The identifier of a PostgreSQL transaction: ties a change to its audit entry and to the request executed with it. */
export const transactionId = customType<{ data: string }>({ dataType: () => 'xid8' })
