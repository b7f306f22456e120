import type { Assurance } from '@countersign/shared/access/proof.ts'
import type { Role } from '@countersign/shared/access/roles.ts'
import type { Demand } from '@countersign/shared/policy/rules.ts'
import type { RequestKind } from '@countersign/shared/requests/kinds.ts'
import type { CallBackOutcome, RequestStatus } from '@countersign/shared/requests/status.ts'
import type { SignalRule } from '@countersign/shared/signals/finding.ts'
import { sql } from 'drizzle-orm'
import { bigint, boolean, check, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { account } from './account.ts'
import { canonicalText, instant, placeColumns, transactionId } from './columns.ts'
import { organisation } from './organisation.ts'

/** `found-network` is written once, by `countersign init`, on a database without accounts. */
export type StoredKind = RequestKind | 'found-network'

/** The request is the operation: its full content is held, countersigned, and executed as it stood. */
export const request = pgTable(
  'request',
  {
    id: uuid().primaryKey(),
    /** What people say on the phone: "request 1042". */
    reference: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity({ startWith: 1001 }),
    kind: text().$type<StoredKind>().notNull(),
    status: text().$type<RequestStatus>().notNull(),
    organisationId: uuid('organisation_id')
      .notNull()
      .references(() => organisation.id),
    ...placeColumns(),
    /** Null where the public page asked: nobody has proved to be anybody there. */
    requesterId: uuid('requester_id').references(() => account.id),
    subjectId: uuid('subject_id').references(() => account.id),
    channel: text().$type<'operator' | 'public' | 'founding'>().notNull(),
    content: canonicalText().notNull(),
    /** SHA-256 of the canonical text, in hexadecimal; the database recomputes it (P3). */
    contentHash: text('content_hash').notNull(),
    approvalsNeeded: integer('approvals_needed').notNull(),
    approverRoles: text('approver_roles').array().$type<Role[]>().notNull(),
    /** What the rule of the policy asked when it was filed, word for word; null where policies had no rules yet. */
    demand: jsonb().$type<Demand>(),
    /** What was open about who asked, whom it is about or the structure when it was filed: what the policy saw, for drafts of others to be tried on. */
    signals: text().array().$type<SignalRule[]>().notNull().default([]),
    /** When whoever may sign is told next that it waits. */
    remindAt: instant('remind_at'),
    /** From when on those one level up may sign as well. */
    widensAt: instant('widens_at'),
    submittedAt: instant('submitted_at').notNull(),
    /** The browser it was asked from. */
    deviceKey: text('device_key'),
    /** The browsers its content was written again from: as much a hand in it as the first (P2). */
    editedOn: text('edited_on').array().notNull().default([]),
    expiresAt: instant('expires_at').notNull(),
    heldUntil: instant('held_until'),
    decidedAt: instant('decided_at'),
    decidedBy: uuid('decided_by').references(() => account.id),
    reason: text(),
    /** The transaction that executed it: what was given must have been given in that very one. */
    executedIn: transactionId('executed_in'),
  },
  (table) => [
    check('request__someone_must_agree', sql`${table.approvalsNeeded} >= 1`),
    check('request__some_role_may_agree', sql`cardinality(${table.approverRoles}) >= 1`),
    check('request__hash_of_content', sql`${table.contentHash} = encode(sha256(convert_to(${table.content}::text, 'UTF8')), 'hex')`),
    uniqueIndex('request__one_pending').on(table.subjectId, table.kind).where(sql`${table.status} = 'pending'`),
    uniqueIndex('request__reference').on(table.reference),
    index('request__pending').on(table.expiresAt, table.id).where(sql`${table.status} = 'pending'`),
    index('request__remind').on(table.remindAt).where(sql`${table.status} = 'pending' and ${table.remindAt} is not null`),
    index('request__by_time').on(table.submittedAt, table.id),
    index('request__requester').on(table.requesterId, table.submittedAt),
    index('request__subject').on(table.subjectId, table.submittedAt),
    index('request__structure').on(table.structureId, table.submittedAt, table.id),
  ],
)

/** One countersignature. Never deleted; voided where its giver or the content fell. */
export const approval = pgTable(
  'approval',
  {
    id: uuid().primaryKey(),
    requestId: uuid('request_id')
      .notNull()
      .references(() => request.id),
    approverId: uuid('approver_id')
      .notNull()
      .references(() => account.id),
    /** What the approver saw: it counts only while the request still says that (P3). */
    contentHash: text('content_hash').notNull(),
    /** The result of the lineage check at that moment (P2). */
    independent: boolean().notNull(),
    /** How sure it was that they themselves gave it. */
    assurance: text().$type<Assurance>().notNull().default('session'),
    givenAt: instant('given_at').notNull(),
    /** The browser it was given from: no two hands in a request are on one (P2). */
    deviceKey: text('device_key'),
    voidedAt: instant('voided_at'),
    voidedBecause: text('voided_because'),
  },
  (table) => [
    check('approval__independent', sql`${table.independent}`),
    uniqueIndex('approval__once_each').on(table.requestId, table.approverId).where(sql`${table.voidedAt} is null`),
    index('approval__approver').on(table.approverId, table.givenAt),
  ],
)

/** A call to the number on record, and what came of it. */
export const callBack = pgTable(
  'call_back',
  {
    id: uuid().primaryKey(),
    requestId: uuid('request_id')
      .notNull()
      .references(() => request.id),
    callerId: uuid('caller_id')
      .notNull()
      .references(() => account.id),
    outcome: text().$type<CallBackOutcome>().notNull(),
    note: text().notNull(),
    calledAt: instant('called_at').notNull(),
    deviceKey: text('device_key'),
  },
  (table) => [index('call_back__request').on(table.requestId, table.calledAt)],
)
