import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { scopeOf } from '@countersign/shared/access/scope.ts'
import { maySee } from '@countersign/shared/bulks/deciding.ts'
import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { type Operation, runCommitted } from '../../kernel/commit.ts'
import { whileIn } from '../../kernel/leaving.ts'
import { refusalIn } from '../../kernel/refused.ts'
import type { Request as Ours } from '../../trpc.ts'
import { takeTicket, ticketIn } from '../sessions/export-ticket.ts'
import { bulks, type StoredBulk } from './bulks.store.ts'
import { reportOf } from './conclude.ts'
import { bulkLines } from './lines.store.ts'

/** That a report left the building, written before its first byte does. */
const recordReport: Operation<{ readonly bulk: StoredBulk; readonly key: Buffer; readonly ticket: string | null }, true> = async (
  work,
  { bulk: { id, organisationId, reportHash }, key, ticket },
) => {
  await takeTicket(work, { key }, { on: id, ticket })
  return { value: true, events: [{ type: 'bulk.reported', subject: id, organisation: organisationId, data: { reportHash } }] }
}

/** `GET /export/bulk/:bulkId.csv`: the report, streamed, for whoever sees all accounts of the bulk. */
export const exportReport =
  (context: (request: Request, response: Response) => Promise<Ours>): RequestHandler =>
  async (request, response) => {
    const ctx = await context(request, response)
    const person = ctx.person
    if (!person) {
      response.status(401).json({ refusal: 'not-signed-in' })
      return
    }
    const id = z.uuid().safeParse(request.params['bulkId'])
    const bulk = id.success ? await bulks.read(ctx.db, id.data) : null
    const scope = scopeOf(person, 'account:read')
    const whole = bulk && maySee(person, bulk) && !(await bulkLines.reachBeyond(ctx.db, bulk.id, scope))
    if (!bulk || !whole) {
      response.status(404).json({ refusal: 'not-found' })
      return
    }
    const ticket = ticketIn(request.query)
    const input = { bulk, key: ctx.key, ticket }
    const refusal = await refusalIn(runCommitted(recordReport, { db: ctx.db, actor: person, origin: ctx.origin }, input))
    if (refusal) {
      response.status(409).json({ refusal })
      return
    }
    response.setHeader('Content-Type', 'text/csv; charset=utf-8')
    response.setHeader('Content-Disposition', `attachment; filename="bulk-${bulk.id}.csv"`)
    await pipeline(Readable.from(whileIn(ctx.db, person, reportOf(ctx.db, bulk.id))), response)
  }
