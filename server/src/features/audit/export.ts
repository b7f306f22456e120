import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { scopeOf } from '@countersign/shared/access/scope.ts'
import { type ListAudit, listAudit } from '@countersign/shared/audit/listing.ts'
import { stringify } from 'csv-stringify'
import type { RequestHandler } from 'express'
import { z } from 'zod'
import type { Person } from '../../kernel/actor.ts'
import { runCommitted } from '../../kernel/commit.ts'
import { whileIn } from '../../kernel/leaving.ts'
import type { Request as Ours } from '../../trpc.ts'
import { type AuditRow, audit } from './audit.store.ts'
import { recordExport } from './record-export.ts'

const columns = ['at', 'type', 'actorId', 'actor', 'subjectKind', 'subjectId', 'subject', 'place', 'channel', 'address', 'data'] as const

const flat = (row: AuditRow): Record<(typeof columns)[number], string> => ({
  at: row.at,
  type: row.type,
  actorId: row.actor?.id ?? '',
  actor: row.actor?.name ?? '',
  subjectKind: row.subject.kind,
  subjectId: row.subject.id,
  subject: row.subject.name ?? '',
  place: row.place ?? '',
  channel: row.channel,
  address: row.address ?? '',
  data: JSON.stringify(row.data),
})

const formats = {
  csv: {
    type: 'text/csv; charset=utf-8',
    lines: (rows: Readable) => [rows, stringify({ header: true, columns: [...columns], bom: true, escape_formulas: true })] as const,
  },
  ndjson: { type: 'application/x-ndjson', lines: (rows: Readable) => [rows] as const },
} as const

const lines = async function* (rows: AsyncGenerator<AuditRow>, format: keyof typeof formats) {
  for await (const row of rows) yield format === 'csv' ? flat(row) : `${JSON.stringify(row)}\n`
}

/** `GET /export/audit.csv` and `.ndjson`, with the filters of the page: streamed, safe to open in a spreadsheet, and written down. */
export const exportAudit =
  (context: (request: Parameters<RequestHandler>[0], response: Parameters<RequestHandler>[1]) => Promise<Ours>): RequestHandler =>
  async (request, response) => {
    const format = z.enum(['csv', 'ndjson']).safeParse(request.params['format'])
    const filters = listAudit.safeParse(request.query)
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
    await runCommitted(
      recordExport,
      { db: ctx.db, actor: person, origin: ctx.origin },
      { format: format.data, filter: JSON.stringify(wanted) },
    )
    const { type, lines: through } = formats[format.data]
    response.setHeader('Content-Type', type)
    response.setHeader('Content-Disposition', `attachment; filename="audit.${format.data}"`)
    const source = Readable.from(whileIn(ctx.db, person, lines(audit.all(ctx.db, { id: person.id, scope }, wanted), format.data)), {
      objectMode: format.data === 'csv',
    })
    await pipeline([...through(source), response])
  }
