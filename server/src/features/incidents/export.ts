import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { scopeOf } from '@countersign/shared/access/scope.ts'
import { maySeeIncident } from '@countersign/shared/incidents/incident.ts'
import { stringify } from 'csv-stringify/sync'
import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { Person } from '../../kernel/actor.ts'
import { type Operation, runCommitted } from '../../kernel/commit.ts'
import type { Db } from '../../kernel/db.ts'
import type { Page } from '../../kernel/page.ts'
import type { Request as Ours } from '../../trpc.ts'
import type { Reader } from '../audit/audit.store.ts'
import { incidentDetail } from './detail.ts'
import { extent, type IncidentAccountRow } from './extent.store.ts'
import { incidents, type StoredIncident } from './incidents.store.ts'
import { story } from './story.store.ts'

const formats = ['json', 'accounts.csv', 'story.csv'] as const
type Format = (typeof formats)[number]

/** That an incident's file left the building, written before its first byte does. */
const recordExport: Operation<{ readonly incident: StoredIncident; readonly format: Format }, true> = async (
  _work,
  { incident, format },
) => ({
  value: true,
  events: [{ type: 'incident.exported', subject: incident.id, organisation: incident.organisationId, data: { format } }],
})

const inCsv = (row: readonly (string | number | boolean | null)[]): string =>
  stringify([[...row]], {
    escape_formulas: true,
    record_delimiter: 'windows',
    delimiter: ';',
    cast: { boolean: (value) => (value ? 'yes' : 'no') },
  })

type Asked = { readonly db: Db; readonly person: Person; readonly reader: Reader; readonly incidentId: string }

const accountsOf = async function* ({ db, reader, incidentId }: Asked): AsyncGenerator<IncidentAccountRow> {
  let after: string | undefined
  do {
    const page: Page<IncidentAccountRow> = await extent.accounts(db, reader.scope, incidentId, after, 1000)
    yield* page.rows
    after = page.next ?? undefined
  } while (after)
}

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
  // As spreadsheets in France open it.
  yield `\ufeff${inCsv(accountColumns)}`
  for await (const row of accountsOf(asked)) yield inCsv(accountColumns.map((column) => row[column]))
}

const storyCsv = async function* ({ db, reader, incidentId }: Asked): AsyncGenerator<string> {
  yield `\ufeff${inCsv(['at', 'type', 'actorId', 'actor', 'subjectKind', 'subjectId', 'subject', 'place', 'channel', 'address', 'data'])}`
  for await (const { at, type, actor, subject, place, channel, address, data } of story.all(db, reader, incidentId))
    yield inCsv([
      ...[at, type, actor?.id ?? null, actor?.name ?? null, subject.kind, subject.id, subject.name],
      ...[place, channel, address, JSON.stringify(data)],
    ])
}

const listed = async function* (rows: AsyncIterable<unknown>): AsyncGenerator<string> {
  let between = '\n'
  for await (const row of rows) {
    yield `${between}${JSON.stringify(row)}`
    between = ',\n'
  }
}

/** Everything in one document: the incident, its accounts, its story. */
const json = async function* (asked: Asked): AsyncGenerator<string> {
  const { db, person, reader, incidentId } = asked
  const { keep: _keep, ...incident } = await incidentDetail(db, person, incidentId)
  yield `{"incident":${JSON.stringify(incident)},\n"accounts":[`
  yield* listed(accountsOf(asked))
  yield '],\n"story":['
  yield* listed(story.all(db, reader, incidentId))
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
    const { db, person, origin } = await context(request, response)
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
    await runCommitted(recordExport, { db, actor: person, origin }, { incident, format })
    const { type, parts } = written[format]
    response.setHeader('Content-Type', type)
    response.setHeader('Content-Disposition', `attachment; filename="incident-${incidentId}.${format}"`)
    await pipeline(
      Readable.from(parts({ db, person, reader: { id: person.id, scope: scopeOf(person, 'incident:read') }, incidentId })),
      response,
    )
  }
