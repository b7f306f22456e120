import { pgTable, text } from 'drizzle-orm/pg-core'

/** The profiles of `shared/src/accounts/profiles.ts`, for the checks of the database itself. Written by migrations alone. */
export const profile = pgTable('profile', {
  id: text().primaryKey(),
  dataScope: text('data_scope').notNull(),
  rights: text().array().notNull(),
  networks: text().array().notNull(),
})
