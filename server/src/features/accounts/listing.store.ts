import { account } from '@countersign/drizzle/schema/account.ts'
import type { Role } from '@countersign/shared/access/roles.ts'
import { type Actor, type Place, type Scope, scopeOf } from '@countersign/shared/access/scope.ts'
import { decideEnding, decideUndo, type EndingVerb } from '@countersign/shared/accounts/ending.ts'
import { type ListAccounts, mayOrderTwice, pageSize } from '@countersign/shared/accounts/listing.ts'
import type { ProfileId } from '@countersign/shared/accounts/profiles.ts'
import { type AccountStatus, undoSeconds } from '@countersign/shared/accounts/status.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import { type SQL, sql } from 'drizzle-orm'
import { type Db, type Tx, uuids } from '../../kernel/db.ts'
import { decodeCursor, everyPage, type Page, toPage } from '../../kernel/page.ts'
import { prepared } from '../../kernel/prepared.ts'
import { Refused } from '../../kernel/refused.ts'
import { within } from '../../kernel/scope.ts'
import { counts } from './counts.store.ts'
import { narrowing } from './filters.store.ts'
import { type Guardian, type GuardiansLeft, guardianCase, guardians, isGuardian } from './guardians.store.ts'
import { orderOf, secondOf } from './order.store.ts'

export type AccountRow = {
  readonly id: string
  readonly login: string
  readonly givenName: string
  readonly familyName: string
  readonly email: string
  readonly status: AccountStatus
  readonly statusChangedAt: string
  readonly profileId: ProfileId
  readonly reach: number
  /** The structure, or what stands above structures; and below it in small, the site or the département. */
  readonly place: string
  readonly detail: string | null
  readonly roles: readonly Role[]
  readonly endsOn: string
  readonly createdAt: string
  /** Null where the account has never signed in. */
  readonly lastSignInAt: string | null
  readonly can: Readonly<Record<EndingVerb, RefusalCode | null>>
  /** Until when this very person may take their own ending back; null where they may not. */
  readonly undoUntil: string | null
}

type Fetched = Omit<AccountRow, 'can' | 'undoUntil'> & {
  lastKey: string
  statusChangedBy: string | null
  previousStatus: AccountStatus | null
} & Place

const selected = sql`
  account.id, account.login, account.given_name as "givenName", account.family_name as "familyName", account.email, account.status,
  to_json(account.status_changed_at)#>>'{}' as "statusChangedAt", account.status_changed_by as "statusChangedBy", account.previous_status as "previousStatus", account.profile_id as "profileId", account.reach,
  coalesce(structure.name, home.name) as place, case when home.level = 'site' then home.name else coalesce(departement.name, region.name) end as detail, account.ends_on::text as "endsOn", to_json(account.created_at)#>>'{}' as "createdAt",
  to_json(nullif(account.last_sign_in_at, '-infinity'))#>>'{}' as "lastSignInAt", account.last_sign_in_at::text as "lastKey",
  account.nation_id as "nationId", account.network_id as "networkId", account.region_id as "regionId", account.departement_id as "departementId",
  account.structure_id as "structureId", account.site_id as "siteId",
  coalesce((select json_agg(distinct g.role) from role_grant g where g.account_id = account.id and g.revoked_at is null), '[]'::json) as roles`

/** The rows of a page first, and what is shown beside them then: fifty names are looked up, not those of all that were put in order. */
const from = (rows: SQL) => sql`
  (${rows}) account join organisation home on home.id = account.organisation_id
  left join organisation structure on structure.id = account.structure_id and structure.id <> home.id
  left join organisation departement on departement.id = account.departement_id and departement.id <> home.id
  left join organisation region on region.id = account.region_id and region.id <> home.id`

type Guarded = { readonly row: Fetched; readonly roles: readonly Guardian[]; readonly left: GuardiansLeft | null }

