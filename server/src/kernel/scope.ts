import type { Level, Scope } from '@countersign/shared/access/scope.ts'
import { type AnyColumn, eq, or, type SQL, sql } from 'drizzle-orm'

export type PlaceColumns = { readonly [L in Level as `${L}Id`]: AnyColumn }

/** The second reading of scope: the same as `covers`, for lists. The empty scope finds nothing (P4, P7). */
export const within = (scope: Scope, columns: PlaceColumns): SQL =>
  or(...scope.map(({ level, organisationId }) => eq(columns[`${level}Id`], organisationId))) ?? sql`false`
