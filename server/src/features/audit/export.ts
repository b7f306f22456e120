import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { scopeOf } from '@countersign/shared/access/scope.ts'
import { type ListAudit, listAudit } from '@countersign/shared/audit/listing.ts'
import type { RequestHandler } from 'express'
import { z } from 'zod'
import type { Person } from '../../kernel/actor.ts'
import { runCommitted } from '../../kernel/commit.ts'
import { bom, inCsv } from '../../kernel/csv.ts'
import { whileIn } from '../../kernel/leaving.ts'
import { refusalIn } from '../../kernel/refused.ts'
import type { Request as Ours } from '../../trpc.ts'
import { ticketIn } from '../sessions/export-ticket.ts'
import { type AuditRow, audit } from './audit.store.ts'
import { recordWholeExport } from './record-export.ts'

const columns = ['at', 'type', 'actorId', 'actor', 'subjectKind', 'subjectId', 'subject', 'place', 'channel', 'address', 'data'] as const

const cells = (row: AuditRow): readonly (string | null)[] => [
  ...[row.at, row.type, row.actor?.id ?? null, row.actor?.name ?? null, row.subject.kind, row.subject.id, row.subject.name],
  ...[row.place, row.channel, row.address, JSON.stringify(row.data)],
]

type Pages = AsyncIterable<readonly AuditRow[]>

const formats = {
  csv: {
    type: 'text/csv; charset=utf-8',
    parts: async function* (pages: Pages) {
      yield `${bom}${inCsv([columns])}`
      for await (const rows of pages) yield inCsv(rows.map(cells))
    },
  },
  ndjson: {
    type: 'application/x-ndjson',
    parts: async function* (pages: Pages) {
      for await (const rows of pages) yield rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    },
  },
} as const satisfies Record<string, { type: string; parts: (pages: Pages) => AsyncGenerator<string> }>

/** `GET /export/audit.csv` and `.ndjson`, with the filters of the page: streamed, safe to open in a spreadsheet, and written down. */
export const exportAudit =
  (context: (request: Parameters<RequestHandler>[0], response: Parameters<RequestHandler>[1]) => Promise<Ours>): RequestHandler =>
  async (request, response) => {
    const format = z.enum(['csv', 'ndjson']).safeParse(request.params['format'])
    const { ticket: _ticket, ...query } = request.query
    const filters = listAudit.safeParse(query)
    const ctx = await context(request, response)
    const person: Person | null = ctx.person
    const scope = person ? scopeOf(person, 'audit:export') : []
    if (!person || scope.length === 0) {
      response.status(person ? 403 : 401).json({ refusal: person ? 'not-permitted' : 'not-signed-in' })
      return
    }
    if (!format.success || !filters.success) {
      response.status(404).json({ refusal: 'not-found' })
      return
    }
    const wanted: ListAudit = filters.data
    const refusal = await refusalIn(
      runCommitted(
        recordWholeExport,
        { db: ctx.db, actor: person, origin: ctx.origin },
        { key: ctx.key, ticket: ticketIn(request.query), on: 'audit', format: format.data, filter: JSON.stringify(wanted) },
      ),
    )
    if (refusal) {
      response.status(409).json({ refusal })
      return
    }
    const { type, parts } = formats[format.data]
    response.setHeader('Content-Type', type)
    response.setHeader('Content-Disposition', `attachment; filename="audit.${format.data}"`)
    const pages = audit.pages(ctx.db, { id: person.id, scope }, wanted)
    await pipeline(Readable.from(whileIn(ctx.db, person, parts(pages))), response)
  }
