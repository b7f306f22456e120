import type { Severity, SignalRule } from '@countersign/shared/signals/finding.ts'
import type { FindingStatus } from '@countersign/shared/signals/settling.ts'
import { sql } from 'drizzle-orm'
import { boolean, check, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { account } from './account.ts'
import { instant, placeColumns, transactionId } from './columns.ts'
import { organisation } from './organisation.ts'

/** What looks wrong about one account or one structure by one rule: one row however often it recurs. */
export const finding = pgTable(
  'finding',
  {
    id: uuid().primaryKey(),
    rule: text().$type<SignalRule>().notNull(),
    severity: text().$type<Severity>().notNull(),
    /** Apart from others of its rule: bursts of resets are none of creations. */
    part: text().notNull().default(''),
    /** The account, or the organisation where it is about a whole structure. */
    aboutId: uuid('about_id').notNull(),
    accountId: uuid('account_id').references(() => account.id),
    organisationId: uuid('organisation_id')
      .notNull()
      .references(() => organisation.id),
    ...placeColumns(),
    /** Of the latest time: what the sentence is made of. */
    numbers: jsonb().$type<Record<string, number | string | null>>().notNull(),
    /** Entries of the audit, the latest of them. */
    facts: uuid().array().notNull(),
    times: integer().notNull(),
    firstAt: instant('first_at').notNull(),
    lastAt: instant('last_at').notNull(),
    status: text().$type<FindingStatus>().notNull(),
    /** Until when it is accepted, or put off. */
    until: instant('until'),
    reason: text(),
    settledBy: uuid('settled_by').references(() => account.id),
    settledAt: instant('settled_at'),
    /** How many it was about when it was accepted. */
    settledCount: integer('settled_count'),
  },
  (table) => [
    check('finding__status', sql`${table.status} in ('open', 'accepted', 'snoozed')`),
    check('finding__severity', sql`${table.severity} in ('notice', 'serious', 'critical')`),
    check('finding__settled', sql`(${table.status} = 'open') = (${table.until} is null)`),
    uniqueIndex('finding__about').on(table.rule, table.aboutId, table.part),
    index('finding__about_id').on(table.aboutId),
    index('finding__queue').on(table.lastAt, table.id),
    index('finding__structure').on(table.structureId, table.lastAt),
    index('finding__account').on(table.accountId, table.lastAt),
  ],
)

/** How far the ledger has been looked through: every entry of a transaction before this one. */
export const signalPosition = pgTable(
  'signal_position',
  { id: boolean().primaryKey(), position: transactionId('position').notNull() },
  (table) => [check('signal_position__one', sql`${table.id}`)],
)

/** A decoy: an account nobody has a reason to touch. Known to policy owners alone. */
export const canary = pgTable(
  'canary',
  {
    /** Its own id: what is told of it names no account. */
    id: uuid().primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    placedBy: uuid('placed_by')
      .notNull()
      .references(() => account.id),
    placedAt: instant('placed_at').notNull(),
    liftedAt: instant('lifted_at'),
  },
  (table) => [uniqueIndex('canary__stands').on(table.accountId).where(sql`${table.liftedAt} is null`)],
)
