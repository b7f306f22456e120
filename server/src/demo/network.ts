import type { NetworkKind } from '@countersign/shared/accounts/profiles.ts'
import type { Faker } from '@faker-js/faker'
import { type Commune, departements, readCommunes, regions } from '../features/organisations/geography.ts'
import type { Planned } from '../features/organisations/tree.store.ts'
import { nationKey, networkKey, trunk, unknownFields } from '../features/organisations/trunk.ts'

/** The size of the real network (DOMAIN section 2). */
const missionsLocales = 440
const capEmplois = 98
const providers = 60
const files = { 'mission-locale': 900_000, 'cap-emploi': 140_000, provider: 60_000 } as const

/** "de Lyon", "du Havre", "d’Évreux", "des Abymes". */
const of = (name: string): string => {
  if (name.startsWith('Le ')) return `du ${name.slice(3)}`
  if (name.startsWith('Les ')) return `des ${name.slice(4)}`
  return /^[AEÉÈIOUYH]/.test(name) ? `d’${name}` : `de ${name}`
}

const domainOf = (prefix: string, name: string) =>
  `${prefix}-${name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')}.example`

export const keys = {
  nation: nationKey,
  network: networkKey,
  region: (kind: NetworkKind, code: string) => `region:${kind}:${code}`,
  departement: (kind: NetworkKind, code: string) => `departement:${kind}:${code}`,
  structure: (kind: NetworkKind, commune: string) => `structure:${kind}:${commune}`,
  site: (kind: NetworkKind, structure: string, commune: string) => `site:${kind}:${structure}:${commune}`,
}

/** At least one in every département, then the largest communes. */
const seats = (communes: readonly Commune[], wanted: number): readonly Commune[] => {
  const first = new Map<string, Commune>()
  for (const commune of communes) if (!first.has(commune.departement)) first.set(commune.departement, commune)
  const chosen = [...first.values()].slice(0, wanted)
  for (const commune of communes) {
    if (chosen.length >= wanted) break
    if (!chosen.includes(commune)) chosen.push(commune)
  }
  return chosen
}

type Office = { readonly structure: Commune; readonly site: Commune; readonly weight: number }

/** Shares whole files by weight; what rounding leaves goes to the first. */
const share = (offices: readonly Office[], total: number): readonly number[] => {
  const sum = offices.reduce((all, { weight }) => all + weight, 0)
  const parts = offices.map(({ weight }) => Math.floor((total * weight) / sum))
  const left = total - parts.reduce((all, part) => all + part, 0)
  return parts.map((part, index) => (index === 0 ? part + left : part))
}

/** The organisations of the demo, from the real geography of France; the same for the same faker seed. */
export const planNetwork = (faker: Faker, conventionEndsOn: string): readonly Planned[] => {
  const communes = readCommunes().filter(({ departement }) => departements.has(departement))
  const nearby = Map.groupBy(communes, ({ departement }) => departement)
  const rows: Planned[] = [...trunk]
  const seen = new Set<string>()
  const add = (row: Planned) => {
    if (!seen.has(row.externalId)) rows.push(row)
    seen.add(row.externalId)
  }
  const branch = (kind: NetworkKind, code: string) => {
    const departement = departements.get(code)
    if (!departement) return
    add({
      ...unknownFields,
      externalId: keys.region(kind, departement.region),
      level: 'region',
      parentExternalId: keys.network(kind),
      name: regions.get(departement.region)?.nom ?? departement.region,
    })
    add({
      ...unknownFields,
      externalId: keys.departement(kind, code),
      level: 'departement',
      parentExternalId: keys.region(kind, departement.region),
      name: `${departement.nom} (${code})`,
    })
  }
  for (const [code, { nom }] of regions) {
    if ([...departements.values()].some(({ region }) => region === code))
      add({
        ...unknownFields,
        externalId: keys.region('france-travail', code),
        level: 'region',
        parentExternalId: keys.network('france-travail'),
        name: `France Travail ${nom}`,
      })
  }

  const settle = (kind: keyof typeof files, wanted: number, most: number, title: (commune: Commune) => string, prefix: string) => {
    const offices = seats(communes, wanted).flatMap((structure): Office[] => {
      const count = faker.number.int({ min: 1, max: most })
      const others = (nearby.get(structure.departement) ?? []).filter((commune) => commune !== structure).slice(0, 12)
      return [structure, ...faker.helpers.arrayElements(others, Math.min(count - 1, others.length))].map((site, index) => ({
        structure,
        site,
        weight: Math.sqrt(site.population ?? 1) * (index === 0 ? 2 : 1),
      }))
    })
    const shares = share(offices, files[kind])
    offices.forEach(({ structure, site }, index) => {
      const emailDomain = domainOf(prefix, structure.nom)
      branch(kind, structure.departement)
      add({
        ...unknownFields,
        externalId: keys.structure(kind, structure.code),
        level: 'structure',
        parentExternalId: keys.departement(kind, structure.departement),
        name: title(structure),
        emailDomain,
        communeCode: structure.code,
        conventionEndsOn,
      })
      add({
        ...unknownFields,
        externalId: keys.site(kind, structure.code, site.code),
        level: 'site',
        parentExternalId: keys.structure(kind, structure.code),
        name: `${site === structure ? 'Siège' : 'Antenne'} ${of(site.nom)}`,
        emailDomain,
        address: faker.location.streetAddress(),
        postcode: site.codesPostaux?.[0] ?? null,
        communeCode: site.code,
        caseload: shares[index] ?? 0,
      })
    })
  }
  settle('mission-locale', missionsLocales, 5, ({ nom }) => `Mission locale ${of(nom)}`, 'ml')
  settle('cap-emploi', capEmplois, 2, ({ nom }) => `Cap emploi ${of(nom)}`, 'capemploi')
  settle('provider', providers, 1, ({ nom }) => `Compétences Avenir ${nom}`, 'avenir')
  return rows
}
