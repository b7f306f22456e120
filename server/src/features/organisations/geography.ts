import { createRequire } from 'node:module'

type Departement = { readonly code: string; readonly nom: string; readonly region: string }
type Region = { readonly code: string; readonly nom: string }
export type Commune = {
  readonly code: string
  readonly nom: string
  readonly departement: string
  readonly region: string
  readonly type: string
  readonly population?: number
  readonly codesPostaux?: readonly string[]
}

const require = createRequire(import.meta.url)
const read = <T>(name: string): T => require(`@etalab/decoupage-administratif/data/${name}.json`) as T

/** The official départements and regions of France, by code. */
export const departements: ReadonlyMap<string, Departement> = new Map(read<Departement[]>('departements').map((one) => [one.code, one]))
export const regions: ReadonlyMap<string, Region> = new Map(read<Region[]>('regions').map((one) => [one.code, one]))

/** Communes with people in them, largest first; read only when asked for, because the file is large. */
export const readCommunes = (): readonly Commune[] =>
  read<Commune[]>('communes')
    .filter(({ type, population }) => type === 'commune-actuelle' && population !== undefined)
    .sort((a, b) => (b.population ?? 0) - (a.population ?? 0) || (a.code < b.code ? -1 : 1))
