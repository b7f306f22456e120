import type { Actor } from '@countersign/shared/access/scope.ts'
import { mostHands } from '@countersign/shared/policy/independence.ts'
import { type Involved, independentSince, involved, isIndependent } from '@countersign/shared/requests/approval.ts'
import { sql } from 'drizzle-orm'
import { type Db, uuids } from '../../kernel/db.ts'
import { policies } from '../policy/policy.store.ts'
import { signatures } from './signatures.store.ts'

/** Whether somebody is independent of everybody with a hand in a request that waits for them. */
export type Judged = { readonly independent: boolean }

/** With the lineage around the people of a whole page, asked for once. Where that is too much to look at, opening one tells. */
export const withIndependence = async <Row extends { readonly id: string }>(
  db: Db,
  actor: Actor,
  rows: readonly Row[],
): Promise<readonly (Row & Judged)[]> => {
  if (rows.length === 0) return []
  const { rows: found } = await db.execute<Involved & { readonly id: string }>(sql`
    select request.id, request.requester_id as "requesterId", request.subject_id as "subjectId",
      (select c.caller_id from call_back c where c.request_id = request.id order by c.called_at desc, c.id desc limit 1) as "callerId",
      array(select a.approver_id from approval a where a.request_id = request.id and a.voided_at is null) as "approverIds"
    from request where request.id = any(${uuids(rows.map(({ id }) => id))})`)
  const since = independentSince(new Date(), await policies.independence(db))
  const kinship = await signatures.kinshipOfMany(db, [...new Set([actor.id, ...found.flatMap(involved)])], since, mostHands + 1)
  const people = new Map(found.map((one) => [one.id, one]))
  return rows.map((row) => {
    const hands = people.get(row.id)
    return { ...row, independent: !hands || kinship.length > mostHands || isIndependent(actor.id, hands, kinship, since) }
  })
}
