import { sql } from 'drizzle-orm'
import { bigint, index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { account } from './account.ts'
import { bytes, instant, transactionId } from './columns.ts'
import { request } from './request.ts'

/** A single-use door: an invitation, a reset, the enrolment of a second factor, or "this was not me". Bound to its request. */
export const link = pgTable(
  'link',
  {
    id: uuid().primaryKey(),
    kind: text().$type<'invitation' | 'reset' | 'enrolment' | 'disown'>().notNull(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    requestId: uuid('request_id')
      .notNull()
      .references(() => request.id),
    /** SHA-256; null until the mail is written, because the token is made then and stored nowhere. */
    tokenHash: bytes('token_hash').unique(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
    /** Stamped by the database: a credential must be written in the very transaction that used its link. */
    usedIn: transactionId('used_in'),
    voidedAt: instant('voided_at'),
  },
  (table) => [index('link__account').on(table.accountId), index('link__request').on(table.requestId)],
)

/** What a person proves themselves with. Written only through a link that a countersigned request opened (P1, P9). */
export const credential = pgTable(
  'credential',
  {
    id: uuid().primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    kind: text().$type<'password' | 'totp' | 'recovery-code'>().notNull(),
    /** argon2id for what a person types, AES-256-GCM for a TOTP seed. */
    secret: text().notNull(),
    linkId: uuid('link_id')
      .notNull()
      .references(() => link.id),
    createdAt: instant('created_at').notNull(),
    usedAt: instant('used_at'),
    /** The last TOTP step that was accepted: each is accepted once. */
    lastStep: bigint('last_step', { mode: 'number' }),
  },
  (table) => [
    uniqueIndex('credential__one_password').on(table.accountId).where(sql`${table.kind} = 'password'`),
    uniqueIndex('credential__one_totp').on(table.accountId).where(sql`${table.kind} = 'totp'`),
    index('credential__account').on(table.accountId),
  ],
)
