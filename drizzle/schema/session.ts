import { index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { account } from './account.ts'
import { bytes, instant } from './columns.ts'

/** A signed-in browser. Deleted, not flagged, when it ends; the audit remembers it. */
export const session = pgTable(
  'session',
  {
    id: uuid().primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    /** SHA-256 of the 256-bit token; the token itself is in the cookie alone. */
    tokenHash: bytes('token_hash').notNull().unique(),
    method: text()
      .$type<'password' | 'password-totp' | 'password-recovery-code' | 'passkey' | 'provider' | 'provider-two-factor' | 'demo'>()
      .notNull(),
    /** What an identity provider said of this sign-in; nothing where it happened here. */
    issuer: text(),
    /** Which of the providers a hub leads to, by the hub's name for it. */
    behind: text(),
    acr: text(),
    amr: text().array(),
    epoch: integer().notNull(),
    device: text().notNull(),
    /** SHA-256, in hex, of the key this browser keeps: whoever signs in there next has the same. Null where it is not known. */
    deviceKey: text('device_key'),
    address: text().notNull(),
    /** Wrong codes in a row when asked again who it is, and when the last was typed. */
    proofFailures: integer('proof_failures').notNull().default(0),
    proofFailedAt: instant('proof_failed_at'),
    createdAt: instant('created_at').notNull(),
    lastSeenAt: instant('last_seen_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [index('session__account').on(table.accountId), index('session__address').on(table.address)],
)

/**
 * Wrong answers since the last right one, by account id, so that letter case cannot get around it; those from a browser its owner uses
 * apart from everybody else's, so that strangers keep nobody out.
 */
export const signInFailure = pgTable(
  'sign_in_failure',
  {
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    /** The browser's key, hashed, where its owner is known to use it; empty for all others together. */
    source: text().notNull().default(''),
    failures: integer().notNull(),
    lastAt: instant('last_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.source] })],
)

/** A browser somebody has signed in from, by its key, hashed: a new one is told to its owner. */
export const knownDevice = pgTable(
  'known_device',
  {
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    deviceKey: text('device_key').notNull(),
    lastSeenAt: instant('last_seen_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.deviceKey] })],
)
