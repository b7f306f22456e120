import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { z } from 'zod'
import { departements, regions } from './geography.ts'
import type { Planned } from './tree.store.ts'
import { networkKey, trunk, unknownFields } from './trunk.ts'

export type Problem = { readonly line: number | null; readonly column: string; readonly reason: string }
export type ImportPlan = { readonly plan: readonly Planned[]; readonly problems: readonly Problem[]; readonly fileHash: string }

/** Mailboxes anybody can have: sharing one says nothing about belonging together. */
const freeMail = new Set([
  'gmail.com',
  'orange.fr',
  'wanadoo.fr',
  'free.fr',
  'hotmail.fr',
  'hotmail.com',
  'outlook.fr',
  'outlook.com',
  'yahoo.fr',
  'yahoo.com',
  'laposte.net',
  'sfr.fr',
  'neuf.fr',
  'live.fr',
  'bbox.fr',
  'numericable.fr',
  'aol.com',
  'icloud.com',
  'club-internet.fr',
  'nordnet.fr',
  'lagoon.nc',
  'mail.pf',
  'gmx.fr',
  'proton.me',
  'protonmail.com',
])

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
type Site = z.infer<typeof site> & { readonly line: number }

const required = ['id', 'name', 'email_domain', 'address', 'postcode', 'commune_code', 'departement_code', 'region_code'] as const

const windows = new TextDecoder('windows-1252')

/** "Vand\u009Cuvre": a directory that took Windows-1252 for Latin-1 on its way. What cannot be meant is read as what was. */
const mended = (text: string): string =>
  text.replace(/[\u0080-\u009f]/g, (character) => windows.decode(Uint8Array.of(character.charCodeAt(0))))

/** UTF-8 with or without its mark; what is not UTF-8 is Windows-1252, as spreadsheets write it. */
const decode = (bytes: Buffer): string => {
  try {
    return mended(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return windows.decode(bytes)
  }
}

const delimiterOf = (content: string): ',' | ';' => {
  const [header = ''] = content.split('\n', 1)
  return header.split(';').length > header.split(',').length ? ';' : ','
}

const readSites = async (content: string): Promise<{ sites: Site[]; problems: Problem[] }> => {
  const sites: Site[] = []
  const problems: Problem[] = []
  const parser = Readable.from([content]).pipe(
    parse({
      columns: (header: string[]) => header.map((name) => name.trim().toLowerCase()),
      delimiter: delimiterOf(content),
      bom: true,
      info: true,
      skip_empty_lines: true,
      max_record_size: 20_000,
    }),
  )
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: Record<string, string>; info: { lines: number } }>) {
      const missing = sites.length + problems.length === 0 ? required.filter((column) => !(column in record)) : []
      if (missing.length > 0)
        return { sites: [], problems: missing.map((column) => ({ line: 1, column, reason: 'this column is missing' })) }
      const parsed = site.safeParse(
        Object.fromEntries(Object.entries(record).filter(([key, value]) => value !== '' || (required as readonly string[]).includes(key))),
      )
      if (parsed.success) sites.push({ ...parsed.data, line: info.lines })
      else problems.push(...parsed.error.issues.map(({ path, message }) => ({ line: info.lines, column: path.join('.'), reason: message })))
    }
  } catch (error) {
    const at = error instanceof Error && 'lines' in error ? Number(error.lines) : null
    problems.push({ line: at, column: 'the line', reason: error instanceof Error ? error.message : 'cannot be read' })
  }
  const seen = new Set<string>()
  for (const { id, line } of sites) {
    if (seen.has(id)) problems.push({ line, column: 'id', reason: `${id} stands twice in the file` })
    seen.add(id)
  }
  return { sites, problems }
}

/** Places under one mail domain that is not free mail are one association; a place on free mail, or without, is its own. */
const associationOf = ({ id, email_domain }: Site): string =>
  email_domain && !freeMail.has(email_domain) ? `domain:${email_domain}` : `site:${id}`

const network = networkKey('mission-locale')

const structureName = (name: string): string => name.replace(/\s*[-–]\s*/, ' ').replace(/^Mission locale/i, 'Mission locale')

/** Reads a directory of missions locales into organisations: sites under structures, départements and regions. */
export const planImport = async (bytes: Buffer): Promise<ImportPlan> => {
  const fileHash = createHash('sha256').update(bytes).digest('hex')
  const { sites, problems } = await readSites(decode(bytes))
  const rows = new Map<string, Planned>(trunk.map((row) => [row.externalId, row]))
  const add = (row: Planned) => {
    if (!rows.has(row.externalId)) rows.set(row.externalId, row)
  }
  for (const members of Map.groupBy(sites, associationOf).values()) {
    const [head] = members
    if (!head) continue
    const region = `region:mission-locale:${head.region_code}`
    const departement = `departement:mission-locale:${head.departement_code}`
    const structure = `structure:${associationOf(head)}`
    add({
      ...unknownFields,
      externalId: region,
      level: 'region',
      parentExternalId: network,
      name: regions.get(head.region_code)?.nom ?? head.region_code,
    })
    add({
      ...unknownFields,
      externalId: departement,
      level: 'departement',
      parentExternalId: region,
      name: `${departements.get(head.departement_code)?.nom ?? ''} (${head.departement_code})`,
    })
    add({
      ...unknownFields,
      externalId: structure,
      level: 'structure',
      parentExternalId: departement,
      name: structureName(head.name),
      emailDomain: head.email_domain,
      communeCode: head.commune_code,
      conventionEndsOn: head.convention_ends_on ?? null,
    })
    for (const one of members)
      add({
        ...unknownFields,
        externalId: one.id,
        level: 'site',
        parentExternalId: structure,
        name: one.name,
        emailDomain: one.email_domain,
        address: one.address,
        postcode: one.postcode,
        communeCode: one.commune_code,
        caseload: one.caseload ?? 0,
      })
  }
  return { plan: [...rows.values()], problems, fileHash }
}
