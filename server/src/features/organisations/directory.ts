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
    .refine((value) => !/[\p{Cc}\p{Cf}]/u.test(value), 'holds control or invisible characters')
const optional = (max: number) => text(max).transform((value) => value || null)

const site = z.object({
  id: text(120)
    .refine((value) => value !== '', 'is empty')
    .refine((value) => !/^(nation$|(network|region|departement|structure):)/i.test(value), 'is a name the import gives itself'),
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

type Manner = { readonly encoding: 'utf-8' | 'windows-1252'; readonly delimiter: ',' | ';'; readonly fileHash: string }

const longestLine = 20_000

/** Letters of UTF-8 beside bytes that are none: something went wrong on the way here, and guessing would garble every accent. */
const mixed = (line: number): Problem => ({
  line,
  column: 'the line',
  reason: 'holds a letter that is not UTF-8 in a file that otherwise is: save it again, as UTF-8',
})

/**
 * How the file is written: UTF-8 with or without its mark, and what holds no letter of UTF-8 at all is Windows-1252, as spreadsheets
 * write it.
 */
const mannerOf = async (open: OpenFile): Promise<Manner | Problem> => {
  const hash = createHash('sha256')
  const utf8 = new TextDecoder()
  const strict = new TextDecoder('utf-8', { fatal: true })
  const isUtf8 = (chunk?: Uint8Array): boolean => {
    try {
      strict.decode(chunk, { stream: chunk !== undefined })
      return true
    } catch {
      return false
    }
  }
  let proper = true
  let [header, lines, foreign, letters] = ['', 1, 0, false]
  const look = (text: string) => {
    if (header.length < longestLine) header = (header + text).trimStart()
    letters ||= /[^\0-\x7f\ufffd]/.test(text)
    if (foreign === 0 && text.includes('\ufffd')) foreign = lines + text.slice(0, text.indexOf('\ufffd')).split('\n').length - 1
    lines += text.split('\n').length - 1
  }
  for await (const chunk of open()) {
    hash.update(chunk)
    proper = proper && isUtf8(chunk)
    look(utf8.decode(chunk, { stream: true }))
  }
  look(utf8.decode())
  proper = proper && isUtf8()
  if (!proper && letters) return mixed(foreign)
  const [names = ''] = header.split(/[\r\n]/, 1)
  return {
    encoding: proper ? 'utf-8' : 'windows-1252',
    delimiter: names.split(';').length > names.split(',').length ? ';' : ',',
    fileHash: hash.digest('hex'),
  }
}

/** The file's text as it comes, letters whole; `hash` takes in the very bytes that were read as rows. */
async function* textOf(open: OpenFile, encoding: Manner['encoding'], hash: Hash): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding)
  for await (const chunk of open()) {
    hash.update(chunk)
    const text = decoder.decode(chunk, { stream: true })
    yield encoding === 'utf-8' ? mended(text) : text
  }
  yield decoder.decode()
}

/** A file this wrong is another file: the rest of it would tell nobody more. */
const mostProblems = 1000

/** What is wrong with the first line; one without names is no first line. */
const headerProblems = (names: readonly string[]): readonly Problem[] => [
  ...required
    .filter((column) => names.length > 0 && !names.includes(column))
    .map((column) => ({ line: 1, column, reason: 'this column is missing' })),
  ...names
    .filter((name, index) => name !== '' && names.indexOf(name) !== index)
    .map((column) => ({ line: 1, column, reason: 'this column stands twice' })),
]

type Row = { readonly record: { readonly [column: string]: string }; readonly info: { readonly lines: number } }

const readRow = ({ record, info: { lines } }: Row, seen: ReadonlySet<string>): Site | readonly Problem[] => {
  const given = Object.entries(record).filter(([key, value]) => value !== '' || (required as readonly string[]).includes(key))
  const { success, data, error } = site.safeParse(Object.fromEntries(given))
  if (!success) return error.issues.map(({ path, message }) => ({ line: lines, column: path.join('.'), reason: message }))
  return seen.has(data.id) ? [{ line: lines, column: 'id', reason: `${data.id} stands twice in the file` }] : data
}

/** What is only known at the end: that there was nothing, or that what was looked at first is not what was read. */
const wholeProblems = ({ sites, problems }: Pick<Directory, 'sites' | 'problems'>, changed: () => boolean): readonly Problem[] => {
  if (problems.length > 0) return []
  if (sites.length === 0) return [{ line: null, column: 'the file', reason: 'holds no place' }]
  return changed() ? [{ line: null, column: 'the file', reason: 'changed while it was read' }] : []
}

/** Reads a directory of places, in a stream. Each line that is wrong is said with its number, its column and why; never throws for what a file holds. */
export const readDirectory = async (open: OpenFile): Promise<Directory> => {
  const manner = await mannerOf(open)
  if (!('encoding' in manner)) return { sites: [], problems: [manner], fileHash: '' }
  const hash = createHash('sha256')
  const sites: Site[] = []
  const problems: Problem[] = []
  const seen = new Set<string>()
  const parser = parse({
    columns: (header: string[]) => {
      const names = header.map((name) => name.trim().toLowerCase())
      problems.push(...headerProblems(names))
      return names
    },
    delimiter: manner.delimiter,
    bom: true,
    info: true,
    skip_empty_lines: true,
    max_record_size: longestLine,
  })
  const flow = pipeline(textOf(open, manner.encoding, hash), parser)
  try {
    for await (const row of parser as AsyncIterable<Row>) {
      // A wrong header makes every line wrong.
      if (problems.some(({ line }) => line === 1)) break
      const read = readRow(row, seen)
      if ('id' in read) {
        seen.add(read.id)
        sites.push(read)
      } else problems.push(...read)
      if (problems.length >= mostProblems) {
        problems.push({ line: row.info.lines, column: 'the line', reason: 'too much is wrong: reading ended here' })
        break
      }
    }
  } catch (error) {
    const at = error instanceof Error && 'lines' in error ? Number(error.lines) : null
    problems.push({ line: at, column: 'the line', reason: error instanceof Error ? error.message : 'cannot be read' })
  }
  parser.destroy()
  await flow.catch(() => undefined)
  problems.push(...wholeProblems({ sites, problems }, () => hash.digest('hex') !== manner.fileHash))
  return { sites, problems, fileHash: manner.fileHash }
}
