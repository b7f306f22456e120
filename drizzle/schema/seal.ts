import type { SealFault } from '@countersign/shared/audit/sealing.ts'
import { sql } from 'drizzle-orm'
import { bigint, boolean, check, index, pgTable, primaryKey, smallint, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { bytes, instant, transactionId } from './columns.ts'

/**
 * The place of an audit entry in the sealed log: dense positions from 0, in the order they were written in. Its hash stays when its month
 * is dropped; `at` says in which month the entry is to be looked for.
 */
export const auditLeaf = pgTable(
  'audit_leaf',
  {
    position: bigint({ mode: 'number' }).primaryKey(),
    entryId: uuid('entry_id').notNull(),
    at: instant('at').notNull(),
    transactionId: transactionId('transaction_id').notNull(),
    /** SHA-256 as RFC 6962 has it, over the entry's canonical text. */
    hash: bytes('hash').notNull(),
  },
  (table) => [uniqueIndex('audit_leaf__entry').on(table.entryId), check('audit_leaf__hash', sql`length(${table.hash}) = 32`)],
)

/** The complete subtrees of two leaves and more of the log's Merkle tree: what proofs are made of. Once there, none ever changes. */
export const auditSubtree = pgTable(
  'audit_subtree',
  {
    level: smallint().notNull(),
    index: bigint({ mode: 'number' }).notNull(),
    hash: bytes('hash').notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.index] }), check('audit_subtree__hash', sql`length(${table.hash}) = 32`)],
)

/** A signed note (c2sp.org/tlog-checkpoint) that says how far the log went. The key that signs is not in the database. */
export const checkpoint = pgTable('checkpoint', {
  size: bigint({ mode: 'number' }).primaryKey(),
  note: text().notNull(),
  madeAt: instant('made_at').notNull(),
})

/** What a witness answered: the line that says it saw this checkpoint follow from the one before. */
export const cosignature = pgTable(
  'cosignature',
  {
    size: bigint({ mode: 'number' })
      .notNull()
      .references(() => checkpoint.size),
    witness: text().notNull(),
    line: text().notNull(),
    at: instant('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.size, table.witness] }), index('cosignature__witness').on(table.witness, table.size)],
)

/** A place outside that checkpoints are brought to, and how far it knows the log. */
export const checkpointPlace = pgTable('checkpoint_place', {
  name: text().primaryKey(),
  size: bigint({ mode: 'number' }).notNull(),
  broughtAt: instant('brought_at'),
  /** Since when nothing could be brought there, and why; null while it can. */
  failingSince: instant('failing_since'),
  failure: text(),
})

/** Every entry of a transaction before this one has its place. One row. */
export const sealPosition = pgTable(
  'seal_position',
  { id: boolean().primaryKey(), position: transactionId('position').notNull() },
  (table) => [check('seal_position__one', sql`${table.id}`)],
)

/** How far the sealed log has been held against the entries again, and what was found first. One row. */
export const sealCheck = pgTable(
  'seal_check',
  {
    id: boolean().primaryKey(),
    /** Every position before this one was looked at in this round. */
    position: bigint({ mode: 'number' }).notNull(),
    /** When the last whole round ended, and over how many positions; null before the first. */
    heldAt: instant('held_at'),
    held: bigint({ mode: 'number' }),
    /** The first position where something does not hold, and what; null while all does. */
    wrongAt: bigint('wrong_at', { mode: 'number' }),
    wrong: text().$type<SealFault>(),
    wrongSince: instant('wrong_since'),
  },
  (table) => [check('seal_check__one', sql`${table.id}`)],
)
