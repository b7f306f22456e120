import { approval } from '@countersign/drizzle/schema/request.ts'
import type { Assurance } from '@countersign/shared/access/proof.ts'
import { allTied, type Kinship, mostHands } from '@countersign/shared/policy/independence.ts'
import type { Involved } from '@countersign/shared/requests/approval.ts'
import type { VoidReason } from '@countersign/shared/requests/status.ts'
import { sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { type Db, type Tx, uuids } from '../../kernel/db.ts'

/** A signed request, as far as independence needs to know it. */
export type Signed = Involved & { readonly id: string; readonly submittedAt: string; readonly decidedAt: Date | null }
type Row = {
  id: string
  requester: string | null
  subject: string | null
  caller: string | null
  approvers: string[]
  submitted: string
  decided: string | null
}

/** No request waits longer than this, its contact hold included: what was decided lately was asked not much before. */
const longestLifeDays = 30

export const signatures = {
  /** Signed requests that are pending, or were executed since and are not written down as dependent: 500 after this one, oldest first. */
  async page(db: Db, { after, since }: { after: Signed | undefined; since: Date }): Promise<readonly Signed[]> {
    // The page first, and what is looked up for each of its requests then: a month of a large network is tens of thousands.
    const { rows } = await db.execute<Row>(sql`
      select r.id, r.requester_id as requester, r.subject_id as subject, r.submitted_at::text as submitted, r.decided_at as decided,
        array(select a.approver_id from approval a where a.request_id = r.id and a.voided_at is null) as approvers,
        (select c.caller_id from call_back c where c.request_id = r.id order by c.called_at desc, c.id desc limit 1) as caller
      from (
        select * from request r
        where (r.submitted_at, r.id) > (${after?.submittedAt ?? since}::timestamptz - make_interval(days => ${after ? 0 : longestLifeDays}), ${after?.id ?? '00000000-0000-0000-0000-000000000000'}::uuid)
          and r.kind <> 'found-network' and (r.status = 'pending' or r.status = 'executed' and r.decided_at > ${since})
          and exists (select 1 from approval a where a.request_id = r.id and a.voided_at is null)
          and not exists (select 1 from audit_entry e where e.subject_id = r.id and e.type = 'request.found-dependent')
        order by r.submitted_at, r.id limit 500) r
      order by r.submitted_at, r.id`)
    return rows.map(({ id, requester, subject, caller, approvers, submitted, decided }) => ({
      id,
      requesterId: requester,
      subjectId: subject,
      callerId: caller,
      approverIds: approvers,
      submittedAt: submitted,
      decidedAt: decided ? new Date(decided) : null,
    }))
  },

  /** The lineage around the people of one request since then: what independence is decided on (P2). */
  async kinship(db: Db | Tx, people: readonly string[], since: Date): Promise<readonly Kinship[]> {
    const edges = await signatures.kinshipOfMany(db, people, since, mostHands + 1)
    return edges.length > mostHands ? allTied(people, since) : edges
  },

  /** The lineage around the people of many requests, whole; or its first edges, where the answer is needed while somebody waits. */
  async kinshipOfMany(db: Db | Tx, people: readonly string[], since: Date, most: number | null): Promise<readonly Kinship[]> {
    const { rows } = await db.execute<{ by_account: string; of_account: string; at: string }>(
      sql`select * from kinship_around(${uuids(people)}, ${since}, ${most})`,
    )
    return rows.map((row) => ({ by: row.by_account, of: row.of_account, at: new Date(row.at) }))
  },

  /** One more signature under the content its giver saw. */
  async give(
    tx: Tx,
    row: { requestId: string; approverId: string; contentHash: string; assurance: Assurance; device: string | null; now: Date },
  ): Promise<void> {
    await tx.insert(approval).values({
      id: uuid(),
      requestId: row.requestId,
      approverId: row.approverId,
      contentHash: row.contentHash,
      independent: true,
      assurance: row.assurance,
      deviceKey: row.device,
      givenAt: row.now,
    })
  },

  /** The signatures of these people on these pending requests no longer count. */
  async void(
    tx: Tx,
    {
      requestIds,
      approverIds,
      because,
      now,
    }: { requestIds: readonly string[]; approverIds: readonly string[]; because: VoidReason; now: Date },
  ): Promise<void> {
    if (requestIds.length === 0 || approverIds.length === 0) return
    await tx.execute(sql`
      update approval set voided_at = ${now}, voided_because = ${because}
      where request_id = any(${uuids(requestIds)}) and approver_id = any(${uuids(approverIds)}) and voided_at is null`)
  },
}
