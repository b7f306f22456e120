import { account } from '@countersign/drizzle/schema/account.ts'
import type { Scope } from '@countersign/shared/access/scope.ts'
import type { ProfileId } from '@countersign/shared/accounts/profiles.ts'
import type { AccountStatus } from '@countersign/shared/accounts/status.ts'
import { finalStep, type LinePlan } from '@countersign/shared/bulks/bulk.ts'
import type { PlannedLine } from '@countersign/shared/bulks/plan.ts'
import { type Ended, tyingKinds } from '@countersign/shared/events.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import type { RequestContent } from '@countersign/shared/requests/content.ts'
import { type SQL, sql } from 'drizzle-orm'
import { type Db, numbers, type Tx, texts, uuids } from '../../kernel/db.ts'
import { decodeCursor, type Page, toPage } from '../../kernel/page.ts'
import { within } from '../../kernel/scope.ts'
import type { StoredBulk } from './bulks.store.ts'

export type DrawnLine = PlannedLine & { readonly accountId: string; readonly epoch: number }
export type OpenLine = { readonly accountId: string; readonly epoch: number }
export type Outcome = 'contained' | 'held' | 'done' | RefusalCode
export type ActedLine = { readonly accountId: string; readonly outcome: Outcome; readonly epoch: number; readonly ended: Ended | null }

/** The four lists of a dry run, without the names that were not found; and what came of a run. */
export const lineLists = ['change', 'already', 'refused', 'done', 'skipped', 'left'] as const
export type LineList = (typeof lineLists)[number]

/** What of a mass revocation is suspended and not yet revoked: by it, or before it came. */
const waiting = sql`('contained', 'held')`

/** Which lines are on which list; in its second step a mass revocation has done what it has revoked. */
const inList = (bulk: Pick<StoredBulk, 'verb' | 'mass' | 'step'>): Record<LineList, SQL> => ({
  change: sql`line.plan = 'change'`,
  already: sql`line.plan = 'already'`,
  refused: sql`line.plan = 'refused'`,
  done: finalStep(bulk) ? sql`line.outcome = 'done'` : sql`(line.outcome = 'done' or line.outcome in ${waiting})`,
  skipped: sql`line.outcome is not null and line.outcome <> 'done' and line.outcome not in ${waiting}`,
  left: finalStep(bulk) ? sql`line.outcome in ${waiting}` : sql`line.plan = 'change' and line.outcome is null`,
})

export type LineRow = {
  readonly accountId: string
  readonly name: string
  readonly login: string
  readonly place: string
  readonly status: AccountStatus
  readonly plan: LinePlan
  readonly refusal: RefusalCode | null
  readonly outcome: Outcome | null
  readonly ended: Ended
}

export type ReportLine = {
  readonly account_id: string
  readonly login: string
  readonly name: string
  readonly plan: LinePlan
  readonly refusal: string
  readonly outcome: string
  readonly sessions: number
  readonly links: number
  readonly requests: number
  readonly approvals: number
  readonly at: string
}

