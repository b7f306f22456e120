import { account } from '@countersign/drizzle/schema/account.ts'
import { type Actor, type Scope, scopeOf } from '@countersign/shared/access/scope.ts'
import { dormantDays, expiringDays, type ListAccounts, neverUsedDays } from '@countersign/shared/accounts/listing.ts'
import { searchWords } from '@countersign/shared/text/search.ts'
import { type SQL, sql } from 'drizzle-orm'
import { type Db, expectedRows, keyword, literal, type Tx } from '../../kernel/db.ts'
import { within } from '../../kernel/scope.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { suspected } from '../signals/findings.store.ts'

/** Anywhere in a word; one or two letters at its beginning, because no index can find so few anywhere. */
const holding = (word: string): SQL => {
  const like = literal(word)
  return word.length > 2 ? sql`words like ${`%${like}%`}` : sql`(words like ${`${like}%`} or words like ${`% ${like}%`})`
}

/** So many, or such a share of all, are found first and put in order then; more are met soon enough on the way through the list. */
const few = 2_000
const fewOf = 0.012

/**
 * Every word must be found; the words are matched as they are indexed, so accents, case and hyphens do not matter. The planner takes
 * it that whoever matches is spread evenly over the alphabet; people of one name stand together at one letter, and it would read
 * everybody before them.
 */
const matching = async (db: Db | Tx, q: string): Promise<SQL> => {
  const words = searchWords(q).split(' ').filter(Boolean).slice(0, 5)
  if (words.length === 0) return sql`true`
  const found = sql`select account_id from account_search where ${sql.join(words.map(holding), sql` and `)}`
  const [expected, all] = await Promise.all([expectedRows(db, found), expectedRows(db, sql`select 1 from account_search`)])
  return expected > Math.max(few, fewOf * all) ? sql`account.id in (${found})` : sql`account.id = any (array(${found}))`
}

/** In the text of the statement: how many are left hangs on it, and so does the plan. */
const days = (count: number): SQL => sql.raw(String(count))

const lives = {
  expiring: sql`account.status = 'active' and account.ends_on between current_date and current_date + ${days(expiringDays)}`,
  dormant: sql`account.status = 'active' and (account.last_sign_in_at > '-infinity' and account.last_sign_in_at < now() - make_interval(days => ${days(dormantDays)})
    or account.last_sign_in_at = '-infinity' and account.created_at < now() - make_interval(days => ${days(neverUsedDays)}))`,
} as const

/** Everything below an organisation, as a scope; an unknown one has nothing below it. */
export const below = async (db: Db | Tx, organisationId: string): Promise<Scope> => {
  const found = await organisations.find(db, organisationId)
  return found ? [{ level: found.level, organisationId }] : []
}

/** What the filters leave of a scope, as a condition on `account`: the list and its count mean the same rows. */
export const narrowing = async (db: Db | Tx, actor: Actor, filters: ListAccounts, scope = scopeOf(actor, 'account:read')): Promise<SQL> =>
  sql.join(
    [
      within(scope, account),
      filters.status ? sql`account.status = ${keyword(filters.status)}` : null,
      filters.profile ? sql`account.profile_id = ${keyword(filters.profile)}` : null,
      filters.organisation ? within(await below(db, filters.organisation), account) : null,
      filters.role
        ? sql`exists (select 1 from role_grant g where g.account_id = account.id and g.role = ${keyword(filters.role)} and g.revoked_at is null)`
        : null,
      filters.life ? lives[filters.life] : null,
      filters.signal ? sql`account.id = any (array(${suspected(actor)}))` : null,
      filters.q ? await matching(db, filters.q) : null,
    ]
      .filter((condition) => condition !== null)
      .map((condition) => sql`(${condition})`),
    sql` and `,
  )
