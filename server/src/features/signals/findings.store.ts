import { account } from '@countersign/drizzle/schema/account.ts'
import { finding } from '@countersign/drizzle/schema/signal.ts'
import { type Actor, type Place, scopeOf } from '@countersign/shared/access/scope.ts'
import type { AccountStatus } from '@countersign/shared/accounts/status.ts'
import { byPolicy, containingRules } from '@countersign/shared/signals/containing.ts'
import type { Finding, Severity, SignalRule } from '@countersign/shared/signals/finding.ts'
import type { Standing } from '@countersign/shared/signals/observe.ts'
import { type FindingStatus, lapsedDays } from '@countersign/shared/signals/settling.ts'
import { eq, type SQL, sql } from 'drizzle-orm'
import { type Db, type Tx, texts, uuids } from '../../kernel/db.ts'
import { decodeCursor, type Page, toPage } from '../../kernel/page.ts'
import { Refused } from '../../kernel/refused.ts'
import { within } from '../../kernel/scope.ts'

export type StoredFinding = {
  readonly id: string
  readonly rule: SignalRule
  readonly severity: Severity
  readonly part: string
  readonly aboutId: string
  readonly accountId: string | null
  readonly organisationId: string
  readonly place: Place
  readonly facts: readonly string[]
  readonly numbers: Readonly<Record<string, number | string | null>>
  readonly times: number
  readonly lastAt: Date
  readonly status: FindingStatus
  readonly until: Date | null
  readonly settledCount: number | null
}

export type FindingRow = {
  readonly id: string
  readonly rule: SignalRule
  readonly severity: Severity
  readonly status: FindingStatus
  readonly numbers: Readonly<Record<string, number | string | null>>
  readonly times: number
  readonly firstAt: string
  readonly lastAt: string
  readonly until: string | null
  readonly reason: string | null
  readonly settledBy: string | null
  readonly account: { readonly id: string; readonly name: string; readonly login: string; readonly status: AccountStatus } | null
  readonly place: string
}

export const findingViews = ['open', 'settled', 'handled'] as const
export type FindingView = (typeof findingViews)[number]

const toStored = (row: typeof finding.$inferSelect): StoredFinding => {
  const { nationId, networkId, regionId, departementId, structureId, siteId, ...rest } = row
  return { ...rest, place: { nationId, networkId, regionId, departementId, structureId, siteId } }
}

/** What was put off or accepted is back when its time is over. */
const standing = sql`((finding.status = 'open' or finding.until <= now()) and finding.last_at > now() - make_interval(days => ${lapsedDays}))`
/** Whoever is out cannot go on: what is found about them needs nobody any more. */
const out = sql`exists (select 1 from account a where a.id = finding.account_id and a.status <> 'active')`

const inView: Record<FindingView, SQL> = {
  open: sql`${standing} and not ${out}`,
  settled: sql`finding.status <> 'open' and finding.until > now() and not ${out}`,
  handled: out,
}

/** Somebody's own deeds are among the facts. */
const involving = (accountId: string): SQL =>
  sql`exists (select 1 from audit_entry e where e.id = any(finding.facts) and coalesce(e.actor_id, e.subject_id) = ${accountId})`

/** Of one's scope, but for what is suspected of oneself, alone or with others: it would warn whoever has one's session. */
const seen = (actor: Actor): SQL =>
  sql`((${within(scopeOf(actor, 'signal:read'), finding)}) and finding.account_id is distinct from ${actor.id} and (finding.account_id is not null or not ${involving(actor.id)}))`

/** Accounts about which something waits to be looked at; ten thousand at once are more than anybody looks through. */
export const suspected = (actor: Actor): SQL =>
  sql`select finding.account_id from finding where ${seen(actor)} and ${inView.open} and finding.account_id is not null limit 10000`

/** The numbers of the sentence; the name of somebody outside the reader's scope is not among them (P7). */
const told = (actor: Actor): SQL => sql`case when finding.numbers ? 'otherId' and not exists (
  select 1 from account where account.id = (finding.numbers ->> 'otherId')::uuid and (${within(scopeOf(actor, 'account:read'), account)})) then finding.numbers - 'other' - 'otherId' - 'otherName' else finding.numbers end`

