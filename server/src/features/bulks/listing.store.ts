import { bulk } from '@countersign/drizzle/schema/bulk.ts'
import { type Actor, scopeOf } from '@countersign/shared/access/scope.ts'
import type { BulkStatus, BulkStep, BulkVerb } from '@countersign/shared/bulks/bulk.ts'
import type { RequestStatus } from '@countersign/shared/requests/status.ts'
import { and, desc, eq, inArray, or, sql } from 'drizzle-orm'
import type { Db } from '../../kernel/db.ts'
import { decodeCursor, type Page, toPage } from '../../kernel/page.ts'
import { within } from '../../kernel/scope.ts'

export type BulkRow = {
  readonly id: string
  readonly verb: BulkVerb
  readonly status: BulkStatus
  readonly step: BulkStep
  readonly mass: boolean
  readonly planned: number
  readonly done: number
  readonly skipped: number
  readonly orderer: string
  readonly place: string
  /** What became of the countersignature it asked for. */
  readonly asked: RequestStatus | null
  readonly at: string
}

export const bulkListing = {
  /** What works or waits within one's scope: for the first screen. */
  async working(db: Db, actor: Actor): Promise<readonly BulkRow[]> {
    return (await bulkListing.page(db, actor, { limit: 20, only: ['running', 'paused', 'waiting'] })).rows.slice(0, 5)
  },

  /** Of one's scope and one's own, newest first; dry runs of others are nobody's business. */
  async page(
    db: Db,
    actor: Actor,
    { after, limit = 50, only }: { after?: string | undefined; limit?: number; only?: readonly BulkStatus[] },
  ): Promise<Page<BulkRow>> {
    const cursor = decodeCursor(after, ['timestamptz', 'uuid'])
    // Yesterday's dry runs describe yesterday.
    const mine = and(eq(bulk.ordererId, actor.id), sql`(${bulk.status} <> 'previewed' or ${bulk.previewedAt} > now() - interval '1 day')`)
    const seen = or(mine, and(sql`${bulk.status} <> 'previewed'`, within(scopeOf(actor, 'account:read'), bulk)))
    const rows = await db
      .select({
        id: bulk.id,
        verb: bulk.verb,
        status: bulk.status,
        step: bulk.step,
        mass: bulk.mass,
        planned: bulk.planned,
        done: bulk.done,
        skipped: bulk.skipped,
        orderer: sql<string>`(select a.given_name || ' ' || a.family_name from account a where a.id = bulk.orderer_id)`,
        place: sql<string>`(select o.name from organisation o where o.id = bulk.organisation_id)`,
        asked: sql<RequestStatus | null>`(select r.status from request r where r.id = bulk.request_id)`,
        at: sql<string>`to_json(bulk.previewed_at)#>>'{}'`,
      })
      .from(bulk)
      .where(
        and(
          seen,
          only ? inArray(bulk.status, [...only]) : undefined,
          cursor ? sql`(bulk.previewed_at, bulk.id) < (${cursor[0]}::timestamptz, ${cursor[1]}::uuid)` : undefined,
        ),
      )
      .orderBy(desc(bulk.previewedAt), desc(bulk.id))
      .limit(limit + 1)
    return toPage<BulkRow>(rows, limit, (row) => [row.at, row.id])
  },
}
