import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { holds } from '@countersign/shared/access/scope.ts'
import { type ListAccounts, strictListing } from '@countersign/shared/accounts/listing.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { Person } from '../../kernel/actor.ts'
import { type Operation, runCommitted } from '../../kernel/commit.ts'
import { bom, inCsv } from '../../kernel/csv.ts'
import type { Db } from '../../kernel/db.ts'
import { whileIn } from '../../kernel/leaving.ts'
import { Refused } from '../../kernel/refused.ts'
import type { Request as Ours } from '../../trpc.ts'
import { takeTicket } from '../sessions/export-ticket.ts'
import { type AccountRow, accountListing } from './listing.store.ts'

const wanted = z.strictObject({ filter: strictListing, ticket: z.string().max(43).nullable() })

type Recording = { readonly key: Buffer; readonly filter: ListAccounts; readonly ticket: string | null }

/** That a list left the building, with its filter and its length, before its first byte does; and only behind a proof of just now. */
const recordExport: Operation<Recording, true> = async (work, { key, filter, ticket }) => {
  const { tx, actor } = work
  await takeTicket(work, { key }, { on: 'accounts', ticket })
  const count = await accountListing.count(tx, actor, filter)
  const data = { count, filter: JSON.stringify(filter) }
  return { value: true, events: [{ type: 'accounts.exported', subject: actor.id, organisation: actor.organisationId, data }] }
}

const columns = [
  ...(['id', 'login', 'familyName', 'givenName', 'email', 'status', 'place', 'detail', 'profileId', 'roles', 'reach', 'endsOn'] as const),
  ...(['createdAt', 'lastSignInAt'] as const),
] as const satisfies readonly (keyof AccountRow)[]

/** Who is out reaches nothing, in a file as on the screen. */
const reachOf = ({ status, reach }: AccountRow): number => (status === 'active' ? reach : 0)

const parts = async function* (db: Db, person: Person, filter: ListAccounts): AsyncGenerator<string> {
  yield `${bom}${inCsv([columns])}`
  for await (const rows of accountListing.pages(db, person, filter))
    yield inCsv(
      rows.map((row) =>
        columns.map((column) => (column === 'roles' ? row.roles.join(' ') : column === 'reach' ? reachOf(row) : row[column])),
      ),
    )
}

type No = { readonly status: 400 | 401 | 403 | 409 | 429; readonly refusal: RefusalCode }
type Yes = { readonly person: Person; readonly filter: ListAccounts }

/** Who may have which list; written down before it is answered. */
const asked = async ({ db, person, origin, key, limits }: Ours, body: unknown): Promise<No | Yes> => {
  if (!person) return { status: 401, refusal: 'not-signed-in' }
  if (!holds(person, 'account:read')) return { status: 403, refusal: 'not-permitted' }
  const read = wanted.safeParse(body)
  if (!read.success) return { status: 400, refusal: 'not-found' }
  if (!(await limits.allow('export', person.id))) return { status: 429, refusal: 'too-many' }
  const { filter, ticket } = read.data
  try {
    await accountListing.holdOrder(db, person, filter)
    await runCommitted(recordExport, { db, actor: person, origin }, { key, filter, ticket })
    return { person, filter }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { status: 409, refusal: error.code }
  }
}

const answered = async (ctx: Ours, request: Request, response: Response): Promise<void> => {
  const answer = await asked(ctx, request.body)
  if ('refusal' in answer) {
    response.status(answer.status).json({ refusal: answer.refusal })
    return
  }
  response.setHeader('Content-Type', 'text/csv; charset=utf-8')
  response.setHeader('Content-Disposition', 'attachment; filename="accounts.csv"')
  await pipeline(Readable.from(whileIn(ctx.db, answer.person, parts(ctx.db, answer.person, answer.filter))), response)
}

/**
 * `POST /export/accounts.csv`: the list as it is filtered and sorted, streamed and safe to open in a spreadsheet. A refusal is JSON with a
 * code; nothing leaves before the entry is written.
 */
export const exportList =
  (context: (request: Request, response: Response) => Promise<Ours>): RequestHandler =>
  async (request, response) => {
    const ctx = await context(request, response)
    const end = ctx.person ? ctx.limits.begin('stream', ctx.person.id) : () => undefined
    if (!end) {
      response.status(429).json({ refusal: 'too-many' })
      return
    }
    try {
      await answered(ctx, request, response)
    } finally {
      end()
    }
  }
