import { account } from '@countersign/drizzle/schema/account.ts'
import type { Scope } from '@countersign/shared/access/scope.ts'
import type { AccountStatus } from '@countersign/shared/accounts/status.ts'
import type { BulkStep, LinePlan } from '@countersign/shared/bulks/bulk.ts'
import type { PlannedLine } from '@countersign/shared/bulks/plan.ts'
import type { Ended } from '@countersign/shared/events.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import type { RequestContent } from '@countersign/shared/requests/kinds.ts'
import { type SQL, sql } from 'drizzle-orm'
import { type Db, type Tx, uuids } from '../../kernel/db.ts'
import { decodeCursor, type Page, toPage } from '../../kernel/page.ts'
import { within } from '../../kernel/scope.ts'

export type DrawnLine = PlannedLine & { readonly accountId: string; readonly epoch: number }
export type OpenLine = { readonly accountId: string; readonly epoch: number }
export type Outcome = 'contained' | 'done' | RefusalCode
export type ActedLine = { readonly accountId: string; readonly outcome: Outcome; readonly epoch: number; readonly ended: Ended | null }

/** The four lists of a dry run, without the names that were not found; and what came of a run. */
export const lineLists = ['change', 'already', 'refused', 'done', 'skipped', 'left'] as const
export type LineList = (typeof lineLists)[number]

const inList = {
  change: sql`line.plan = 'change'`,
  already: sql`line.plan = 'already'`,
  refused: sql`line.plan = 'refused'`,
  done: sql`line.outcome in ('done', 'contained')`,
  skipped: sql`line.outcome is not null and line.outcome not in ('done', 'contained')`,
  left: sql`line.plan = 'change' and line.outcome is null`,
} as const satisfies Record<LineList, SQL>

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
  readonly plan: LinePlan
  readonly refusal: string
  readonly outcome: string
  readonly sessions: number
  readonly links: number
  readonly requests: number
  readonly approvals: number
  readonly at: string
}

const numbers = (all: readonly number[]): SQL => sql`${sql.param([...all])}::int[]`
const texts = (all: readonly (string | null)[]): SQL => sql`${sql.param([...all])}::text[]`

