import { integer, pgTable, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { organisation } from './organisation.ts'

/**
 * How many accounts somebody would have to hold to reach each goal in an organisation, as it was last measured; null where it takes more
 * than are searched. Derived from policy, roles and lineage: losing it loses nothing, and nothing is decided by it.
 */
export const collusionNumber = pgTable('collusion_number', {
  organisationId: uuid('organisation_id')
    .primaryKey()
    .references(() => organisation.id),
  account: integer(),
  credential: integer(),
  role: integer(),
  policy: integer(),
  /** How many people could sign for an account, and for a reset, there. */
  accountSigners: integer('account_signers').notNull(),
  credentialSigners: integer('credential_signers').notNull(),
  measuredAt: instant('measured_at').notNull(),
  /** When it was told that one account is enough here; null while none is. */
  toldAt: instant('told_at'),
})
