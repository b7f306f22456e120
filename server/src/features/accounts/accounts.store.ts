import { account, accountSearch } from '@countersign/drizzle/schema/account.ts'
import type { Place, Scope } from '@countersign/shared/access/scope.ts'
import type { ProfileId } from '@countersign/shared/accounts/profiles.ts'
import type { AccountStatus } from '@countersign/shared/accounts/status.ts'
import type { Ended } from '@countersign/shared/events.ts'
import type { RequestKind } from '@countersign/shared/requests/kinds.ts'
import { searchWords } from '@countersign/shared/text/search.ts'
import { eq, type SQL, sql } from 'drizzle-orm'
import { type Db, type Tx, texts, uuids } from '../../kernel/db.ts'
import { outliving } from '../../kernel/outbox.ts'
import { preparedForFew } from '../../kernel/prepared.ts'
import { within } from '../../kernel/scope.ts'
import { outlivesEnding } from '../links/links.store.ts'
import type { AboutRequest } from '../requests/facts.ts'

export type LockedAccount = {
  readonly id: string
  readonly status: AccountStatus
  readonly previousStatus: AccountStatus | null
  readonly statusChangedAt: Date
  readonly statusChangedBy: string | null
  readonly organisationId: string
  readonly profileId: ProfileId
  readonly epoch: number
  readonly createdByRequestId: string
  readonly place: Place
}

export type EndedAccount = Ended & { readonly id: string }
export type FallenApproval = AboutRequest & { readonly approverId: string }

type LockedRow = Omit<LockedAccount, 'place' | 'statusChangedAt'> & Place & { statusChangedAt: string }

/** What ended, counted for each account; the requests that fell, and the signatures. */
export type EndedSet = {
  readonly ended: readonly EndedAccount[]
  readonly voided: readonly AboutRequest[]
  readonly reopened: readonly FallenApproval[]
}

type Ending = {
  readonly ids: readonly string[]
  readonly status: AccountStatus
  readonly by: string | null
  /** What a bulk has ended comes back as a whole, countersigned, and not row by row within 30 seconds. */
  readonly undoable: boolean
  readonly now: Date
}

