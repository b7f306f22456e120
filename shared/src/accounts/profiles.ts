import type { Level, Place } from '../access/scope.ts'

export const networkKinds = ['mission-locale', 'cap-emploi', 'provider', 'france-travail'] as const
export type NetworkKind = (typeof networkKinds)[number]

export const rights = ['read', 'write', 'export'] as const
export type Right = (typeof rights)[number]

export type Profile = {
  /** Up to where it opens citizens' files; `none` is for whoever governs accounts and has no citizen before them. */
  readonly dataScope: Exclude<Level, 'network'> | 'none'
  readonly rights: readonly Right[]
  readonly networks: readonly NetworkKind[]
}

/**
 * What an account may reach. The answer to "identical rights for everybody": no profile reaches beyond what its work needs.
 * The table `profile` in the database holds the same lines for its own checks; a test compares the two.
 */
export const profiles = {
  'site-adviser': { dataScope: 'site', rights: ['read', 'write'], networks: ['mission-locale', 'cap-emploi', 'provider'] },
  'structure-adviser': { dataScope: 'structure', rights: ['read', 'write'], networks: ['mission-locale', 'cap-emploi'] },
  'structure-reader': { dataScope: 'structure', rights: ['read'], networks: ['mission-locale', 'cap-emploi', 'provider'] },
  'structure-management': { dataScope: 'structure', rights: ['read', 'write', 'export'], networks: ['mission-locale', 'cap-emploi'] },
  'departement-coordinator': { dataScope: 'departement', rights: ['read'], networks: ['mission-locale', 'cap-emploi', 'france-travail'] },
  'region-coordinator': { dataScope: 'region', rights: ['read'], networks: ['mission-locale', 'cap-emploi', 'france-travail'] },
  'region-analyst': { dataScope: 'region', rights: ['read', 'export'], networks: ['france-travail'] },
  'without-files': { dataScope: 'none', rights: [], networks: networkKinds },
  'national-support': { dataScope: 'nation', rights: ['read'], networks: ['france-travail'] },
} as const satisfies Record<string, Profile>

export type ProfileId = keyof typeof profiles
export const profileIds = Object.keys(profiles) as [ProfileId, ...ProfileId[]]

/** Where a profile may stand. At a network or the nation itself, which are nobody's files in particular, only the one that opens none. */
export const profileAllowedAt = (
  profile: ProfileId,
  { level, network }: { readonly level: Level; readonly network: NetworkKind | null },
): boolean =>
  profiles[profile].dataScope === 'none' ||
  (level !== 'network' &&
    level !== 'nation' &&
    network !== null &&
    (profiles[profile].networks as readonly NetworkKind[]).includes(network))

/**
 * The organisation whose citizens' files a profile reaches from a place, null where it opens none; where the place has no such level (a
 * regional office has no site), the smallest one that contains it: never wider than the profile says.
 */
export const reachedOrganisation = (profile: ProfileId, place: Place): string | null => {
  const wanted = profiles[profile].dataScope
  if (wanted === 'none') return null
  const order = ['site', 'structure', 'departement', 'region'] as const
  if (wanted === 'nation') return place.nationId
  for (const level of order.slice(order.indexOf(wanted))) {
    const id = place[`${level}Id`]
    if (id) return id
  }
  return place.networkId
}
