import type { BulkStatus, BulkStep, BulkVerb, DrawnSelection, LinePlan } from '@countersign/shared/bulks/bulk.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import { sql } from 'drizzle-orm'
import { boolean, check, foreignKey, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { account } from './account.ts'
import { instant, placeColumns, transactionId } from './columns.ts'
import { organisation } from './organisation.ts'
import { request } from './request.ts'

/** One verb over a list of accounts. Its list is written with it, before it, and never afterwards: the dry run is what is run. */
export const bulk = pgTable(
  'bulk',
  {
    id: uuid().primaryKey(),
    verb: text().$type<BulkVerb>().notNull(),
    status: text().$type<BulkStatus>().notNull(),
    step: text().$type<BulkStep>().notNull(),
    ordererId: uuid('orderer_id')
      .notNull()
      .references(() => account.id),
    /** The epoch their account was in: what ends their sessions ends their orders. */
    ordererEpoch: integer('orderer_epoch').notNull(),
    /** The smallest organisation that holds all accounts it would change: where it is seen, and who may countersign it. */
    organisationId: uuid('organisation_id')
      .notNull()
      .references(() => organisation.id),
    ...placeColumns(),
    selection: jsonb().$type<DrawnSelection>().notNull(),
    /** Names of the selection that lead to no account the orderer may see. */
    unknown: text().array().notNull(),
    planned: integer().notNull(),
    /** What the dry run counted: written once, shown as it was. */
    impact: jsonb().notNull(),
    mass: boolean().notNull(),
    /** SHA-256 of the ids to be changed: what one confirms is what one has seen. */
    listHash: text('list_hash').notNull(),
    /** The bulk this one gives back. */
    givesBackId: uuid('gives_back_id'),
    justification: text(),
    /** Of the step it is in. */
    done: integer().notNull().default(0),
    skipped: integer().notNull().default(0),
    /** The last account the step has come by; accounts are taken in the order of their ids. */
    reached: uuid(),
    requestId: uuid('request_id').references(() => request.id),
    reportHash: text('report_hash'),
    previewedAt: instant('previewed_at').notNull(),
    startedAt: instant('started_at'),
    /** When the present step, pauses left out, began to be worked on and how long it was worked on before. */
    runningSince: instant('running_since'),
    ranMilliseconds: integer('ran_milliseconds').notNull().default(0),
    endedAt: instant('ended_at'),
    /** Why it stopped by itself: the promise the database held against it. */
    halted: text(),
  },
  (table) => [
    check('bulk__verb', sql`${table.verb} in ('suspend', 'revoke', 'reset', 'reinstate')`),
    check('bulk__status', sql`${table.status} in ('previewed', 'waiting', 'running', 'paused', 'finished', 'stopped')`),
    check('bulk__step', sql`${table.step} in ('contain', 'act')`),
    foreignKey({ columns: [table.givesBackId], foreignColumns: [table.id] }),
    index('bulk__at_work').on(table.status, table.id).where(sql`${table.status} in ('waiting', 'running', 'paused')`),
    index('bulk__by_time').on(table.previewedAt, table.id),
    index('bulk__orderer').on(table.ordererId, table.previewedAt),
    index('bulk__gives_back').on(table.givesBackId).where(sql`${table.givesBackId} is not null`),
  ],
)

/** One account of a bulk: the state it was seen in, what the dry run said, and what came of it. */
export const bulkLine = pgTable(
  'bulk_line',
  {
    // No foreign keys: they would hold a hundred thousand account rows while a dry run is written. Lines are written with their bulk or
    // not at all, from accounts that were just read, and neither is ever deleted.
    bulkId: uuid('bulk_id').notNull(),
    accountId: uuid('account_id').notNull(),
    /** The epoch the account was last seen in by this bulk: one that has another by now has changed since. */
    epoch: integer().notNull(),
    plan: text().$type<LinePlan>().notNull(),
    refusal: text().$type<RefusalCode>(),
    /**
     * Null until the bulk has come by; `contained` is suspended by it and not yet revoked, `held` was suspended before it came; else done,
     * or the code of why not.
     */
    outcome: text().$type<'contained' | 'held' | 'done' | RefusalCode>(),
    sessions: integer().notNull().default(0),
    links: integer().notNull().default(0),
    requestsVoided: integer('requests_voided').notNull().default(0),
    approvalsVoided: integer('approvals_voided').notNull().default(0),
    actedAt: instant('acted_at'),
    /** The transaction that acted: what is given back must be given back in that very one. */
    actedIn: transactionId('acted_in'),
  },
  (table) => [
    primaryKey({ columns: [table.bulkId, table.accountId] }),
    check('bulk_line__plan', sql`${table.plan} in ('change', 'already', 'refused')`),
  ],
)

/** Who revoked whom without a countersignature: so many a day and no more. Written by the database alone. */
export const loneRevocation = pgTable(
  'lone_revocation',
  {
    accountId: uuid('account_id').notNull(),
    actorId: uuid('actor_id').notNull(),
    at: instant('at').notNull(),
  },
  (table) => [index('lone_revocation__actor').on(table.actorId, table.at)],
)