const tally = (ids: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

export const accounts = {
  /** Locks in id order, so that two overlapping batches queue instead of deadlocking. Unknown ids are absent from the answer. */
  async lockAll(tx: Tx, ids: readonly string[]): Promise<readonly LockedAccount[]> {
    const { rows } = await preparedForFew<LockedRow>(
      tx,
      ids.length,
      sql`select id, status, previous_status as "previousStatus", to_json(status_changed_at)#>>'{}' as "statusChangedAt", status_changed_by as "statusChangedBy",
        organisation_id as "organisationId", profile_id as "profileId", epoch, created_by_request_id as "createdByRequestId", nation_id as "nationId",
        network_id as "networkId", region_id as "regionId", departement_id as "departementId", structure_id as "structureId", site_id as "siteId"
      from account where id = any(${uuids(ids)}) order by id for update`,
    )
    return rows.map(({ nationId, networkId, regionId, departementId, structureId, siteId, statusChangedAt, ...row }) => ({
      ...row,
      statusChangedAt: new Date(statusChangedAt),
      place: { nationId, networkId, regionId, departementId, structureId, siteId },
    }))
  },

  /** Puts accounts out, with everything that could still act for them (P5). The rows are already locked. */
  async end(tx: Tx, { ids, status, by, undoable, now }: Ending): Promise<EndedSet> {
    await preparedForFew(
      tx,
      ids.length,
      sql`
      update account set previous_status = ${undoable ? sql`status` : sql`null`}, status = ${status}, status_changed_at = ${now}, status_changed_by = ${by}, epoch = epoch + 1
      where id = any(${uuids(ids)})`,
    )
    return accounts.endWhatActs(tx, { ids, by, now })
  },

  /** Ends all that could act for these accounts, in one transaction: sessions, links, what they asked for and what they signed. */
  async endWhatActs(tx: Tx, { ids, by, now }: Omit<Ending, 'status' | 'undoable'>): Promise<EndedSet> {
    const among = uuids(ids)
    const run = <Row extends Record<string, unknown>>(statement: SQL) => preparedForFew<Row>(tx, ids.length, statement)
    const sessions = await run<{ id: string }>(sql`delete from session where account_id = any(${among}) returning account_id as id`)
    // Their own links, and the unused ones of what they asked for: an invitation must not outlive its issuer (H14). What says
    // "this was not me" must: about what others were asked for, and about one's own contact.
    const links = await run<{ id: string }>(sql`
      with dying as (
        select l.id, l.account_id as of from link l where l.account_id = any(${among}) and l.used_at is null and l.voided_at is null
          and not ${outlivesEnding}
        union all select l.id, r.requester_id from request r join link l on l.request_id = r.id
          where r.requester_id = any(${among}) and l.account_id <> all(${among}) and l.kind <> 'disown' and l.used_at is null and l.voided_at is null)
      update link l set voided_at = ${now} from dying where l.id = dying.id returning dying.of as id`)
    const requests = await run<{
      id: string
      reference: string
      kind: RequestKind
      organisationId: string
      subjectId: string | null
      of: string
    }>(sql`
      update request set status = 'voided', decided_at = ${now}, decided_by = ${by}, reason = 'account-ended'
      where status = 'pending' and (requester_id = any(${among}) or subject_id = any(${among}))
      returning id, reference, kind, organisation_id as "organisationId", subject_id as "subjectId",
        case when requester_id = any(${among}) then requester_id else subject_id end as of`)
    const approvals = await run<{
      id: string
      reference: string
      kind: RequestKind
      organisationId: string
      subjectId: string | null
      approverId: string
    }>(sql`
      update approval a set voided_at = ${now}, voided_because = 'approver-ended' from request r
      where r.id = a.request_id and r.status = 'pending' and a.voided_at is null and a.approver_id = any(${among})
      returning r.id, r.reference, r.kind, r.organisation_id as "organisationId", r.subject_id as "subjectId", a.approver_id as "approverId"`)
    await run(sql`
      update outbox set settled_at = ${now}, outcome = 'superseded'
      where settled_at is null and account_id = any(${among}) and destination <> all(${texts(outliving)})`)

    const [sessionsOf, linksOf] = [tally(sessions.rows.map((row) => row.id)), tally(links.rows.map((row) => row.id))]
    const [requestsOf, approvalsOf] = [tally(requests.rows.map((row) => row.of)), tally(approvals.rows.map((row) => row.approverId))]
    const ended = ids.map((id) => ({
      id,
      sessions: sessionsOf.get(id) ?? 0,
      links: linksOf.get(id) ?? 0,
      requestsVoided: requestsOf.get(id) ?? 0,
      approvalsVoided: approvalsOf.get(id) ?? 0,
    }))
    return {
      ended,
      voided: requests.rows.map(({ of: _of, ...row }) => ({ ...row, reference: Number(row.reference) })),
      reopened: approvals.rows.map((row) => ({ ...row, reference: Number(row.reference) })),
    }
  },

  /** Puts another address and number in the place of those on record; false where these are no longer what was seen. */
  async moveContact(
    tx: Tx,
    { id, before, email, phone, now }: { id: string; before: { email: string; phone: string }; email: string; phone: string; now: Date },
  ): Promise<boolean> {
    const { rows } = await tx.execute<{ name: string }>(sql`
      update account set email = ${email}, phone = ${phone}, contact_changed_at = ${now}
      where id = ${id} and email = ${before.email} and phone = ${before.phone} returning given_name || ' ' || family_name || ' ' || login as name`)
    const [row] = rows
    if (row)
      await tx
        .update(accountSearch)
        .set({ words: searchWords(`${row.name} ${email}`) })
        .where(eq(accountSearch.accountId, id))
    return row !== undefined
  },

  /** Those of these accounts that lie within a scope. */
  async visibleAmong(db: Db, scope: Scope, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { rows } = await db.execute<{ id: string }>(
      sql`select id from account where id = any(${uuids(ids)}) and (${within(scope, account)})`,
    )
    return new Set(rows.map(({ id }) => id))
  },

  /** Somebody else wanted these out as well: whoever ended them has no way back any more. */
  async forgetWayBack(tx: Tx, ids: readonly string[]): Promise<void> {
    await tx.execute(sql`update account set previous_status = null where id = any(${uuids(ids)})`)
  },

  /** The undo of P1: back to what it was, by the same hand. Sessions, links and requests stay ended. */
  async undoEnding(tx: Tx, row: LockedAccount, status: AccountStatus, now: Date): Promise<void> {
    await tx
      .update(account)
      .set({ status, previousStatus: null, statusChangedAt: now, epoch: row.epoch + 1 })
      .where(eq(account.id, row.id))
  },

  async reinstateAll(tx: Tx, ids: readonly string[], requestId: string, now: Date): Promise<void> {
    await tx.execute(sql`
      update account set status = 'active', previous_status = null, status_changed_at = ${now}, status_changed_by = null, epoch = epoch + 1, authorised_by_request_id = ${requestId}
      where id = any(${uuids(ids)})`)
  },

  /** Every session of before is refused from this commit on. */
  async raiseEpoch(tx: Tx, id: string): Promise<void> {
    await tx.execute(sql`update account set epoch = epoch + 1 where id = ${id}`)
  },

  async endSessions(tx: Tx, id: string): Promise<number> {
    await accounts.raiseEpoch(tx, id)
    const { rowCount } = await tx.execute(sql`delete from session where account_id = ${id}`)
    return rowCount ?? 0
  },

  async createAll(tx: Tx, rows: readonly (typeof account.$inferInsert)[]): Promise<void> {
    await tx.insert(account).values([...rows])
    await tx
      .insert(accountSearch)
      .values(
        rows.map((row) => ({ accountId: row.id, words: searchWords(`${row.givenName} ${row.familyName} ${row.login} ${row.email}`) })),
      )
  },
}
