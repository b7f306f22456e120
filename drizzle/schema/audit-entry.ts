import type { EventType } from '@countersign/shared/events.ts'
import { sql } from 'drizzle-orm'
import { bigint, index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant, placeColumns, transactionId } from './columns.ts'

export type Origin = { channel: 'web' | 'cli' | 'job' | 'seed'; address?: string; device?: string; deviceKey?: string; sessionId?: string }

/**
 * What happened. Insert and select are all anybody has (P6); `recorded_at` and the transaction are stamped by the database. One partition
 * for each month of `at`, in each of which `id` is the key: what is asked for within a time is looked for in its months alone.
 */
export const auditEntry = pgTable(
  'audit_entry',
  {
    id: uuid().notNull(),
    at: instant('at').notNull(),
    recordedAt: instant('recorded_at').notNull().defaultNow(),
    transactionId: transactionId('transaction_id').notNull(),
    /** Stamped when it is written, in an order in which nothing comes before what it rests on; null for what is older than the sealed log. */
    number: bigint({ mode: 'number' }),
    type: text().$type<EventType>().notNull(),
    /** Null where nobody was signed in: the public page, the clock, the console. `origin` says which. */
    actorId: uuid('actor_id'),
    subjectId: uuid('subject_id').notNull(),
    organisationId: uuid('organisation_id'),
    ...placeColumns(),
    origin: jsonb().$type<Origin>().notNull(),
    data: jsonb().$type<Record<string, unknown>>().notNull(),
  },
  (table) => [
    index('audit_entry__by_time').on(table.at, table.id),
    index('audit_entry__subject').on(table.subjectId, table.at),
    index('audit_entry__actor').on(table.actorId, table.at),
    index('audit_entry__type').on(table.type, table.at),
    index('audit_entry__structure').on(table.structureId, table.at, table.id),
    /** Requests name the account they are about. */
    index('audit_entry__account')
      .on(sql`(${table.data} ->> 'accountId')`, table.at)
      .where(sql`(${table.data} ->> 'accountId') is not null`),
    index('audit_entry__transaction').on(table.transactionId, table.subjectId),
    index('audit_entry__unnumbered').on(table.transactionId, table.id).where(sql`${table.number} is null`),
  ],
)