/** What this person may do to this row, by the functions that decide when they do it. */
const withVerbs = (actor: Actor, now: Date, { row, roles, left }: Guarded): AccountRow => {
  const {
    lastKey: _lastKey,
    statusChangedBy,
    previousStatus,
    nationId,
    networkId,
    regionId,
    departementId,
    structureId,
    siteId,
    ...rest
  } = row
  const place = { nationId, networkId, regionId, departementId, structureId, siteId }
  const statusChangedAt = new Date(row.statusChangedAt)
  const account = { id: row.id, status: row.status, statusChangedBy, previousStatus, statusChangedAt, place }
  const can = (verb: EndingVerb) => {
    const verdict = decideEnding({ actor, verb, account, ...guardianCase(roles, left), now })
    if (verdict.ok) return null
    return verdict.refusal === 'out-of-scope' ? 'not-permitted' : verdict.refusal
  }
  const undoable = decideUndo({ actor, account, now }).ok
  const undoUntil = undoable ? new Date(statusChangedAt.getTime() + undoSeconds * 1000).toISOString() : null
  return { ...rest, undoUntil, can: { suspend: can('suspend'), revoke: can('revoke') } }
}

/** A handful of people guard a whole network: a page without one of them costs no further question. */
const presented = async (db: Db, actor: Actor, fetched: readonly Fetched[]): Promise<readonly AccountRow[]> => {
  const rows = fetched.map((row) => ({ row, roles: row.roles.filter(isGuardian) }))
  const ids = rows.flatMap(({ row, roles }) => (roles.length > 0 ? [row.id] : []))
  const left = ids.length > 0 ? await guardians.withoutEach(db, ids) : null
  const now = new Date()
  return rows.map((one) => withVerbs(actor, now, { ...one, left: left?.get(one.row.id) ?? null }))
}

/**
 * Lists that are looked at all day, few enough that every connection can keep a plan of each: with one filter that is common, and with
 * words, whose rows are found before.
 */
const isHot = ({ q, profile, role, life, signal, second, status, organisation }: ListAccounts): boolean =>
  !second && (Boolean(q) || !(profile || role || life || signal || (status && organisation)))

export const accountListing = {
  /** One page within the person's scope, by keyset: the last page costs what the first does. */
  async page(
    db: Db,
    actor: Actor,
    { after, limit = pageSize, ...filters }: ListAccounts & { after?: string | undefined; limit?: number },
  ): Promise<Page<AccountRow>> {
    const order = orderOf(filters)
    const cursor = decodeCursor(after, order.casts)
    const narrowed = await narrowing(db, actor, filters)
    const beyond = cursor ? sql` and ${order.beyond(cursor)}` : sql``
    const matching = (columns: SQL) =>
      sql`select ${columns} from account where ${narrowed}${beyond} order by ${order.by} limit ${sql.raw(String(limit + 1))}`
    // Words are planned each time; what is shown beside their rows is not.
    const wanted = filters.q
      ? sql`select * from account where account.id = any(${uuids((await db.execute<{ id: string }>(matching(sql`account.id`))).rows.map(({ id }) => id))})`
      : matching(sql`*`)
    const statement = sql`select ${selected} from ${from(wanted)} order by ${order.by}`
    const { rows } = await (isHot(filters)
      ? prepared<Fetched & Record<string, unknown>>(db, statement)
      : db.execute<Fetched & Record<string, unknown>>(statement))
    const page = toPage<Fetched>(rows, limit, order.positionOf)
    return { rows: await presented(db, actor, page.rows), next: page.next }
  },

  /** Refuses a second order of a list that is too long for one. */
  async holdOrder(db: Db, actor: Actor, filters: ListAccounts): Promise<void> {
    if (secondOf(filters) && !mayOrderTwice(await counts.total(db, await narrowing(db, actor, filters)))) throw new Refused('sort-too-wide')
  },

  /** How many a list has, to the row. */
  async count(db: Db | Tx, actor: Actor, filters: ListAccounts): Promise<number> {
    const narrowed = await narrowing(db, actor, filters)
    const { rows } = await db.execute<{ count: number }>(sql`select count(*)::int as count from account where ${narrowed}`)
    return rows[0]?.count ?? 0
  },

  /** All of a list, a thousand at a time. */
  pages: (db: Db, actor: Actor, filters: ListAccounts): AsyncGenerator<readonly AccountRow[]> =>
    everyPage((after) => accountListing.page(db, actor, { ...filters, after, limit: 1000 })),

  /** One account as a row, if it is within scope; null reads as not found. */
  async one(db: Db, actor: Actor, id: string, scope: Scope = scopeOf(actor, 'account:read')): Promise<AccountRow | null> {
    const { rows } = await prepared<Fetched & Record<string, unknown>>(
      db,
      sql`
      select ${selected} from ${from(sql`select * from account where account.id = ${id} and (${within(scope, account)} or account.id = ${actor.id})`)}`,
    )
    const [row] = await presented(db, actor, rows)
    return row ?? null
  },
}
