import { request } from '@countersign/drizzle/schema/request.ts'
import type { Assurance } from '@countersign/shared/access/proof.ts'
import { type Actor, covers, scopeOf } from '@countersign/shared/access/scope.ts'
import { pageSize } from '@countersign/shared/accounts/listing.ts'
import type { Demand } from '@countersign/shared/policy/rules.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import {
  type ApprovalCase,
  decideApproval,
  decideCallBack,
  decideOwn,
  decideRejection,
  independentSince,
  involved,
  isForThem,
  standingSignatures,
} from '@countersign/shared/requests/approval.ts'
import type { RequestContent } from '@countersign/shared/requests/content.ts'
import type { RequestKind } from '@countersign/shared/requests/kinds.ts'
import type { ListRequests } from '@countersign/shared/requests/listing.ts'
import type { CallBackOutcome, RequestStatus, VoidReason } from '@countersign/shared/requests/status.ts'
import type { Verdict } from '@countersign/shared/verdict.ts'
import { sql } from 'drizzle-orm'
import type { Person } from '../../kernel/actor.ts'
import type { Db } from '../../kernel/db.ts'
import { decodeCursor, type Page, toPage } from '../../kernel/page.ts'
import { within } from '../../kernel/scope.ts'
import { tiesToList } from '../bulks/lines.store.ts'
import { policies } from '../policy/policy.store.ts'
import { credentials } from '../sessions/credentials.store.ts'
import { countersignable } from './for-them.store.ts'
import { type Judged, withIndependence } from './independent.store.ts'
import type { StoredRequest } from './requests.store.ts'
import { signatures } from './signatures.store.ts'

export type PersonCard = {
  readonly id: string
  readonly name: string
  readonly place: string
  readonly status: string
  readonly createdAt: string
  readonly countersignedBy: readonly string[]
}

export type RequestRow = {
  readonly id: string
  readonly reference: number
  readonly kind: RequestKind
  readonly status: RequestStatus
  readonly content: RequestContent
  readonly contentHash: string
  readonly submittedAt: string
  readonly expiresAt: string
  readonly decidedAt: string | null
  readonly reason: string | null
  readonly channel: 'operator' | 'public'
  readonly approvalsNeeded: number
  readonly demand: Demand | null
  readonly approvalsGiven: number
  readonly place: string
  readonly detail: string | null
  readonly requester: { readonly id: string; readonly name: string } | null
  readonly subject: { readonly id: string; readonly name: string } | null
}

const card = (alias: string) =>
  sql.raw(
    `case when ${alias}.id is null then null else json_build_object('id', ${alias}.id, 'name', ${alias}.given_name || ' ' || ${alias}.family_name) end`,
  )

const selected = sql`
  request.id, request.reference::int, request.kind, request.status, request.content, request.content_hash as "contentHash", request.channel,
  to_json(request.submitted_at)#>>'{}' as "submittedAt", to_json(request.expires_at)#>>'{}' as "expiresAt", to_json(request.decided_at)#>>'{}' as "decidedAt", request.reason,
  request.approvals_needed as "approvalsNeeded", request.demand, (select count(*)::int from approval a where a.request_id = request.id and a.voided_at is null) as "approvalsGiven",
  coalesce(structure.name, home.name) as place, case when home.level = 'site' then home.name else coalesce(departement.name, region.name) end as detail, ${card('requester')} as requester, ${card('subject')} as subject`

const from = sql`
  request join organisation home on home.id = request.organisation_id
  left join organisation structure on structure.id = request.structure_id and structure.id <> home.id
  left join organisation departement on departement.id = request.departement_id and departement.id <> home.id
  left join organisation region on region.id = request.region_id and region.id <> home.id
  left join account requester on requester.id = request.requester_id
  left join account subject on subject.id = request.subject_id`

/** Who last called and was told yes. */
const confirmedBy = sql`(select c.caller_id from call_back c where c.request_id = request.id and c.outcome = 'confirmed' order by c.called_at desc, c.id desc limit 1)`

const views = {
  queue: (actor: Actor) =>
    // Not what waits for somebody else: what one has signed, or called about where nobody known asked.
    sql`request.status = 'pending' and request.requester_id is distinct from ${actor.id}::uuid and ${countersignable(actor)}
      and not exists (select 1 from approval given where given.request_id = request.id and given.approver_id = ${actor.id} and given.voided_at is null)
      and not (request.requester_id is null and ${confirmedBy} is not distinct from ${actor.id}::uuid)`,
  mine: (actor: Actor) => sql`request.requester_id = ${actor.id}`,
  all: (actor: Actor) => sql`(${within(scopeOf(actor, 'request:read'), request)})`,
} as const

/** The surest way somebody has to show that it is they. */
const strongestOf = async (db: Db, accountId: string): Promise<Assurance> => {
  const { passkeys, secondFactor } = await credentials.heldBy(db, accountId)
  return passkeys.length > 0 ? 'passkey' : secondFactor ? 'totp' : 'session'
}

const refusalOf = (verdict: Verdict<unknown>): RefusalCode | null => (verdict.ok ? null : verdict.refusal)

