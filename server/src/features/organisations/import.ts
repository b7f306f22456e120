import { type OpenFile, type Problem, readDirectory, type Site } from './directory.ts'
import { departements, regions } from './geography.ts'
import type { Planned } from './tree.store.ts'
import { networkKey, trunk, unknownFields } from './trunk.ts'

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

/** Places under one mail domain that is not free mail are one association; a place on free mail, or without, is its own. */
const associationOf = ({ id, email_domain }: Site): string =>
  email_domain && !freeMail.has(email_domain) ? `domain:${email_domain}` : `site:${id}`

const network = networkKey('mission-locale')

const structureName = (name: string): string => name.replace(/\s*[-–]\s*/, ' ').replace(/^Mission locale/i, 'Mission locale')

/** Reads a directory of missions locales into organisations: sites under structures, départements and regions. */
export const planImport = async (open: OpenFile): Promise<ImportPlan> => {
  const { sites, problems, fileHash } = await readDirectory(open)
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
