import type { ProfileId } from '@countersign/shared/accounts/profiles.ts'
import type { AccountStatus } from '@countersign/shared/accounts/status.ts'
import { sql } from 'drizzle-orm'
import { date, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { instant, placeColumns } from './columns.ts'
import { organisation } from './organisation.ts'
import { profile } from './profile.ts'

/** A person of the partner network. A row exists only because a request was countersigned: there is no "pending" person. */
export const account = pgTable(
  'account',
  {
    id: uuid().primaryKey(),
    organisationId: uuid('organisation_id')
      .notNull()
      .references(() => organisation.id),
    ...placeColumns(),
    login: text().notNull().unique(),
    givenName: text('given_name').notNull(),
    familyName: text('family_name').notNull(),
    email: text().notNull(),
    /** E.164. The number a reset is called back on: the one on record before the request. */
    phone: text().notNull(),
    language: text().$type<'fr' | 'en'>().notNull().default('fr'),
    profileId: text('profile_id')
      .$type<ProfileId>()
      .notNull()
      .references(() => profile.id),
    /** Citizens' files within the profile's data scope; derived from caseloads, never typed. */
    reach: integer().notNull(),
    status: text().$type<AccountStatus>().notNull(),
    previousStatus: text('previous_status').$type<AccountStatus>(),
    statusChangedAt: instant('status_changed_at').notNull(),
    statusChangedBy: uuid('status_changed_by'),
    /** The request this account was born from (P1). */
    createdByRequestId: uuid('created_by_request_id').notNull(),
    /** The executed request that last gave this account anything back (P1). */
    authorisedByRequestId: uuid('authorised_by_request_id').notNull(),
    /** A session names the epoch it was opened in; raising it refuses every older one at once. */
    epoch: integer().notNull().default(1),
    endsOn: date('ends_on').notNull(),
    contactChangedAt: instant('contact_changed_at'),
    /** Known here alone: with it the log tells by a hash who this is and where they are reached, and nobody guesses it from there (P6). */
    identitySalt: uuid('identity_salt').notNull().defaultRandom(),
    /** `-infinity` until the first sign-in, so that keyset paging meets no null. */
    lastSignInAt: instant('last_sign_in_at').notNull().default(sql`'-infinity'`),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    index('account__by_name').on(table.familyName, table.givenName, table.id),
    index('account__by_sign_in').on(table.lastSignInAt, table.id),
    index('account__by_reach').on(table.reach, table.id),
    index('account__by_end').on(table.endsOn, table.id),
    index('account__structure').on(table.structureId, table.familyName, table.givenName, table.id),
    index('account__departement').on(table.departementId, table.familyName, table.givenName, table.id),
    index('account__region').on(table.regionId, table.familyName, table.givenName, table.id),
    // A small region is a hundredth of all: by the whole network's order it would be met once in a hundred rows.
    index('account__region_by_sign_in').on(table.regionId, table.lastSignInAt, table.id),
    // Few are out and few reach further than their structure: without these a page of them reads the many.
    index('account__out').on(table.status, table.familyName, table.givenName, table.id).where(sql`${table.status} <> 'active'`),
    index('account__out_in_region')
      .on(table.regionId, table.status, table.familyName, table.givenName, table.id)
      .where(sql`${table.status} <> 'active'`),
    index('account__far_reaching')
      .on(table.profileId, table.familyName, table.givenName, table.id)
      .where(sql`${table.profileId} not in ('site-adviser', 'structure-adviser', 'structure-reader', 'structure-management')`),
    index('account__organisation').on(table.organisationId),
    index('account__email').on(table.email),
  ],
)

/** The searched text in a narrow table of its own, so that a change of status does not rewrite a trigram index. */
export const accountSearch = pgTable(
  'account_search',
  {
    accountId: uuid('account_id')
      .primaryKey()
      .references(() => account.id),
    /** Name, login and e-mail; lower case, without accents or hyphens. */
    words: text().notNull(),
  },
  (table) => [index('account_search__words').using('gin', sql`${table.words} gin_trgm_ops`)],
)
