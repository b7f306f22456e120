import { createHash, type Hash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { z } from 'zod'
import { departements, regions } from './geography.ts'

export type Problem = { readonly line: number | null; readonly column: string; readonly reason: string }
export type Directory = { readonly sites: readonly Site[]; readonly problems: readonly Problem[]; readonly fileHash: string }

const text = (max: number) =>
  z
    .string()
    .transform((value) => value.normalize('NFKC').replace(/\s+/g, ' ').trim())
    .refine((value) => value.length <= max, `is longer than ${max} characters`)
    .refine((value) => !/\p{Cc}/u.test(value), 'holds control characters')
const optional = (max: number) => text(max).transform((value) => value || null)

const site = z.object({
  id: text(120).refine((value) => value !== '', 'is empty'),
  name: text(200).refine((value) => value !== '', 'is empty'),
  email_domain: optional(253)
    .transform((value) => value?.toLowerCase() ?? null)
    .refine((value) => value === null || /^[a-z0-9.-]+\.[a-z]{2,}$/.test(value), 'is not a mail domain'),
  address: optional(300),
  postcode: optional(10).refine((value) => value === null || /^\d{5}$/.test(value), 'is not five digits'),
  commune_code: optional(5).refine((value) => value === null || /^(\d{5}|2[AB]\d{3})$/.test(value), 'is not a commune code'),
  commune: optional(120).optional(),
  departement_code: text(3).refine((value) => departements.has(value), 'is not a département'),
  region_code: text(2).refine((value) => regions.has(value), 'is not a region'),
  caseload: z.coerce
    .number('is not a number')
    .int('is not a whole number')
    .min(0, 'is negative')
    .max(10_000_000, 'is too large')
    .optional(),
  convention_ends_on: z.iso.date('is not a date such as 2027-12-31').optional(),
})
/** One place of the directory, as it stands in its line. */
export type Site = z.infer<typeof site>

const required = ['id', 'name', 'email_domain', 'address', 'postcode', 'commune_code', 'departement_code', 'region_code'] as const

const windows = new TextDecoder('windows-1252')

/** "Vand\u009Cuvre": a directory that took Windows-1252 for Latin-1 on its way. What cannot be meant is read as what was. */
const mended = (text: string): string =>
  text.replace(/[\u0080-\u009f]/g, (character) => windows.decode(Uint8Array.of(character.charCodeAt(0))))

/** Opens the file from its start; called twice, so that no more than a chunk of it is ever held. */
export type OpenFile = () => AsyncIterable<Uint8Array>

type Manner = { readonly encoding: 'utf-8' | 'windows-1252'; readonly delimiter: ',' | ';' }

const longestLine = 20_000

/** How the file is written: UTF-8 with or without its mark, and what is not UTF-8 is Windows-1252, as spreadsheets write it. */
const mannerOf = async (open: OpenFile): Promise<Manner> => {
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  const isUtf8 = (chunk?: Uint8Array): boolean => {
    try {
      utf8.decode(chunk, { stream: chunk !== undefined })
      return true
    } catch {
      return false
    }
  }
  let header = ''
  let whole = true
  for await (const chunk of open()) {
    const headerEnds = /[\r\n]/.test(header) || header.length >= longestLine
    if (!headerEnds) header += windows.decode(chunk.subarray(0, longestLine))
    whole = whole && isUtf8(chunk)
    if (!whole && headerEnds) break
  }
  const [names = ''] = header.split(/[\r\n]/, 1)
  return {
    encoding: whole && isUtf8() ? 'utf-8' : 'windows-1252',
    delimiter: names.split(';').length > names.split(',').length ? ';' : ',',
  }
}

/** The file's text as it comes, letters whole; `hash` takes in the very bytes that were read as rows. */
async function* textOf(open: OpenFile, encoding: Manner['encoding'], hash: Hash): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  for await (const chunk of open()) {
    hash.update(chunk)
    const text = decoder.decode(chunk, { stream: true })
    yield encoding === 'utf-8' ? mended(text) : text
  }
  yield decoder.decode()
}

/** A file this wrong is another file: the rest of it would tell nobody more. */
const mostProblems = 1000

/** Reads a directory of places, in a stream. Each line that is wrong is said with its number, its column and why; never throws for what a file holds. */
export const readDirectory = async (open: OpenFile): Promise<Directory> => {
  const { encoding, delimiter } = await mannerOf(open)
  const hash = createHash('sha256')
  const sites: Site[] = []
  const problems: Problem[] = []
  const seen = new Set<string>()
  const parser = parse({
    columns: (header: string[]) => header.map((name) => name.trim().toLowerCase()),
    delimiter,
    bom: true,
    info: true,
    skip_empty_lines: true,
    max_record_size: longestLine,
  })
  const flow = pipeline(textOf(open, encoding, hash), parser)
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: Record<string, string>; info: { lines: number } }>) {
      const missing = sites.length + problems.length === 0 ? required.filter((column) => !(column in record)) : []
      problems.push(...missing.map((column) => ({ line: 1, column, reason: 'this column is missing' })))
      if (missing.length > 0) break
      const parsed = site.safeParse(
        Object.fromEntries(Object.entries(record).filter(([key, value]) => value !== '' || (required as readonly string[]).includes(key))),
      )
      if (!parsed.success)
        problems.push(...parsed.error.issues.map(({ path, message }) => ({ line: info.lines, column: path.join('.'), reason: message })))
      else if (seen.has(parsed.data.id))
        problems.push({ line: info.lines, column: 'id', reason: `${parsed.data.id} stands twice in the file` })
      else {
        seen.add(parsed.data.id)
        sites.push(parsed.data)
      }
      if (problems.length >= mostProblems) {
        problems.push({ line: info.lines, column: 'the line', reason: 'too much is wrong: reading ended here' })
        break
      }
    }
  } catch (error) {
    const at = error instanceof Error && 'lines' in error ? Number(error.lines) : null
    problems.push({ line: at, column: 'the line', reason: error instanceof Error ? error.message : 'cannot be read' })
  }
  parser.destroy()
  await flow.catch(() => undefined)
  return { sites, problems, fileHash: hash.digest('hex') }
}
