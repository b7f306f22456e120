import type { Role } from '@countersign/shared/access/roles.ts'
import type { ProfileId } from '@countersign/shared/accounts/profiles.ts'

/** Where in the demo network a persona works or holds a role, in words the seed resolves. */
export type Spot =
  | { readonly at: 'nation' }
  | { readonly at: 'network'; readonly network: 'mission-locale' }
  | { readonly at: 'region'; readonly network: 'mission-locale' | 'france-travail'; readonly code: string }
  | { readonly at: 'structure'; readonly commune: string }

export type Persona = {
  readonly login: string
  readonly givenName: string
  readonly familyName: string
  readonly works: Spot
  readonly profile: ProfileId
  readonly role: Role | null
  readonly over: Spot | null
}

const lyon: Spot = { at: 'structure', commune: '69123' }
const lille: Spot = { at: 'structure', commune: '59350' }
const rhone: Spot = { at: 'region', network: 'mission-locale', code: '84' }
const nord: Spot = { at: 'region', network: 'mission-locale', code: '32' }
const everywhere: Spot = { at: 'nation' }
const office = (code: string): Spot => ({ at: 'region', network: 'france-travail', code })

/** The people of the demo, of the README and of the tests. The first two found the network. */
export const personas = [
  {
    login: 'claire.fontaine',
    givenName: 'Claire',
    familyName: 'Fontaine',
    works: office('11'),
    profile: 'without-files',
    role: 'policy-owner',
    over: everywhere,
  },
  {
    login: 'marc.delorme',
    givenName: 'Marc',
    familyName: 'Delorme',
    works: office('93'),
    profile: 'without-files',
    role: 'policy-owner',
    over: everywhere,
  },
  {
    login: 'helene.garnier',
    givenName: 'Hélène',
    familyName: 'Garnier',
    works: office('75'),
    profile: 'without-files',
    role: 'policy-owner',
    over: everywhere,
  },
  {
    login: 'nadia.roux',
    givenName: 'Nadia',
    familyName: 'Roux',
    works: lyon,
    profile: 'structure-management',
    role: 'account-manager',
    over: lyon,
  },
  {
    login: 'julien.lefebvre',
    givenName: 'Julien',
    familyName: 'Lefebvre',
    works: lille,
    profile: 'structure-management',
    role: 'account-manager',
    over: lille,
  },
  {
    login: 'sophie.marchand',
    givenName: 'Sophie',
    familyName: 'Marchand',
    works: office('84'),
    profile: 'region-coordinator',
    role: 'supervisor',
    over: rhone,
  },
  {
    login: 'thomas.vasseur',
    givenName: 'Thomas',
    familyName: 'Vasseur',
    works: office('32'),
    profile: 'region-coordinator',
    role: 'supervisor',
    over: nord,
  },
  {
    login: 'amina.benali',
    givenName: 'Amina',
    familyName: 'Benali',
    works: office('84'),
    profile: 'region-coordinator',
    role: 'reset-manager',
    over: { at: 'network', network: 'mission-locale' },
  },
  {
    login: 'karim.haddad',
    givenName: 'Karim',
    familyName: 'Haddad',
    works: office('32'),
    profile: 'region-coordinator',
    role: 'reset-manager',
    over: { at: 'network', network: 'mission-locale' },
  },
  {
    login: 'olivier.perrin',
    givenName: 'Olivier',
    familyName: 'Perrin',
    works: office('11'),
    profile: 'without-files',
    role: 'it-admin',
    over: everywhere,
  },
  {
    login: 'isabelle.carpentier',
    givenName: 'Isabelle',
    familyName: 'Carpentier',
    works: office('11'),
    profile: 'without-files',
    role: 'auditor',
    over: everywhere,
  },
  { login: 'paul.martin', givenName: 'Paul', familyName: 'Martin', works: lyon, profile: 'structure-adviser', role: null, over: null },
] as const satisfies readonly Persona[]
