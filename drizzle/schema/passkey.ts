import { bigint, boolean, index, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { account } from './account.ts'
import { bytes, instant } from './columns.ts'
import { link } from './credential.ts'

/** A passkey (WebAuthn, resident, user verified): signs its owner in, and signs what they decide. */
export const passkey = pgTable(
  'passkey',
  {
    id: uuid().primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    credentialId: bytes('credential_id').notNull().unique(),
    /** COSE, as the authenticator gave it. */
    publicKey: bytes('public_key').notNull(),
    signCount: bigint('sign_count', { mode: 'number' }).notNull(),
    transports: text().array().notNull(),
    /** What its owner calls it. */
    name: text().notNull(),
    /** It may be on several devices of theirs. */
    synced: boolean().notNull(),
    /** The link it was enrolled through; null where its owner added it while signed in. */
    linkId: uuid('link_id').references(() => link.id),
    createdAt: instant('created_at').notNull(),
    lastUsedAt: instant('last_used_at'),
  },
  (table) => [index('passkey__account').on(table.accountId)],
)

/** What was signed or typed once and serves never again, until it would be too old anyway. */
export const spentNonce = pgTable('spent_nonce', {
  nonce: bytes('nonce').primaryKey(),
  expiresAt: instant('expires_at').notNull(),
})
