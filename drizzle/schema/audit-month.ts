import { sql } from 'drizzle-orm'
import { bigint, check, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** The months the audit is kept in, each a partition of `audit_entry`; of one that was dropped its numbers stay. */
export const auditMonth = pgTable(
  'audit_month',
  {
    id: uuid().primaryKey(),
    /** The name of the partition. */
    partition: text().notNull().unique(),
    /** Null for the first, which holds whatever was before. */
    since: instant('since'),
    /** Not itself within. */
    until: instant('until').notNull().unique(),
    droppedAt: instant('dropped_at'),
    entries: bigint({ mode: 'number' }),
    messages: bigint({ mode: 'number' }),
  },
  (table) => [
    check(
      'audit_month__dropped',
      sql`(${table.droppedAt} is null) = (${table.entries} is null) and (${table.entries} is null) = (${table.messages} is null)`,
    ),
  ],
)

/** How long the audit is kept: 12 months, up to 3 years with a written reason (CNIL 2021-122). One row. */
export const retention = pgTable(
  'retention',
  {
    id: uuid().primaryKey(),
    months: integer().notNull(),
    reason: text(),
    setAt: instant('set_at').notNull(),
  },
  (table) => [
    uniqueIndex('retention__one').on(sql`(true)`),
    check('retention__months', sql`${table.months} between 12 and 36 and (${table.months} = 12 or coalesce(${table.reason}, '') <> '')`),
  ],
)
