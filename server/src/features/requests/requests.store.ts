import { callBack, request } from '@countersign/drizzle/schema/request.ts'
import type { Actor, Grant, Place } from '@countersign/shared/access/scope.ts'
import type { Demand } from '@countersign/shared/policy/rules.ts'
import type { RequestCase } from '@countersign/shared/requests/approval.ts'
import { canonicalJson } from '@countersign/shared/requests/canonical.ts'
import { type ContentOf, changeContactContent, type RequestContent, requestContent } from '@countersign/shared/requests/content.ts'
import type { RequestKind } from '@countersign/shared/requests/kinds.ts'
import { contactRestoreHours } from '@countersign/shared/requests/requirement.ts'
import type { CallBackOutcome, RequestStatus, VoidReason } from '@countersign/shared/requests/status.ts'
import type { SignalRule } from '@countersign/shared/signals/finding.ts'
import { and, eq, inArray, or, sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { type Db, type Tx, uuids } from '../../kernel/db.ts'
import { grantsHeldBy } from '../../kernel/grants.ts'
import { Refused } from '../../kernel/refused.ts'
import { sha256 } from '../../kernel/secrets.ts'

export type StoredRequest = RequestCase & {
  readonly id: string
  readonly reference: number
  readonly organisationId: string
  readonly content: RequestContent
  readonly decidedAt: Date | null
}

/** The text that is hashed, held and shown: what an approval binds to. */
export const canonicalContent = (content: RequestContent): { text: string; hash: string } => {
  const text = canonicalJson(content)
  return { text, hash: sha256(text) }
}

type Filing = {
  readonly content: RequestContent
  readonly requesterId: string | null
  readonly subjectId: string | null
  readonly organisationId: string
  readonly place: Place
  readonly channel: 'operator' | 'public'
  /** The browser it is asked from; null where there is none. */
  readonly device: string | null
  readonly approvalsNeeded: number
  readonly approverRoles: RequestCase['approverRoles']
  readonly demand: Demand
  readonly signals?: readonly SignalRule[]
  readonly now: Date
  readonly expiresAt: Date
  readonly remindAt: Date | null
  readonly widensAt: Date | null
  readonly heldUntil: Date | null
}

/** A request that waits, and until when. */
export type Waiting = { readonly id: string; readonly expiresAt: string }

type LastCall = { readonly outcome: CallBackOutcome; readonly callerId: string; readonly device: string | null } | null
type Decisions = { readonly signers: readonly Actor[]; readonly devices: readonly (string | null)[]; readonly lastCall: LastCall }

/** A row as it stands, with its place as one thing; who signed and who called are questions of their own. */
const toPending = (row: typeof request.$inferSelect) => {
  if (row.kind === 'found-network') throw new Refused('not-found')
  const { nationId, networkId, regionId, departementId, structureId, siteId, kind, ...rest } = row
  return { ...rest, kind, place: { nationId, networkId, regionId, departementId, structureId, siteId } }
}
export type PendingRow = ReturnType<typeof toPending>

const toStored = (row: typeof request.$inferSelect, { signers, devices, lastCall }: Decisions): StoredRequest => {
  // Who calls where nobody known asked stands in the place of who asks.
  const hands = [row.deviceKey, ...row.editedOn, row.requesterId === null ? lastCall?.device : null, ...devices]
  return {
    ...toPending(row),
    content: requestContent.parse(row.content),
    approverIds: signers.map(({ id }) => id),
    signers,
    callBack: lastCall?.outcome ?? null,
    callerId: lastCall?.callerId ?? null,
    devices: hands.filter((one) => one !== null && one !== undefined),
  }
}

export const requests = {
  /**
   * Holds a request, and before it the accounts it is about, until the transaction ends: approvals take turns, and a
   * revocation, which locks accounts first, takes its turn in the same order.
   */
  async lock(tx: Tx, id: string): Promise<StoredRequest> {
    const [people] = await tx
      .select({ requesterId: request.requesterId, subjectId: request.subjectId })
      .from(request)
      .where(eq(request.id, id))
    if (!people) throw new Refused('not-found', id)
    if (people.subjectId) await tx.execute(sql`select 1 from account where id = ${people.subjectId} for update`)
    const before = await requests.decisionsOn(tx, id)
    const hands = [people.requesterId, ...before.signers.map((signer) => signer.id)].filter((one) => one !== null)
    // Whoever asked or signed is held too: their revocation comes before this decision, or after it.
    await tx.execute(sql`select 1 from account where id = any(${uuids(hands)}) order by id for share`)
    const [row] = await tx.select().from(request).where(eq(request.id, id)).for('update')
    if (!row) throw new Refused('not-found', id)
    return toStored(row, await requests.decisionsOn(tx, id))
  },

  /** The same without holding it: for showing, never for writing. */
  async read(db: Db, id: string): Promise<StoredRequest | null> {
    const [row] = await db.select().from(request).where(eq(request.id, id))
    if (!row || row.kind === 'found-network') return null
    return toStored(row, await requests.decisionsOn(db, id))
  },

  async decisionsOn(db: Db | Tx, id: string): Promise<Decisions> {
    const { rows: given } = await db.execute<{ by: string; device: string | null; grants: Grant[] }>(sql`
      select a.approver_id as by, a.device_key as device, ${grantsHeldBy(sql`a.approver_id`)} as grants
      from approval a where a.request_id = ${id} and a.voided_at is null order by a.given_at, a.id`)
    const [call] = await db
      .select({ outcome: callBack.outcome, callerId: callBack.callerId, device: callBack.deviceKey })
      .from(callBack)
      // A call by somebody who is out by now, or no longer holds the role, is worth nothing.
      .where(
        and(
          eq(callBack.requestId, id),
          sql`exists (select 1 from account a join role_grant g on g.account_id = a.id and g.role = 'reset-manager' and g.revoked_at is null
            where a.id = ${callBack.callerId} and a.status = 'active')`,
        ),
      )
      .orderBy(sql`called_at desc, id desc`)
      .limit(1)
    return {
      signers: given.map(({ by, grants }) => ({ id: by, grants })),
      devices: given.map(({ device }) => device),
      lastCall: call ?? null,
    }
  },

  async file(tx: Tx, filing: Filing): Promise<{ id: string; reference: number; hash: string }> {
    const id = uuid()
    const { text, hash } = canonicalContent(filing.content)
    const [row] = await tx
      .insert(request)
      .values({
        id,
        kind: filing.content.kind,
        status: 'pending',
        organisationId: filing.organisationId,
        ...filing.place,
        requesterId: filing.requesterId,
        subjectId: filing.subjectId,
        channel: filing.channel,
        deviceKey: filing.device,
        content: text,
        contentHash: hash,
        approvalsNeeded: filing.approvalsNeeded,
        approverRoles: [...filing.approverRoles],
        demand: filing.demand,
        signals: [...(filing.signals ?? [])],
        submittedAt: filing.now,
        expiresAt: filing.expiresAt,
        remindAt: filing.remindAt,
        widensAt: filing.widensAt,
        heldUntil: filing.heldUntil,
      })
      .returning({ reference: request.reference })
    return { id, reference: row?.reference ?? 0, hash }
  },

  /** The one pending request of this kind about an account, held. */
  async pendingOn<K extends RequestKind>(tx: Tx, subjectId: string, kind: K) {
    const [found] = await tx
      .select({ id: request.id, reference: request.reference, requesterId: request.requesterId, organisationId: request.organisationId })
      .from(request)
      .where(and(eq(request.subjectId, subjectId), eq(request.kind, kind), eq(request.status, 'pending')))
      .for('update')
    return found ? { ...found, kind, subjectId } : null
  },

  /** The last change of this account's contact that was carried out, while it is young enough to be taken back: for the days a link about it may live. */
  async contactChanged(
    tx: Tx,
    accountId: string,
    now: Date,
  ): Promise<(ContentOf<'change-contact'> & { readonly requestId: string }) | null> {
    const [row] = await tx
      .select({ id: request.id, content: request.content })
      .from(request)
      .where(
        and(
          eq(request.subjectId, accountId),
          eq(request.kind, 'change-contact'),
          eq(request.status, 'executed'),
          sql`${request.decidedAt} > ${now}::timestamptz - make_interval(hours => ${contactRestoreHours})`,
        ),
      )
      .orderBy(sql`decided_at desc`)
      .limit(1)
    return row ? { ...changeContactContent.parse(row.content), requestId: row.id } : null
  },

  /** How often the public page was asked for a reset of this account in the last 24 hours. */
  async askedPublicly(tx: Tx, subjectId: string, now: Date): Promise<number> {
    const { rowCount } = await tx.execute(sql`
      select 1 from request where subject_id = ${subjectId} and channel = 'public' and reason is distinct from 'superseded' and submitted_at > ${now}::timestamptz - interval '24 hours' limit 10`)
    return rowCount ?? 0
  },

  async decide(
    tx: Tx,
    id: string,
    decision: { status: RequestStatus; by: string | null; now: Date; reason: string | null },
  ): Promise<void> {
    await tx
      .update(request)
      .set({ status: decision.status, decidedAt: decision.now, decidedBy: decision.by, reason: decision.reason })
      .where(and(eq(request.id, id), eq(request.status, 'pending')))
  },

  /** One reader more than it was frozen with; answers how many that makes. */
  async raise(tx: Tx, id: string): Promise<number> {
    const [row] = await tx
      .update(request)
      .set({ approvalsNeeded: sql`${request.approvalsNeeded} + 1` })
      .where(eq(request.id, id))
      .returning({ approvalsNeeded: request.approvalsNeeded })
    if (!row) throw new Refused('not-found', id)
    return row.approvalsNeeded
  },

  /** New content voids every approval given to the old one (P3). */
  async rewrite(
    tx: Tx,
    id: string,
    row: { content: RequestContent; device: string | null; now: Date },
  ): Promise<{ hash: string; voided: number }> {
    const { text, hash } = canonicalContent(row.content)
    const { rowCount } = await tx.execute(
      sql`update approval set voided_at = ${row.now}, voided_because = 'content-changed' where request_id = ${id} and voided_at is null`,
    )
    const editedOn = row.device === null ? {} : { editedOn: sql`array_remove(${request.editedOn}, ${row.device}) || ${row.device}::text` }
    await tx
      .update(request)
      .set({ content: text, contentHash: hash, ...editedOn })
      .where(eq(request.id, id))
    return { hash, voided: rowCount ?? 0 }
  },

  async recordCall(
    tx: Tx,
    {
      now,
      device,
      ...row
    }: { requestId: string; callerId: string; device: string | null; outcome: CallBackOutcome; note: string; now: Date },
  ): Promise<void> {
    await tx.insert(callBack).values({ id: uuid(), ...row, deviceKey: device, calledAt: now })
  },

  async statusOf(tx: Tx, id: string): Promise<RequestStatus | null> {
    const [row] = await tx.select({ status: request.status }).from(request).where(eq(request.id, id))
    return row?.status ?? null
  },

  /** Who asked, and whose signatures stand under it. */
  async hands(tx: Tx, id: string): Promise<{ readonly requesterId: string | null; readonly approverIds: readonly string[] }> {
    const [row] = await tx.select({ requesterId: request.requesterId }).from(request).where(eq(request.id, id))
    return { requesterId: row?.requesterId ?? null, approverIds: (await requests.decisionsOn(tx, id)).signers.map((signer) => signer.id) }
  },

  /** Everybody named policy owner so long ago that they can be independent of whoever named them, revoked ones included: the founding exception cannot be brought back by revoking people. */
  async settledOwners(db: Db | Tx): Promise<number> {
    const { rows } = await db.execute<{ count: number }>(sql`select settled_owners() as count`)
    return rows[0]?.count ?? 0
  },

  /** What this account asked for, and what it signed, that nobody has decided yet. Its row is locked, so neither can grow. */
  async pendingBy(tx: Tx, accountId: string): Promise<{ filed: readonly PendingRow[]; signed: readonly PendingRow[] }> {
    const signedBy = sql<boolean>`exists (
      select 1 from approval a where a.request_id = request.id and a.approver_id = ${accountId} and a.voided_at is null)`
    const rows = await tx
      .select({ row: request, signs: signedBy })
      .from(request)
      .where(and(eq(request.status, 'pending'), or(eq(request.requesterId, accountId), signedBy)))
      .orderBy(request.id)
      .for('update')
    const pending = rows.map(({ row, signs }) => ({ ...toPending(row), signs }))
    return { filed: pending.filter(({ requesterId }) => requesterId === accountId), signed: pending.filter(({ signs }) => signs) }
  },

  /** What may no longer be asked falls, whoever was about to decide it. */
  async voidAll(tx: Tx, ids: readonly string[], { by, now, reason }: { by: string; now: Date; reason: VoidReason }): Promise<void> {
    if (ids.length === 0) return
    await tx
      .update(request)
      .set({ status: 'voided', decidedAt: now, decidedBy: by, reason })
      .where(and(inArray(request.id, [...ids]), eq(request.status, 'pending')))
  },

  /** When whoever may sign is told next; null where nobody is any more. */
  async remindAt(tx: Tx, id: string): Promise<Date | null> {
    const [row] = await tx.select({ at: request.remindAt }).from(request).where(eq(request.id, id))
    return row?.at ?? null
  },

  async setReminder(tx: Tx, id: string, remindAt: Date | null): Promise<void> {
    await tx.update(request).set({ remindAt }).where(eq(request.id, id))
  },

  async setWide(tx: Tx, id: string, now: Date): Promise<void> {
    await tx.update(request).set({ widensAt: now }).where(eq(request.id, id))
  },

  /** What waits and whose reminder is due. */
  async toRemind(db: Db): Promise<readonly string[]> {
    const { rows } = await db.execute<{ id: string }>(
      sql`select id from request where status = 'pending' and remind_at <= now() order by remind_at limit 200`,
    )
    return rows.map(({ id }) => id)
  },

  /** What waits for its own level and might go up before its time: 200 after this one, the nearest to its deadline first. */
  async narrow(db: Db, after?: Waiting): Promise<readonly Waiting[]> {
    const { rows } = await db.execute<Waiting & Record<string, unknown>>(sql`
      select id, expires_at::text as "expiresAt" from request where status = 'pending' and (widens_at is null or widens_at > now())
        and (demand -> 'stages' @> '[{"level": "structure"}]' or demand -> 'stages' @> '[{"level": "another-structure"}]')
        and (expires_at, id) > (${after?.expiresAt ?? '-infinity'}::timestamptz, ${after?.id ?? '00000000-0000-0000-0000-000000000000'}::uuid)
      order by expires_at, id limit 200`)
    return rows
  },

  async overdue(db: Db): Promise<readonly string[]> {
    const rows = await db
      .select({ id: request.id })
      .from(request)
      .where(and(eq(request.status, 'pending'), sql`${request.expiresAt} <= now()`))
      .limit(200)
    return rows.map(({ id }) => id)
  },

  async expire(tx: Tx, ids: readonly string[], now: Date) {
    const { rows } = await tx.execute<{
      id: string
      reference: string
      kind: RequestKind
      organisationId: string
      subjectId: string | null
    }>(sql`
      update request set status = 'expired', decided_at = ${now}
      where id = any(${uuids(ids)}) and status = 'pending' and expires_at <= ${now}
      returning id, reference, kind, organisation_id as "organisationId", subject_id as "subjectId"`)
    return rows.map((row) => ({ ...row, reference: Number(row.reference) }))
  },
}
