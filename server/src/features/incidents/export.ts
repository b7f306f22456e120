import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { scopeOf } from '@countersign/shared/access/scope.ts'
import { maySeeIncident } from '@countersign/shared/incidents/incident.ts'
import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { Person } from '../../kernel/actor.ts'
import { type Operation, runCommitted } from '../../kernel/commit.ts'
import { bom, inCsv } from '../../kernel/csv.ts'
import type { Db } from '../../kernel/db.ts'
import { whileIn } from '../../kernel/leaving.ts'
import { everyPage } from '../../kernel/page.ts'
import { refusalIn } from '../../kernel/refused.ts'
import type { Request as Ours } from '../../trpc.ts'
import type { AuditRow, Reader } from '../audit/audit.store.ts'
import { takeTicket, ticketIn } from '../sessions/export-ticket.ts'
import { incidentDetail } from './detail.ts'
import { extent, type IncidentAccountRow } from './extent.store.ts'
import { incidents, type StoredIncident } from './incidents.store.ts'
import { story } from './story.store.ts'

const formats = ['json', 'accounts.csv', 'story.csv'] as const
type Format = (typeof formats)[number]

/** That an incident's file left the building, written before its first byte does. */
const recordExport: Operation<
  { readonly incident: StoredIncident; readonly format: Format; readonly key: Buffer; readonly ticket: string | null },
  true
> = async (work, { incident, format, key, ticket }) => {
  await takeTicket(work, { key }, { on: incident.id, ticket })
  return {
    value: true,
    events: [{ type: 'incident.exported', subject: incident.id, organisation: incident.organisationId, data: { format } }],
  }
}

type Asked = { readonly db: Db; readonly person: Person; readonly reader: Reader; readonly incidentId: string }

const accountsOf = ({ db, reader, incidentId }: Asked): AsyncGenerator<readonly IncidentAccountRow[]> =>
  everyPage((after) => extent.accounts(db, reader.scope, incidentId, after, 1000))

const accountColumns = [
  'accountId',
  'login',
  'name',
  'email',
  'place',
  'status',
  'contained',
  'kind',
  'touchedBy',
  'since',
  'reached',
  'files',
] as const satisfies readonly (keyof IncidentAccountRow)[]

const accountsCsv = async function* (asked: Asked): AsyncGenerator<string> {
  yield `${bom}${inCsv([accountColumns])}`
  for await (const rows of accountsOf(asked)) yield inCsv(rows.map((row) => accountColumns.map((column) => row[column])))
}

const toldIn = ({ at, type, actor, subject, place, channel, address, data }: AuditRow) => [
  ...[at, type, actor?.id ?? null, actor?.name ?? null, subject.kind, subject.id, subject.name],
  ...[place, channel, address, JSON.stringify(data)],
]

const storyCsv = async function* ({ db, reader, incidentId }: Asked): AsyncGenerator<string> {
  yield `${bom}${inCsv([['at', 'type', 'actorId', 'actor', 'subjectKind', 'subjectId', 'subject', 'place', 'channel', 'address', 'data']])}`
  for await (const rows of story.pages(db, reader, incidentId)) yield inCsv(rows.map(toldIn))
}

const listed = async function* (pages: AsyncIterable<readonly unknown[]>): AsyncGenerator<string> {
  let between = '\n'
  for await (const rows of pages)
    for (const row of rows) {
      yield `${between}${JSON.stringify(row)}`
      between = ',\n'
    }
}

/** Everything in one document: the incident, its accounts, its story. */
const json = async function* (asked: Asked): AsyncGenerator<string> {
  const { db, person, reader, incidentId } = asked
  // What the reader may do is nothing about the incident.
  const { keep: _keep, reopen: _reopen, ...incident } = await incidentDetail(db, person, incidentId)
  yield `{"incident":${JSON.stringify(incident)},\n"accounts":[`
  yield* listed(accountsOf(asked))
  yield '],\n"story":['
  yield* listed(story.pages(db, reader, incidentId))
  yield ']}\n'
}

const written = {
  json: { type: 'application/json; charset=utf-8', parts: json },
  'accounts.csv': { type: 'text/csv; charset=utf-8', parts: accountsCsv },
  'story.csv': { type: 'text/csv; charset=utf-8', parts: storyCsv },
} as const satisfies Record<Format, { type: string; parts: (asked: Asked) => AsyncGenerator<string> }>

/** `GET /export/incident/:incidentId/:format`: the file as `json`, `accounts.csv` or `story.csv`, streamed, for whoever sees the incident. */
export const exportIncident =
  (context: (request: Request, response: Response) => Promise<Ours>): RequestHandler =>
  async (request, response) => {
    const { db, person, origin, key } = await context(request, response)
    if (!person) {
      response.status(401).json({ refusal: 'not-signed-in' })
      return
    }
    const asked = z
      .object({ incidentId: z.uuid(), format: z.enum(formats) })
      .safeParse({ incidentId: request.params['incidentId'], format: request.params['format'] })
    const incident = asked.success ? await incidents.read(db, asked.data.incidentId) : null
    if (!asked.success || !incident || !maySeeIncident(person, incident)) {
      response.status(404).json({ refusal: 'not-found' })
      return
    }
    const { incidentId, format } = asked.data
    const ticket = ticketIn(request.query)
    const refusal = await refusalIn(runCommitted(recordExport, { db, actor: person, origin }, { incident, format, key, ticket }))
    if (refusal) {
      response.status(409).json({ refusal })
      return
    }
    const { type, parts } = written[format]
    response.setHeader('Content-Type', type)
    response.setHeader('Content-Disposition', `attachment; filename="incident-${incidentId}.${format}"`)
    await pipeline(
      Readable.from(
        whileIn(db, person, parts({ db, person, reader: { id: person.id, scope: scopeOf(person, 'incident:read') }, incidentId })),
      ),
      response,
    )
  }
