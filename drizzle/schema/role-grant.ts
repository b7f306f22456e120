import type { Role } from '@countersign/shared/access/roles.ts'
import { sql } from 'drizzle-orm'
import { index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { account } from './account.ts'
import { instant } from './columns.ts'
import { organisation } from './organisation.ts'
import { request } from './request.ts'

/** A role over a subtree. In force only while the account is active: the look-up joins both, so a revoked person has none. */
export const roleGrant = pgTable(
  'role_grant',
  {
    id: uuid().primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    role: text().$type<Role>().notNull(),
    organisationId: uuid('organisation_id')
      .notNull()
      .references(() => organisation.id),
    requestId: uuid('request_id')
      .notNull()
      .references(() => request.id),
    grantedAt: instant('granted_at').notNull(),
    revokedAt: instant('revoked_at'),
  },
  (table) => [
    uniqueIndex('role_grant__once').on(table.accountId, table.role, table.organisationId).where(sql`${table.revokedAt} is null`),
    index('role_grant__role').on(table.role).where(sql`${table.revokedAt} is null`),
  ],
)
