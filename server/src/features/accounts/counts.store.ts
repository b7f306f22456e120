import { account } from '@countersign/drizzle/schema/account.ts'
import { accountCount } from '@countersign/drizzle/schema/account-count.ts'
import type { Role } from '@countersign/shared/access/roles.ts'
import { type Actor, covers, type Level, levels, type Place, type Scope, scopeOf } from '@countersign/shared/access/scope.ts'
import { about, countedExactly, countedInPassing, type NarrowAccounts } from '@countersign/shared/accounts/listing.ts'
import type { ProfileId } from '@countersign/shared/accounts/profiles.ts'
import { type AccountStatus, accountStatuses } from '@countersign/shared/accounts/status.ts'
import { type SQL, sql } from 'drizzle-orm'
import { type Db, expectedRows } from '../../kernel/db.ts'
import { prepared } from '../../kernel/prepared.ts'
import { within } from '../../kernel/scope.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { suspected } from '../signals/findings.store.ts'
import { below, narrowing } from './filters.store.ts'

/** A number of accounts; where it is not exact it is the planner's estimate, and says so. */
export type Total = { readonly count: number; readonly exact: boolean }
export type PlaceCount = { readonly id: string; readonly name: string; readonly level: Level; readonly count: number }
export type Facets = {
  readonly total: Total
  /** When this was counted: who means "all of them" means those of then. */
  readonly at: string
  /** Null where words, a role or a deadline narrow the list as well: a number that leaves those out would mislead. */
  readonly by: {
    readonly status: Partial<Record<AccountStatus, number>>
    readonly profile: Partial<Record<ProfileId, number>>
    readonly role: Partial<Record<Role, number>>
    /** Accounts about which something waits to be looked at. */
    readonly signal: number
    /** The next level of the tree below what one looks at. */
    readonly places: readonly PlaceCount[]
  } | null
}

type Cell = { status: AccountStatus; profile: ProfileId; place: string | null; count: number }

/** The same scope without what stands in it twice, or below something else of it: who holds two roles over one place looks at one. */
const widest = (scope: Scope, places: ReadonlyMap<string, Place>): Scope =>
  [...new Map(scope.map((subtree) => [subtree.organisationId, subtree])).values()].filter(({ organisationId }, _, all) => {
    const place = places.get(organisationId)
    return place && !all.some((other) => other.organisationId !== organisationId && covers([other], place))
  })

/** The column that tells the parts of a scope from each other: of one organisation the level below it, of several those themselves. */
const partOf = (scope: Scope): SQL => {
  const [only, ...others] = scope
  if (!only) return sql`null::uuid`
  if (others.length > 0)
    return sql`case ${sql.join(
      scope.map(({ level, organisationId }) => sql`when ${accountCount[`${level}Id`]} = ${organisationId} then ${organisationId}::uuid`),
      sql` `,
    )} end`
  const next = levels[levels.indexOf(only.level) + 1]
  return next ? sql`${accountCount[`${next}Id`]}` : sql`null::uuid`
}

const summed = <K extends string>(cells: readonly Cell[], key: (cell: Cell) => K | null): Partial<Record<K, number>> => {
  const sums: Partial<Record<K, number>> = {}
  for (const cell of cells) {
    const one = key(cell)
    if (one !== null) sums[one] = (sums[one] ?? 0) + cell.count
  }
  return sums
}

const sum = (cells: readonly Cell[]): number => cells.reduce((total, { count }) => total + count, 0)

