import { sql } from 'drizzle-orm'
import { index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { account } from './account.ts'
import { instant } from './columns.ts'

/**
 * What must leave the building. The audit entry is the message; this row only says to whom it still has to go. One stream for
 * each account and destination, numbered under the account's row lock, delivered at least once and in order (P8).
 */
export const outbox = pgTable(
  'outbox',
  {
    id: uuid().primaryKey(),
    /** Of the same transaction, which the database looks at; the months of the audit leave with what was sent of them. */
    entryId: uuid('entry_id').notNull(),
    destination: text().notNull(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    sequence: integer().notNull(),
    attempts: integer().notNull().default(0),
    runAfter: instant('run_after').notNull(),
    settledAt: instant('settled_at'),
    outcome: text().$type<'delivered' | 'superseded' | 'pointless'>(),
    lastError: text('last_error'),
  },
  (table) => [
    uniqueIndex('outbox__order').on(table.accountId, table.destination, table.sequence),
    index('outbox__entry').on(table.entryId),
    index('outbox__due').on(table.runAfter).where(sql`${table.settledAt} is null`),
  ],
)

/** The mailbox of the demo network: what would have been sent. Empty and unused outside the demo. */
export const demoMail = pgTable(
  'demo_mail',
  {
    id: uuid().primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    recipient: text().notNull(),
    subject: text().notNull(),
    body: text().notNull(),
    sentAt: instant('sent_at').notNull(),
  },
  (table) => [index('demo_mail__by_time').on(table.sentAt)],
)
