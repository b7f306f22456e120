import { plainText } from '@countersign/shared/text/fields.ts'
import { z } from 'zod'

/** Where a page ended: the sort key of its last row. Opaque to the client, checked when it comes back. */
const position = z
  .array(z.union([z.string(), z.number(), z.null()]))
  .min(1)
  .max(5)
export type Position = z.infer<typeof position>

export const encodeCursor = (values: Position): string => Buffer.from(JSON.stringify(values)).toString('base64url')

/** As the database writes one, and JSON: what is read more generously here would be an error there. */
const instant = /^(?!0000)\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}(?::?\d{2})?)$/

/** The database's type of each value of a sort key, and what such a value looks like. */
const shapes = {
  text: plainText(400),
  uuid: z.uuid(),
  integer: z.int32(),
  date: z.iso.date().refine((text) => !text.startsWith('0000')),
  timestamptz: z.string().refine((text) => text === '-infinity' || (instant.test(text) && !Number.isNaN(Date.parse(text)))),
} as const
export type Cast = keyof typeof shapes

/** The position a cursor stands for; null for garbage, which then reads as the first page. */
export const decodeCursor = (cursor: string | undefined, casts: readonly Cast[]): Position | null => {
  if (!cursor) return null
  try {
    const values = position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
    return values.length === casts.length && casts.every((cast, index) => shapes[cast].safeParse(values[index]).success) ? values : null
  } catch {
    return null
  }
}

export type Page<Row> = { readonly rows: readonly Row[]; readonly next: string | null }

/** Cuts `limit + 1` fetched rows into a page: whether there is more is known without counting. */
export const toPage = <Row>(fetched: readonly Row[], limit: number, key: (row: Row) => Position): Page<Row> => {
  const rows = fetched.slice(0, limit)
  const last = rows.at(-1)
  return { rows, next: fetched.length > limit && last ? encodeCursor(key(last)) : null }
}

/** What a paged query takes beside its filters; `direction` is sent by the client's infinite lists, which only go forward here. */
export const paging = { cursor: z.string().max(2_000).optional(), direction: z.literal('forward').optional() }

/** Every page of a list, one after the other: all of it, in bounded memory. */
export const everyPage = async function* <Row>(fetch: (after: string | undefined) => Promise<Page<Row>>): AsyncGenerator<readonly Row[]> {
  let after: string | undefined
  do {
    const page: Page<Row> = await fetch(after)
    yield page.rows
    after = page.next ?? undefined
  } while (after)
}