export const requestListing = {
  /** Pending ones by deadline, nearest first; the past by time, newest first. */
  async page(
    db: Db,
    actor: Actor,
    { view = 'queue', kind, status, after, limit = pageSize }: ListRequests & { after?: string | undefined; limit?: number },
  ): Promise<Page<RequestRow & Judged>> {
    const byDeadline = view === 'queue'
    const cursor = decodeCursor(after, ['timestamptz', 'uuid'])
    const conditions = [
      sql`request.kind <> 'found-network'`,
      views[view](actor),
      kind ? sql`request.kind = ${kind}` : null,
      status ? sql`request.status = ${status}` : null,
      cursor
        ? byDeadline
          ? sql`(request.expires_at, request.id) > (${cursor[0]}::timestamptz, ${cursor[1]}::uuid)`
          : sql`(request.submitted_at, request.id) < (${cursor[0]}::timestamptz, ${cursor[1]}::uuid)`
        : null,
    ].filter((condition) => condition !== null)
    const order = byDeadline ? sql`request.expires_at, request.id` : sql`request.submitted_at desc, request.id desc`
    const { rows } = await db.execute<RequestRow & Record<string, unknown>>(
      sql`select ${selected} from ${from} where ${sql.join(conditions, sql` and `)} order by ${order} limit ${limit + 1}`,
    )
    const page = toPage<RequestRow>(rows, limit, (row) => [byDeadline ? row.expiresAt : row.submittedAt, row.id])
    return {
      ...page,
      rows: byDeadline ? await withIndependence(db, actor, page.rows) : page.rows.map((row) => ({ ...row, independent: true })),
    }
  },

  /** The request people call by this number, if this person may see it; one they may not see reads as none. */
  async byReference(db: Db, actor: Actor, reference: number): Promise<RequestRow | null> {
    const visible = [views.all(actor), views.mine(actor), countersignable(actor)]
    const { rows } = await db.execute<RequestRow & Record<string, unknown>>(sql`
      select ${selected} from ${from} where request.reference = ${reference} and request.kind <> 'found-network' and (${sql.join(visible, sql` or `)})`)
    return rows[0] ?? null
  },

  /** How many wait for this person, and until when the most urgent one does. */
  async waiting(db: Db, actor: Actor): Promise<{ count: number; nearest: string | null }> {
    const { rows } = await db.execute<{ count: number; nearest: string | null }>(sql`
      select count(*)::int as count, to_json(min(request.expires_at))#>>'{}' as nearest from request where request.kind <> 'found-network' and ${views.queue(actor)}`)
    return rows[0] ?? { count: 0, nearest: null }
  },

  async row(db: Db, id: string): Promise<RequestRow | null> {
    const { rows } = await db.execute<RequestRow & Record<string, unknown>>(
      sql`select ${selected} from ${from} where request.id = ${id} and request.kind <> 'found-network'`,
    )
    return rows[0] ?? null
  },

  /** May this person see it: within scope, or their own asking, or theirs to countersign. */
  mayRead(actor: Actor, stored: StoredRequest): boolean {
    return stored.requesterId === actor.id || covers(scopeOf(actor, 'request:read'), stored.place) || isForThem(actor, stored)
  },

  /** What this person may do to it now, by the functions that decide when they do it. */
  async can(db: Db, actor: Person, stored: StoredRequest, now: Date) {
    const since = independentSince(now, await policies.independence(db))
    const kinship = await signatures.kinship(db, [actor.id, ...involved(stored)], since)
    const { request } = standingSignatures({ request: stored, kinship, since })
    const subject: ApprovalCase = {
      actor,
      device: actor.device,
      through: actor.through,
      request,
      kinship,
      since,
      ...(await tiesToList(db, stored.content, actor.id, since)),
      now,
      seen: stored.contentHash,
      strongest: stored.demand && stored.demand.assurance !== 'session' ? await strongestOf(db, actor.id) : null,
    }
    const own = refusalOf(decideOwn(subject))
    return {
      approve: refusalOf(decideApproval(subject)),
      reject: refusalOf(decideRejection(subject)),
      callBack: refusalOf(decideCallBack(subject)),
      cancel: own,
      edit: own,
    }
  },

  async people(db: Db, ids: readonly string[]): Promise<readonly PersonCard[]> {
    if (ids.length === 0) return []
    const { rows } = await db.execute<PersonCard & Record<string, unknown>>(sql`
      select a.id, a.given_name || ' ' || a.family_name as name, o.name as place, a.status, to_json(a.created_at)#>>'{}' as "createdAt",
        coalesce((select json_agg(c.given_name || ' ' || c.family_name order by l.at) from lineage l join account c on c.id = l.from_account_id where l.to_account_id = a.id and l.kind = 'countersigned' and l.request_id = a.created_by_request_id), '[]'::json) as "countersignedBy"
      from account a join organisation o on o.id = a.organisation_id where a.id = any(${sql.param([...ids])}::uuid[])`)
    return rows
  },

  async approvals(db: Db, id: string) {
    const { rows } = await db.execute<{
      approverId: string
      name: string
      givenAt: string
      voidedAt: string | null
      voidedBecause: VoidReason | null
      assurance: Assurance
    }>(sql`
      select a.assurance, a.approver_id as "approverId", p.given_name || ' ' || p.family_name as name, to_json(a.given_at)#>>'{}' as "givenAt", to_json(a.voided_at)#>>'{}' as "voidedAt", a.voided_because as "voidedBecause"
      from approval a join account p on p.id = a.approver_id where a.request_id = ${id} order by a.given_at`)
    return rows
  },

  async calls(db: Db, id: string) {
    const { rows } = await db.execute<{ outcome: CallBackOutcome; note: string; calledAt: string; name: string }>(sql`
      select c.outcome, c.note, to_json(c.called_at)#>>'{}' as "calledAt", p.given_name || ' ' || p.family_name as name
      from call_back c join account p on p.id = c.caller_id where c.request_id = ${id} order by c.called_at`)
    return rows
  },
}
