import { pgTable, text, unique, uuid } from 'drizzle-orm/pg-core'
import { account } from './account.ts'
import { instant } from './columns.ts'

/** Somebody's identity at an identity provider: signs its owner in, and nobody else. No account is ever made from one. */
export const identity = pgTable(
  'identity',
  {
    id: uuid().primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    /** The provider, and the name it alone gives (OpenID Connect Core 1.0, section 2): never an address, which passes from one person to the next. */
    issuer: text().notNull(),
    subject: text().notNull(),
    linkedAt: instant('linked_at').notNull(),
    lastUsedAt: instant('last_used_at'),
  },
  (table) => [
    unique('identity__one_account').on(table.issuer, table.subject),
    unique('identity__one_each').on(table.accountId, table.issuer),
  ],
)
