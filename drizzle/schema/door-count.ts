import { bigint, integer, pgTable, varchar } from 'drizzle-orm/pg-core'

/** How often somebody knocked at a public door of late; in the shape the library that counts expects. */
export const doorCount = pgTable('door_count', {
  key: varchar({ length: 255 }).primaryKey(),
  points: integer().notNull().default(0),
  /** In milliseconds of the clock. */
  expire: bigint({ mode: 'number' }),
})