export const counts = {
  /** Accounts of a scope by state, to the row: what the account table's own commits have added up. */
  async byStatus(db: Db, scope: Scope): Promise<readonly { readonly status: AccountStatus; readonly count: number }[]> {
    const { rows } = await prepared<{ status: AccountStatus; count: number }>(
      db,
      sql`select status, sum(change)::int as count from account_count where ${within(scope, accountCount)} group by status`,
    )
    return accountStatuses.map((status) => ({ status, count: rows.find((row) => row.status === status)?.count ?? 0 }))
  },

  /** How many there are of everything one could narrow a list to; each number says what choosing it would leave. */
  async facets(db: Db, actor: Actor, { status, profile, organisation, ...others }: NarrowAccounts): Promise<Facets> {
    const at = new Date().toISOString()
    const scope = scopeOf(actor, 'account:read')
    if (others.q || others.role || others.life || others.signal)
      return { at, total: await counts.total(db, await narrowing(db, actor, { status, profile, organisation, ...others })), by: null }
    const looked = organisation ? await below(db, organisation) : widest(scope, await organisations.placesOf(db, scope))
    const narrowed = sql`${await narrowing(db, actor, { status, profile })} and (${within(looked, account)})`
    const [cells, roles, signal] = await Promise.all([
      prepared<Cell>(
        db,
        sql`
        select status, profile_id as profile, ${partOf(looked)} as place, sum(change)::int as count
        from account_count where (${within(scope, accountCount)}) and (${within(looked, accountCount)}) group by 1, 2, 3 having sum(change) <> 0`,
      ),
      counts.roles(db, narrowed),
      counts.suspected(db, actor, narrowed),
    ])
    const ofStatus = (cell: Cell) => !status || cell.status === status
    const ofProfile = (cell: Cell) => !profile || cell.profile === profile
    const left = cells.rows.filter((cell) => ofStatus(cell) && ofProfile(cell))
    return {
      at,
      total: { count: sum(left), exact: true },
      by: {
        status: summed(cells.rows.filter(ofProfile), (cell) => cell.status),
        profile: summed(cells.rows.filter(ofStatus), (cell) => cell.profile),
        role: roles,
        signal,
        places: await counts.named(
          db,
          summed(left, (cell) => cell.place),
        ),
      },
    }
  },

  /** Holders of roles are few beside the accounts: they are counted one by one. */
  async roles(db: Db, narrowed: SQL): Promise<Partial<Record<Role, number>>> {
    const { rows } = await prepared<{ role: Role; count: number }>(
      db,
      sql`
      select g.role, count(distinct g.account_id)::int as count from role_grant g,
        lateral (select 1 from account where account.id = g.account_id and ${narrowed} offset 0) as holder
      where g.revoked_at is null group by g.role`,
    )
    return Object.fromEntries(rows.map(({ role, count }) => [role, count]))
  },

  /** As holders of roles. */
  async suspected(db: Db, actor: Actor, narrowed: SQL): Promise<number> {
    const { rows } = await prepared<{ count: number }>(
      db,
      // One after the other, by their key: a place holds more accounts than there are suspects.
      sql`select count(*)::int as count from (select distinct account_id from (${suspected(actor)}) as found offset 0) as one,
        lateral (select 1 from account where account.id = one.account_id and ${narrowed} offset 0) as suspect`,
    )
    return rows[0]?.count ?? 0
  },

  async named(db: Db, sums: Partial<Record<string, number>>): Promise<readonly PlaceCount[]> {
    const ids = Object.keys(sums)
    const found = await organisations.byIds(db, ids)
    return found.map((one) => ({ ...one, count: sums[one.id] ?? 0 }))
  },

  /** Exact as far as that is cheap; beyond, what the planner expects. */
  async total(db: Db, narrowed: SQL, exactly = countedExactly): Promise<Total> {
    const { rows } = await db.execute<{ count: number }>(
      sql`select count(*)::int as count from (select 1 from account where ${narrowed} limit ${exactly + 1}) as first`,
    )
    const count = rows[0]?.count ?? 0
    if (count <= exactly) return { count, exact: true }
    return { count: about(await expectedRows(db, sql`select 1 from account where ${narrowed}`), exactly), exact: false }
  },

  /** Accounts that end soon, or that nobody uses. */
  async living(db: Db, actor: Actor, life: NarrowAccounts['life']): Promise<Total> {
    return counts.total(db, await narrowing(db, actor, { life }), countedInPassing)
  },

  /** One row for each place, state and profile again. */
  async fold(db: Db): Promise<void> {
    await db.execute(sql`select fold_account_counts()`)
  },
}
