import type { ListAccounts } from '@countersign/shared/accounts/listing.ts'
import { boolean, index, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { account } from './account.ts'
import { instant } from './columns.ts'
import { organisation } from './organisation.ts'

/** A list of accounts somebody comes back to: its filters, its order, and the columns they hide. */
export const savedView = pgTable(
  'saved_view',
  {
    id: uuid().primaryKey(),
    ownerId: uuid('owner_id')
      .notNull()
      .references(() => account.id),
    name: text().notNull(),
    search: jsonb().$type<ListAccounts>().notNull(),
    hidden: text().array().notNull(),
    /** For everybody of the owner's structure, or of their office where they are of none. */
    shared: boolean().notNull(),
    homeId: uuid('home_id')
      .notNull()
      .references(() => organisation.id),
    savedAt: instant('saved_at').notNull(),
  },
  (table) => [uniqueIndex('saved_view__name').on(table.ownerId, table.name), index('saved_view__home').on(table.homeId)],
)