export const findings = {
  /** Which rules have something open to say about these accounts and structures. */
  async openAbout(tx: Tx, ids: readonly string[]): Promise<readonly SignalRule[]> {
    const { rows } = await tx.execute<{ rule: SignalRule }>(
      sql`select distinct finding.rule from finding where finding.about_id = any(${uuids(ids)}) and ${standing}`,
    )
    return rows.map(({ rule }) => rule)
  },

  async lock(tx: Tx, id: string): Promise<StoredFinding> {
    const [row] = await tx.select().from(finding).where(eq(finding.id, id)).for('update')
    if (!row) throw new Refused('not-found', id)
    return toStored(row)
  },

  /** The finding of this rule about this account or structure, held; null where there is none yet. */
  async lockOf(tx: Tx, { rule, part, aboutId }: Pick<StoredFinding, 'rule' | 'part' | 'aboutId'>): Promise<StoredFinding | null> {
    const rows = await tx
      .select()
      .from(finding)
      .where(sql`finding.rule = ${rule} and finding.about_id = ${aboutId} and finding.part = ${part}`)
      .for('update')
    return rows[0] ? toStored(rows[0]) : null
  },

  async raise(tx: Tx, row: Omit<typeof finding.$inferInsert, keyof Place> & { readonly place: Place }): Promise<void> {
    const { place, ...rest } = row
    await tx.insert(finding).values({ ...rest, ...place })
  },

  /** Did this person do something that is among its facts? */
  async involves(tx: Tx, id: string, accountId: string): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`select 1 from finding where id = ${id} and ${involving(accountId)}`)
    return rowCount === 1
  },

  /** When the first of these entries was made. */
  async beganAt(tx: Tx, facts: readonly string[]): Promise<Date | null> {
    const { rows } = await tx.execute<{ at: string | null }>(
      sql`select to_json(min(at))#>>'{}' as at from audit_entry where id = any(${uuids(facts)})`,
    )
    return rows[0]?.at ? new Date(rows[0].at) : null
  },

  async set(tx: Tx, id: string, change: Partial<typeof finding.$inferInsert>): Promise<void> {
    await tx.update(finding).set(change).where(eq(finding.id, id))
  },

  /** What stands about the accounts of a structure, for the rule over several at once. */
  async inStructure(tx: Tx, structureId: string, since: Date): Promise<readonly Standing[]> {
    const { rows } = await tx.execute<{ rule: SignalRule; accountId: string | null; structureId: string; facts: string[]; at: string }>(sql`
      select rule, account_id as "accountId", structure_id as "structureId", facts, to_json(last_at)#>>'{}' as at from finding
      where structure_id = ${structureId} and last_at > ${since} and account_id is not null and ${inView.open}`)
    return rows.map(({ at, ...row }) => ({ ...row, at: new Date(at) }))
  },

  /** Where an account or an organisation stands. */
  async placeOf(tx: Tx, finding: Pick<Finding, 'accountId' | 'structureId'>): Promise<(Place & { organisationId: string }) | null> {
    const of = finding.accountId
      ? sql`(select organisation_id from account where id = ${finding.accountId})`
      : sql`${finding.structureId}::uuid`
    const { rows } = await tx.execute<Place & { organisationId: string }>(sql`
      select o.id as "organisationId", o.nation_id as "nationId", o.network_id as "networkId", o.region_id as "regionId", o.departement_id as "departementId", o.structure_id as "structureId", o.site_id as "siteId"
      from organisation o where o.id = ${of}`)
    return rows[0] ?? null
  },

  /** Who has to hear of a critical finding: IT admins and supervisors over its place, but not whom it is about. */
  async hearers(tx: Tx, place: Place, exceptId: string | null): Promise<readonly string[]> {
    const above = Object.values(place).filter((one) => one !== null)
    const { rows } = await tx.execute<{ id: string }>(sql`
      select distinct a.id from role_grant g join account a on a.id = g.account_id and a.status = 'active'
      where g.revoked_at is null and g.role in ('it-admin', 'supervisor') and g.organisation_id = any(${uuids(above)}) and a.id is distinct from ${exceptId}::uuid order by a.id limit 50`)
    return rows.map(({ id }) => id)
  },

  /** The queue: the gravest first, then the latest. */
  async page(
    db: Db,
    actor: Actor,
    { view, about, after, limit = 50 }: { view: FindingView; about?: string | undefined; after?: string | undefined; limit?: number },
  ): Promise<Page<FindingRow>> {
    const cursor = decodeCursor(after, ['integer', 'timestamptz', 'uuid'])
    const grave = sql`case finding.severity when 'critical' then 0 when 'serious' then 1 else 2 end`
    const { rows } = await db.execute<FindingRow & { rank: number } & Record<string, unknown>>(sql`
      select finding.id, finding.rule, finding.severity, case when ${standing} then 'open' else finding.status end as status, ${told(actor)} as numbers, finding.times,
        to_json(finding.first_at)#>>'{}' as "firstAt", to_json(finding.last_at)#>>'{}' as "lastAt", to_json(finding.until)#>>'{}' as until, finding.reason, ${grave} as rank,
        (select s.given_name || ' ' || s.family_name from account s where s.id = finding.settled_by) as "settledBy", coalesce(structure.name, home.name) as place,
        case when subject.id is null then null else json_build_object('id', subject.id, 'name', subject.given_name || ' ' || subject.family_name, 'login', subject.login, 'status', subject.status) end as account
      from finding left join account subject on subject.id = finding.account_id join organisation home on home.id = finding.organisation_id left join organisation structure on structure.id = finding.structure_id
      where ${seen(actor)} and ${inView[view]} ${about ? sql`and finding.account_id = ${about}` : sql``}
        ${cursor ? sql`and (${grave} > ${cursor[0]}::int or ${grave} = ${cursor[0]}::int and (finding.last_at, finding.id) < (${cursor[1]}::timestamptz, ${cursor[2]}::uuid))` : sql``}
      order by rank, finding.last_at desc, finding.id desc limit ${limit + 1}`)
    return toPage<FindingRow & { rank: number }>(rows, limit, (row) => [row.rank, row.lastAt, row.id])
  },

  /** Critical ones of the last day that nobody has put off, about somebody who is in and has not been given back since. */
  async grave(tx: Tx): Promise<readonly (Pick<Finding, 'rule' | 'severity'> & { accountId: string; decoy: boolean })[]> {
    const { rows } = await tx.execute<Pick<Finding, 'rule' | 'severity'> & { accountId: string; decoy: boolean }>(sql`
      select f.rule, f.severity, f.account_id as "accountId", exists (select 1 from canary c where c.account_id = f.account_id and c.lifted_at is null) as decoy
      from finding f join account a on a.id = f.account_id and a.status = 'active' and a.status_changed_at < f.last_at
      where f.severity = 'critical' and f.status = 'open' and f.last_at > now() - interval '1 day' and f.rule = any(${texts(containingRules)})
      order by f.last_at desc limit 200`)
    return rows
  },

  /** How many accounts findings have suspended by themselves within the hour. */
  async suspendedByPolicy(tx: Tx): Promise<number> {
    const { rows } = await tx.execute<{ count: number }>(
      sql`select count(*)::int as count from audit_entry e where e.type = 'account.suspended' and e.at > now() - interval '1 hour' and e.data ->> 'cause' = ${byPolicy}
        and exists (select 1 from account a where a.id = e.subject_id and a.status = 'suspended' and a.status_changed_by is null)`,
    )
    return rows[0]?.count ?? 0
  },

  /** How many stand, by gravity; a thousand are enough to know. */
  async open(db: Db, actor: Actor): Promise<Readonly<Record<Severity, number>>> {
    const { rows } = await db.execute<{ severity: Severity; count: number }>(sql`
      select severity, count(*)::int as count from (select finding.severity from finding where ${seen(actor)} and ${inView.open} limit 1000) few group by severity`)
    return { notice: 0, serious: 0, critical: 0, ...Object.fromEntries(rows.map(({ severity, count }) => [severity, count])) }
  },

  /** The entries that show it, as far as they are in the reader's scope. */
  async factsOf(db: Db, actor: Actor, id: string): Promise<readonly string[] | null> {
    const { rows } = await db.execute<{ facts: string[] }>(sql`select facts from finding where id = ${id} and ${seen(actor)}`)
    return rows[0]?.facts ?? null
  },
}