export const bulkLines = {
  async draw(tx: Tx, bulkId: string, lines: readonly DrawnLine[]): Promise<void> {
    await tx.execute(sql`
      insert into bulk_line (bulk_id, account_id, epoch, plan, refusal)
      select ${bulkId}::uuid, * from unnest(${uuids(lines.map(({ accountId }) => accountId))}, ${numbers(lines.map(({ epoch }) => epoch))},
        ${texts(lines.map(({ plan }) => plan))}, ${texts(lines.map(({ refusal }) => refusal))})`)
  },

  /** The next accounts this step has not come by, in the order of their ids. */
  async next(
    tx: Tx,
    { id, step, mass, verb, reached }: { id: string; step: BulkStep; mass: boolean; verb: string; reached: string | null },
    limit: number,
  ): Promise<readonly OpenLine[]> {
    const open = step === 'act' && mass && verb === 'revoke' ? sql`outcome = 'contained'` : sql`plan = 'change' and outcome is null`
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
        (select count(*)::int from bulk_line where bulk_id = ${bulkId} and ${contained ? sql`outcome = 'contained'` : sql`plan = 'change'`}) as accounts`)
    return rows[0] ?? { hash: '', accounts: 0 }
  },

  /** Accounts a bulk has put out and nobody has touched since, with the epoch it left them in. */
  async stillOut(tx: Tx, bulkId: string): Promise<ReadonlyMap<string, number>> {
    const { rows } = await tx.execute<{ id: string; epoch: number }>(sql`
      select l.account_id as id, l.epoch from bulk_line l where l.bulk_id = ${bulkId} and l.outcome in ('done', 'contained') order by l.account_id`)
    return new Map(rows.map(({ id, epoch }) => [id, epoch]))
  },

  /** Does any account of the list reach the whole nation? */
  async reachNation(tx: Tx, bulkId: string): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`
      select 1 from bulk_line l join account a on a.id = l.account_id join profile p on p.id = a.profile_id and p.data_scope = 'nation'
      where l.bulk_id = ${bulkId} and l.plan = 'change' limit 1`)
    return rowCount === 1
  },

  async holds(db: Db | Tx, bulkId: string, accountId: string): Promise<boolean> {
    const { rowCount } = await db.execute(
      sql`select 1 from bulk_line where bulk_id = ${bulkId} and account_id = ${accountId} and plan = 'change'`,
    )
    return rowCount === 1
  },

  /** Why not, and how often: of the dry run and of the run. */
  async reasons(db: Db, bulkId: string): Promise<{ readonly planned: Reasons; readonly run: Reasons }> {
    const { rows } = await db.execute<{ ran: boolean; code: RefusalCode; count: number }>(sql`
      select false as ran, refusal as code, count(*)::int as count from bulk_line where bulk_id = ${bulkId} and refusal is not null group by refusal
      union all select true, outcome, count(*)::int from bulk_line where bulk_id = ${bulkId} and outcome is not null and outcome not in ('done', 'contained') group by outcome`)
    const of = (ran: boolean) => rows.filter((row) => row.ran === ran).map(({ code, count }) => ({ code, count }))
    return { planned: of(false), run: of(true) }
  },

  /** How long each list of the dry run is. */
  async counts(db: Db, bulkId: string): Promise<Record<LinePlan, number>> {
    const { rows } = await db.execute<{ plan: LinePlan; count: number }>(sql`
      select plan, count(*)::int as count from bulk_line where bulk_id = ${bulkId} group by plan`)
    const of = (plan: LinePlan) => rows.find((row) => row.plan === plan)?.count ?? 0
    return { change: of('change'), already: of('already'), refused: of('refused') }
  },

  async page(
    db: Db,
    scope: Scope,
    { bulkId, list, after, limit = 50 }: { bulkId: string; list: LineList; after?: string | undefined; limit?: number },
  ): Promise<Page<LineRow>> {
    const cursor = decodeCursor(after, ['uuid'])
    const { rows } = await db.execute<LineRow & Record<string, unknown>>(sql`
      select line.account_id as "accountId", account.given_name || ' ' || account.family_name as name, account.login, coalesce(structure.name, home.name) as place, account.status,
        line.plan, line.refusal, line.outcome,
        json_build_object('sessions', line.sessions, 'links', line.links, 'requestsVoided', line.requests_voided, 'approvalsVoided', line.approvals_voided) as ended
      from bulk_line line join account on account.id = line.account_id join organisation home on home.id = account.organisation_id left join organisation structure on structure.id = account.structure_id
      where line.bulk_id = ${bulkId} and ${inList[list]} and (${within(scope, account)}) ${cursor ? sql`and line.account_id > ${cursor[0]}::uuid` : sql``}
      order by line.account_id limit ${limit + 1}`)
    return toPage<LineRow>(rows, limit, (row) => [row.accountId])
  },

  /** What the report says, in the order of ids; nothing in it changes once the bulk is over. */
  async report(db: Db | Tx, bulkId: string, after: string | null, limit = 5_000): Promise<readonly ReportLine[]> {
    const { rows } = await db.execute<ReportLine & Record<string, unknown>>(sql`
      select l.account_id, a.login, l.plan, coalesce(l.refusal, '') as refusal, coalesce(l.outcome, '') as outcome, l.sessions, l.links,
        l.requests_voided as requests, l.approvals_voided as approvals, coalesce(to_char(l.acted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '') as at
      from bulk_line l join account a on a.id = l.account_id
      where l.bulk_id = ${bulkId} ${after ? sql`and l.account_id > ${after}` : sql``} order by l.account_id limit ${limit}`)
    return rows
  },
}

/** Does a request ask for a list, with this person on it? */
export const standsOnList = async (db: Db | Tx, content: RequestContent, accountId: string): Promise<boolean> =>
  'bulkId' in content && bulkLines.holds(db, content.bulkId, accountId)

export type Reasons = readonly { readonly code: RefusalCode; readonly count: number }[]
