import type { ProfileId } from '@countersign/shared/accounts/profiles.ts'
import type { AccountStatus } from '@countersign/shared/accounts/status.ts'
import { bigint, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { placeColumns } from './columns.ts'

/**
 * How many accounts stand where, in which state, with which profile: the sum of `change` over the rows. Each statement that changes
 * accounts adds what it changed, so that two that commit together never wait for each other here; a job folds the rows of one
 * place, state and profile into one. Written by the database alone.
 */
export const accountCount = pgTable(
  'account_count',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    organisationId: uuid('organisation_id').notNull(),
    ...placeColumns(),
    status: text().$type<AccountStatus>().notNull(),
    profileId: text('profile_id').$type<ProfileId>().notNull(),
    change: integer().notNull(),
  },
  (table) => [
    index('account_count__region').on(table.regionId),
    index('account_count__departement').on(table.departementId),
    index('account_count__structure').on(table.structureId),
  ],
)
