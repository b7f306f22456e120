import type { RequestKind } from '@countersign/shared/requests/kinds.ts'
import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../../kernel/db.ts'

type Whose = { readonly requesterId: string | null; readonly structureId: string | null; readonly kind: RequestKind }
export type Held = {
  readonly id: string
  readonly reference: number
  readonly kind: RequestKind
  readonly accountId: string | null
  readonly organisationId: string
  readonly approvalsNeeded: number
}

/** A burst by this person, or in this structure, that nobody has accepted. */
const burst = ({
  requesterId,
  structureId,
  kind,
}: Whose): SQL => sql`finding f where f.numbers ->> 'kind' = ${kind} and (f.status = 'open' or f.until <= now())
  and f.last_at > now() - interval '24 hours' and (f.rule = 'burst-of-requests' and f.about_id = ${requesterId}::uuid or f.rule = 'burst-in-structure' and f.about_id = ${structureId}::uuid)`

/** Beyond their normal pace a person's requests, or a structure's, need one reader more. */
export const breaker = {
  /** Is one more reader asked for, as things stand? */
  async thrown(tx: Tx, whose: Whose): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`select 1 from ${burst(whose)} limit 1`)
    return rowCount === 1
  },

  /** Raises the requirement of whatever is pending of theirs, once for each; answers what it raised. */
  async hold(tx: Tx, { requesterId, structureId, kind }: Whose): Promise<readonly Held[]> {
    const { rows } = await tx.execute<Held & Record<string, unknown>>(sql`
      with theirs as (select r.id from request r where r.status = 'pending' and r.kind = ${kind} and ${requesterId ? sql`r.requester_id = ${requesterId}` : sql`r.structure_id = ${structureId}`}
        and not exists (select 1 from audit_entry e where e.subject_id = r.id and (e.type = 'request.held' or e.type = 'request.submitted' and e.data ->> 'thirdReader' = 'true'))
        order by r.id for update)
      update request set approvals_needed = approvals_needed + 1 from theirs where request.id = theirs.id
      returning request.id, request.reference::int as reference, request.kind, request.subject_id as "accountId", request.organisation_id as "organisationId", request.approvals_needed as "approvalsNeeded"`)
    return rows
  },
}
