import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Actor, scopeOf } from '@countersign/shared/access/scope.ts'
import type { Request, RequestHandler, Response } from 'express'
import type { Person } from '../../kernel/actor.ts'
import { runCommitted } from '../../kernel/commit.ts'
import type { Db } from '../../kernel/db.ts'
import { whileIn } from '../../kernel/leaving.ts'
import { refusalIn } from '../../kernel/refused.ts'
import type { Request as Ours } from '../../trpc.ts'
import { recordWholeExport } from '../audit/record-export.ts'
import { ticketIn } from '../sessions/export-ticket.ts'
import { NotSealed, writeBundle } from './bundle.ts'

/** The log is one for the whole nation, and so is its bundle: nobody takes it whose role is over a part. */
export const mayTakeBundle = (actor: Actor): boolean => scopeOf(actor, 'audit:export').some(({ level }) => level === 'nation')

/** Writes the bundle as the answer; a log that finds no moment in which all of it is sealed is for another time. */
const send = async (exports: Db, { db, publicKeys }: Ours, person: Person, response: Response): Promise<void> => {
  const keys = { log: publicKeys.log, witnesses: publicKeys.witness ? [publicKeys.witness] : [] }
  try {
    await writeBundle(exports, { since: null, until: null }, keys, (lines) => {
      response.setHeader('Content-Type', 'application/x-ndjson')
      response.setHeader('Content-Disposition', 'attachment; filename="countersign-audit.ndjson"')
      return pipeline(Readable.from(whileIn(db, person, lines)), response)
    })
  } catch (error) {
    if (!(error instanceof NotSealed)) throw error
    response.status(503).json({ refusal: 'unavailable' })
  }
}

/** `GET /export/bundle.ndjson`: what `countersign export audit` writes, for an auditor who need not ask at the console. */
export const exportBundle =
  (exports: Db, context: (request: Request, response: Response) => Promise<Ours>): RequestHandler =>
  async (request, response) => {
    const ctx = await context(request, response)
    const { person } = ctx
    if (!person || !mayTakeBundle(person)) {
      response.status(person ? 403 : 401).json({ refusal: person ? 'not-permitted' : 'not-signed-in' })
      return
    }
    const told = { key: ctx.key, ticket: ticketIn(request.query), on: 'bundle', format: 'bundle', filter: '{}' } as const
    const refusal = await refusalIn(runCommitted(recordWholeExport, { db: ctx.db, actor: person, origin: ctx.origin }, told))
    if (refusal) response.status(409).json({ refusal })
    else await send(exports, ctx, person, response)
  }
