import { sql } from 'drizzle-orm'
import { check, date, index, pgTable, uuid } from 'drizzle-orm/pg-core'
import { account } from './account.ts'
import { instant } from './columns.ts'

/** Somebody who signs is away: others are asked, and nobody is given a right by it. */
export const absence = pgTable(
  'absence',
  {
    id: uuid().primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    /** Days in France, both included. */
    fromOn: date('from_on', { mode: 'string' }).notNull(),
    untilOn: date('until_on', { mode: 'string' }).notNull(),
    delegateId: uuid('delegate_id').references(() => account.id),
    announcedAt: instant('announced_at').notNull(),
    withdrawnAt: instant('withdrawn_at'),
  },
  (table) => [
    check('absence__days', sql`${table.untilOn} >= ${table.fromOn} and ${table.untilOn} < ${table.fromOn} + 92`),
    check('absence__somebody_else', sql`${table.delegateId} is distinct from ${table.accountId}`),
    index('absence__account').on(table.accountId, table.untilOn),
    index('absence__delegate').on(table.delegateId, table.untilOn),
  ],
)
