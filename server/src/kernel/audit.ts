import type { Origin } from '@countersign/drizzle/schema/audit-entry.ts'
import type { DomainEvent, LineageEdge } from '@countersign/shared/events.ts'
import { sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import type { Tx } from './db.ts'
import { prepared } from './prepared.ts'

export type Entry = DomainEvent & { readonly id: string }
type Signature = { actorId: string | null; origin: Origin; now: Date }

/** Writes all entries of an operation in one statement, in the order they are told in; the database puts the place of its organisation beside each. */
export const writeEntries = async (
  tx: Tx,
  { actorId, origin, now }: Signature,
  events: readonly DomainEvent[],
): Promise<readonly Entry[]> => {
  const entries = events.map((event) => ({ id: uuid(), ...event }))
  await prepared(
    tx,
    sql`
    insert into audit_entry (id, at, type, actor_id, subject_id, organisation_id, origin, data, transaction_id)
    select e.id, ${now}, e.type, ${actorId}, e.subject, e.organisation, ${JSON.stringify(origin)}::jsonb, e.data, pg_current_xact_id()
    from jsonb_to_recordset(${JSON.stringify(entries)}::jsonb) as e (id uuid, type text, subject uuid, organisation uuid, data jsonb) order by e.id`,
  )
  return entries
}

export const writeLineage = async (tx: Tx, edges: readonly LineageEdge[], now: Date): Promise<void> => {
  if (edges.length === 0) return
  const rows = edges.map((edge) => ({ id: uuid(), kind: edge.kind, from_account: edge.from, to_account: edge.to, request: edge.requestId }))
  await prepared(
    tx,
    sql`
    insert into lineage (id, kind, from_account_id, to_account_id, request_id, at)
    select id, kind, from_account, to_account, request, ${now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e (id uuid, kind text, from_account uuid, to_account uuid, request uuid)`,
  )
}