export const bulkLines = {
  async draw(tx: Tx, bulkId: string, lines: readonly DrawnLine[]): Promise<void> {
    await tx.execute(sql`
      insert into bulk_line (bulk_id, account_id, epoch, plan, refusal)
      select ${bulkId}::uuid, * from unnest(${uuids(lines.map(({ accountId }) => accountId))}, ${numbers(lines.map(({ epoch }) => epoch))},
        ${texts(lines.map(({ plan }) => plan))}, ${texts(lines.map(({ refusal }) => refusal))})`)
  },

  /** The next accounts this step has not come by, in the order of their ids. */
  async next(tx: Tx, bulk: Pick<StoredBulk, 'id' | 'verb' | 'mass' | 'step' | 'reached'>, limit: number): Promise<readonly OpenLine[]> {
    const { id, reached } = bulk
    const open = finalStep(bulk) ? sql`outcome in ${waiting}` : sql`plan = 'change' and outcome is null`
    const { rows } = await tx.execute<OpenLine>(sql`
      select account_id as "accountId", epoch from bulk_line where bulk_id = ${id} and ${open} ${reached ? sql`and account_id > ${reached}` : sql``}
      order by account_id limit ${limit}`)
    return rows
  },

  /** What came of these; what ended is added to what had ended before. */
  async act(tx: Tx, bulkId: string, lines: readonly ActedLine[]): Promise<void> {
    const of = (count: (ended: Ended) => number) => numbers(lines.map(({ ended }) => (ended ? count(ended) : 0)))
    await tx.execute(sql`
      update bulk_line line set outcome = acted.outcome, epoch = acted.epoch, sessions = line.sessions + acted.sessions, links = line.links + acted.links,
        requests_voided = line.requests_voided + acted.requests, approvals_voided = line.approvals_voided + acted.approvals
      from unnest(${uuids(lines.map(({ accountId }) => accountId))}, ${texts(lines.map(({ outcome }) => outcome))}, ${numbers(lines.map(({ epoch }) => epoch))},
        ${of(({ sessions }) => sessions)}, ${of(({ links }) => links)}, ${of(({ requestsVoided }) => requestsVoided)}, ${of(({ approvalsVoided }) => approvalsVoided)})
        as acted (account_id, outcome, epoch, sessions, links, requests, approvals)
      where line.bulk_id = ${bulkId} and line.account_id = acted.account_id`)
  },

  /** The list one countersigns: its hash and its length, as the database will count them. */
  async listed(tx: Tx, bulkId: string, contained: boolean): Promise<{ readonly hash: string; readonly accounts: number }> {
    const { rows } = await tx.execute<{ hash: string; accounts: number }>(sql`
      select bulk_list_hash(${bulkId}, ${contained}) as hash,
        (select count(*)::int from bulk_line where bulk_id = ${bulkId} and ${contained ? sql`outcome in ${waiting}` : sql`plan = 'change'`}) as accounts`)
    return rows[0] ?? { hash: '', accounts: 0 }
  },

  /** Accounts of a mass revocation that wait, suspended, for the second person. */
  async out(tx: Tx, bulkId: string): Promise<readonly string[]> {
    const { rows } = await tx.execute<{ id: string }>(
      sql`select account_id as id from bulk_line where bulk_id = ${bulkId} and outcome in ${waiting} order by account_id`,
    )
    return rows.map(({ id }) => id)
  },

  /** Accounts a bulk has put out and nobody has touched since, with the epoch it left them in. */
  async stillOut(tx: Tx, bulkId: string): Promise<ReadonlyMap<string, number>> {
    const { rows } = await tx.execute<{ id: string; epoch: number }>(sql`
      select l.account_id as id, l.epoch from bulk_line l where l.bulk_id = ${bulkId} and l.outcome in ('done', 'contained') order by l.account_id`)
    return new Map(rows.map(({ id, epoch }) => [id, epoch]))
  },

  /** Is any account of the bulk outside this scope? */
  async reachBeyond(db: Db, bulkId: string, scope: Scope): Promise<boolean> {
    const { rowCount } = await db.execute(sql`
      select 1 from bulk_line l join account on account.id = l.account_id where l.bulk_id = ${bulkId} and not coalesce((${within(scope, account)}), false) limit 1`)
    return rowCount !== 0
  },

  /** Does any account of the list reach the whole nation? */
  async profiles(tx: Tx, bulkId: string): Promise<readonly ProfileId[]> {
    const { rows } = await tx.execute<{ id: ProfileId }>(sql`
      select p.id from profile p where exists (
        select 1 from bulk_line l join account a on a.id = l.account_id where l.bulk_id = ${bulkId} and l.plan = 'change' and a.profile_id = p.id)`)
    return rows.map(({ id }) => id)
  },

  async holds(db: Db | Tx, bulkId: string, accountId: string): Promise<boolean> {
    const { rowCount } = await db.execute(
      sql`select 1 from bulk_line where bulk_id = ${bulkId} and account_id = ${accountId} and plan = 'change'`,
    )
    return rowCount === 1
  },

  /**
   * Is anybody on the list related to this person: could some one hand have controlled both since then? From whoever could control the
   * person down to everybody these had a hand in, so that a list of any length costs what those hands did. Or did they order what is
   * being given back?
   */
  async holdsRelatives(db: Db | Tx, bulkId: string, accountId: string, since: Date): Promise<boolean> {
    const { rowCount } = await db.execute(sql`
      with recursive ordered as (select 1 from bulk b join bulk given on given.id = b.gives_back_id and given.orderer_id = ${accountId} where b.id = ${bulkId}),
      controllers as (
        select ${accountId}::uuid as id
        union select l.from_account_id from lineage l join controllers c on l.to_account_id = c.id where l.at >= ${since} and l.kind in ${tyingKinds}),
      kin as (
        select id from controllers
        union select l.to_account_id from lineage l join kin k on l.from_account_id = k.id where l.at >= ${since} and l.kind in ${tyingKinds})
      select 1 from kin join bulk_line line on line.bulk_id = ${bulkId} and line.account_id = kin.id and line.plan = 'change' union all select 1 from ordered limit 1`)
    return rowCount === 1
  },

  /** Why the run left some alone, and how many for each reason. */
  async reasons(db: Db, bulkId: string): Promise<Reasons> {
    const { rows } = await db.execute<{ code: RefusalCode; count: number }>(sql`
      select outcome as code, count(*)::int as count from bulk_line
      where bulk_id = ${bulkId} and outcome <> 'done' and outcome not in ${waiting} group by outcome order by count desc, outcome`)
    return rows
  },

  async page(
    db: Db,
    scope: Scope,
    { bulk, list, after, limit = 50 }: { bulk: StoredBulk; list: LineList; after?: string | undefined; limit?: number },
  ): Promise<Page<LineRow>> {
    const cursor = decodeCursor(after, ['uuid'])
    const { rows } = await db.execute<LineRow & Record<string, unknown>>(sql`
      select line.account_id as "accountId", account.given_name || ' ' || account.family_name as name, account.login, coalesce(structure.name, home.name) as place, account.status,
        line.plan, line.refusal, line.outcome,
        json_build_object('sessions', line.sessions, 'links', line.links, 'requestsVoided', line.requests_voided, 'approvalsVoided', line.approvals_voided) as ended
      from bulk_line line join account on account.id = line.account_id join organisation home on home.id = account.organisation_id left join organisation structure on structure.id = account.structure_id
      where line.bulk_id = ${bulk.id} and ${inList(bulk)[list]} and (${within(scope, account)}) ${cursor ? sql`and line.account_id > ${cursor[0]}::uuid` : sql``}
      order by line.account_id limit ${limit + 1}`)
    return toPage<LineRow>(rows, limit, (row) => [row.accountId])
  },

  /** What the report says, in the order of ids; nothing in it changes once the bulk is over. */
  async report(db: Db | Tx, bulkId: string, after: string | null, limit = 5_000): Promise<readonly ReportLine[]> {
    const { rows } = await db.execute<ReportLine & Record<string, unknown>>(sql`
      select l.account_id, a.login, a.given_name || ' ' || a.family_name as name, l.plan, coalesce(l.refusal, '') as refusal, coalesce(l.outcome, '') as outcome, l.sessions, l.links,
        l.requests_voided as requests, l.approvals_voided as approvals, coalesce(to_char(l.acted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '') as at
      from bulk_line l join account a on a.id = l.account_id
      where l.bulk_id = ${bulkId} ${after ? sql`and l.account_id > ${after}` : sql``} order by l.account_id limit ${limit}`)
    return rows
  },
}

/** Of a request for a list: does this person stand on it, or is somebody on it related to them (P2)? */
export const tiesToList = async (db: Db | Tx, content: RequestContent, accountId: string, since: Date) => {
  if (!('bulkId' in content)) return { onList: false, relatedToList: false }
  const onList = await bulkLines.holds(db, content.bulkId, accountId)
  return {
    onList,
    relatedToList: content.kind === 'reinstate-bulk' && (await bulkLines.holdsRelatives(db, content.bulkId, accountId, since)),
  }
}

export type Reasons = readonly { readonly code: RefusalCode; readonly count: number }[]
