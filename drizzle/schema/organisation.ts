import type { Level } from '@countersign/shared/access/scope.ts'
import type { NetworkKind } from '@countersign/shared/accounts/profiles.ts'
import { sql } from 'drizzle-orm'
import { type AnyPgColumn, date, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant, ltree, placeColumns } from './columns.ts'

/** The tree: nation, network, region, département, structure, site. Accounts hang on it, scopes are subtrees of it. */
export const organisation = pgTable(
  'organisation',
  {
    id: uuid().primaryKey(),
    /** The key of the directory an import came from. It finds the row again at the next import and keys nothing else. */
    externalId: text('external_id').notNull().unique(),
    level: text().$type<Level>().notNull(),
    parentId: uuid('parent_id').references((): AnyPgColumn => organisation.id),
    path: ltree().notNull(),
    ...placeColumns(),
    name: text().notNull(),
    /** On networks only: which kind of partner; profiles are allowed by it. */
    networkKind: text('network_kind').$type<NetworkKind>(),
    emailDomain: text('email_domain'),
    address: text(),
    postcode: text(),
    communeCode: text('commune_code'),
    phone: text(),
    /** Citizens' files followed by this very site; zero above it. */
    caseload: integer().notNull().default(0),
    /** Citizens' files in the whole subtree: what reach is computed from. */
    totalCaseload: integer('total_caseload').notNull().default(0),
    /** No account of the structure may outlive it. */
    conventionEndsOn: date('convention_ends_on'),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    index('organisation__parent').on(table.parentId),
    index('organisation__path').using('gist', table.path),
    index('organisation__name').using('gin', sql`lower(${table.name}) gin_trgm_ops`),
  ],
)
