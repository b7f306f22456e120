import type { RequestKind } from '@countersign/shared/requests/kinds.ts'
import type { Burst } from '@countersign/shared/signals/breaker.ts'
import { sql } from 'drizzle-orm'
import { type Tx, uuids } from '../../kernel/db.ts'

export type Held = {
  readonly id: string
  readonly reference: number
  readonly kind: RequestKind
  readonly accountId: string | null
  readonly organisationId: string
  readonly approvalsNeeded: number
}

/** Beyond their normal pace a person's requests, or a structure's, need one reader more. */
export const breaker = {
  /** Bursts by this person, or in this structure. */
  async bursts(tx: Tx, requesterId: string | null, structureId: string | null): Promise<readonly Burst[]> {
    const { rows } = await tx.execute<{ part: string; status: Burst['status']; until: string | null; lastAt: string }>(sql`
      select f.part, f.status, to_json(f.until)#>>'{}' as until, to_json(f.last_at)#>>'{}' as "lastAt" from finding f
      where f.rule = 'burst-of-requests' and f.about_id = ${requesterId}::uuid or f.rule = 'burst-in-structure' and f.about_id = ${structureId}::uuid`)
    return rows.map(({ until, lastAt, ...row }) => ({ ...row, until: until ? new Date(until) : null, lastAt: new Date(lastAt) }))
  },

  /** Raises the requirement of whatever is pending of theirs, once for each; answers what it raised. */
  async hold(
    tx: Tx,
    {
      requesterId,
      structureId,
      kind,
      except,
    }: {
      readonly requesterId: string | null
      readonly structureId: string | null
      readonly kind: string
      readonly except: readonly string[]
    },
  ): Promise<readonly Held[]> {
    const whose = requesterId ? sql`r.requester_id = ${requesterId}` : sql`r.structure_id = ${structureId} and r.requester_id is not null`
    const { rows } = await tx.execute<Held & Record<string, unknown>>(sql`
      with theirs as (select r.id from request r where r.status = 'pending' and r.kind = ${kind} and ${whose} and r.id <> all(${uuids(except)})
        and not exists (select 1 from audit_entry e where e.subject_id = r.id and (e.type = 'request.held' or e.type = 'request.submitted' and e.data ->> 'thirdReader' = 'true'))
        order by r.id for update)
      update request set approvals_needed = approvals_needed + 1 from theirs where request.id = theirs.id
      returning request.id, request.reference::int as reference, request.kind, request.subject_id as "accountId", request.organisation_id as "organisationId", request.approvals_needed as "approvalsNeeded"`)
    return rows
  },
}
