import type { NetworkKind } from '@countersign/shared/accounts/profiles.ts'
import type { OrganisationFields, Planned } from './tree.store.ts'

/** An organisation of which nothing is known but its name. */
export const unknownFields: Omit<OrganisationFields, 'name'> = {
  networkKind: null,
  emailDomain: null,
  address: null,
  postcode: null,
  communeCode: null,
  phone: null,
  caseload: 0,
  conventionEndsOn: null,
}

export const nationKey = 'nation'
export const networkKey = (kind: NetworkKind): string => `network:${kind}`

const network = (kind: NetworkKind, name: string): Planned => ({
  ...unknownFields,
  externalId: networkKey(kind),
  level: 'network',
  parentExternalId: nationKey,
  name,
  networkKind: kind,
})

/** The trunk every tree grows on: the nation, and the four kinds of partner. */
export const trunk: readonly Planned[] = [
  { ...unknownFields, externalId: nationKey, level: 'nation', parentExternalId: null, name: 'Réseau pour l’emploi' },
  network('mission-locale', 'Missions locales'),
  network('cap-emploi', 'Cap emploi'),
  network('provider', 'Prestataires'),
  network('france-travail', 'France Travail'),
]
