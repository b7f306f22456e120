import type { Involved } from '@countersign/shared/requests/approval.ts'
import { sql } from 'drizzle-orm'
import type { Db } from '../../kernel/db.ts'

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
    const { rows } = await db.execute<Row>(sql`
      select r.id, r.requester_id as requester, r.subject_id as subject, array_agg(a.approver_id) as approvers, r.submitted_at::text as submitted, r.decided_at as decided,
        (select c.caller_id from call_back c where c.request_id = r.id order by c.called_at desc, c.id desc limit 1) as caller
      from request r join approval a on a.request_id = r.id and a.voided_at is null
      where (r.submitted_at, r.id) > (${after?.submittedAt ?? since}::timestamptz - make_interval(days => ${after ? 0 : longestLifeDays}), ${after?.id ?? '00000000-0000-0000-0000-000000000000'}::uuid)
        and r.kind <> 'found-network' and (r.status = 'pending' or r.status = 'executed' and r.decided_at > ${since})
        and not exists (select 1 from audit_entry e where e.subject_id = r.id and e.type = 'request.found-dependent')
      group by r.id order by r.submitted_at, r.id limit 500`)
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
}
