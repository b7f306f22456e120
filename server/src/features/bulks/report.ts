import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { covers, scopeOf } from '@countersign/shared/access/scope.ts'
import { maySee } from '@countersign/shared/bulks/deciding.ts'
import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { runCommitted } from '../../kernel/commit.ts'
import type { Request as Ours } from '../../trpc.ts'
import { recordExport } from '../audit/record-export.ts'
import { bulks } from './bulks.store.ts'
import { reportOf } from './conclude.ts'

/** `GET /export/bulk/:bulkId.csv`: the report, streamed, for whoever sees all accounts of the bulk; that it left the building is written down. */
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
    const whole = bulk && (bulk.ordererId === person.id || covers(scopeOf(person, 'account:read'), bulk.place))
    if (!bulk || !whole || !maySee(person, bulk)) {
      response.status(404).json({ refusal: 'not-found' })
      return
    }
    const exported = { format: 'csv', filter: JSON.stringify({ bulk: bulk.id }) }
    await runCommitted(recordExport, { db: ctx.db, actor: person, origin: ctx.origin }, exported)
    response.setHeader('Content-Type', 'text/csv; charset=utf-8')
    response.setHeader('Content-Disposition', `attachment; filename="bulk-${bulk.id}.csv"`)
    await pipeline(Readable.from(reportOf(ctx.db, bulk.id)), response)
  }
