import type { TouchKind } from '@countersign/shared/cascade/cascade.ts'
import { sql } from 'drizzle-orm'
import { boolean, check, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { account } from './account.ts'
import { instant, placeColumns } from './columns.ts'
import { organisation } from './organisation.ts'

/** What was contained together, under one name, with the clock of article 33. Its story is in the audit. */
export const incident = pgTable(
  'incident',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    openedBy: uuid('opened_by')
      .notNull()
      .references(() => account.id),
    openedAt: instant('opened_at').notNull(),
    /** When somebody became aware of it. */
    knownAt: instant('known_at').notNull(),
    /** When the supervisory authority was told, and the number it gave. */
    notifiedAt: instant('notified_at'),
    notificationReference: text('notification_reference'),
    closedAt: instant('closed_at'),
    /** The smallest organisation that holds all of its accounts: where it is seen. */
    organisationId: uuid('organisation_id')
      .notNull()
      .references(() => organisation.id),
    ...placeColumns(),
  },
  (table) => [
    check('incident__known', sql`${table.knownAt} <= ${table.openedAt}`),
    check(
      'incident__notified',
      sql`(${table.notifiedAt} is null) = (${table.notificationReference} is null) and (${table.notifiedAt} is null or ${table.notifiedAt} >= ${table.knownAt})`,
    ),
    index('incident__by_time').on(table.openedAt, table.id),
  ],
)

/** An account of an incident as it was when it was filed: why it is in, since when, what it could reach, and whether it was put out. */
export const incidentAccount = pgTable(
  'incident_account',
  {
    incidentId: uuid('incident_id')
      .notNull()
      .references(() => incident.id),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    /** The account that led to it; null for the suspect itself. */
    touchedBy: uuid('touched_by'),
    kind: text().$type<TouchKind>(),
    /** What it did from here on is part of the story. */
    since: instant('since').notNull(),
    /** Ticked and put out; else looked at and left. */
    contained: boolean().notNull(),
    /** The organisation whose files it opened, null where it opened none, and how many those were. */
    reachedId: uuid('reached_id'),
    files: integer().notNull(),
    bulkId: uuid('bulk_id'),
    filedAt: instant('filed_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.incidentId, table.accountId] }), index('incident_account__account').on(table.accountId)],
)
