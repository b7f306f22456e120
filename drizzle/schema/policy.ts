import type { Policy } from '@countersign/shared/policy/policy.ts'
import { sql } from 'drizzle-orm'
import { jsonb, pgTable, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { request } from './request.ts'

/** What the policy owners have decided, and by which request; null until they have decided anything. One row. */
export const policy = pgTable(
  'policy',
  {
    id: uuid().primaryKey(),
    document: jsonb().$type<Policy>().notNull(),
    requestId: uuid('request_id').references(() => request.id),
    setAt: instant('set_at').notNull(),
  },
  () => [uniqueIndex('policy__one').on(sql`(true)`)],
)
