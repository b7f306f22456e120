import { personas } from '@countersign/drizzle/seed/cast.ts'
import type { ProfileId } from '@countersign/shared/accounts/profiles.ts'
import type { ContentOf } from '@countersign/shared/requests/content.ts'
import type { Faker } from '@faker-js/faker'

const plain = (text: string) =>
  text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')

export type Name = { readonly givenName: string; readonly familyName: string; readonly login: string }

/** Makes people with logins nobody has yet, the same ones for the same faker seed. */
export const peopleOf = (faker: Faker) => {
  const taken = new Set<string>(personas.map(({ login }) => login))
  const name = (): Name => {
    const givenName = faker.person.firstName()
    const familyName = faker.person.lastName()
    const base = `${plain(givenName)}.${plain(familyName)}`
    let login = base
    for (let number = 2; taken.has(login); number += 1) login = `${base}${number}`
    taken.add(login)
    return { givenName, familyName, login }
  }
  const phone = () =>
    `+33${faker.helpers.arrayElement(['612', '623', '645', '651', '668', '678', '684'])}${faker.string.numeric({ length: 6, allowLeadingZeros: true })}`
  const content = (
    person: Name,
    at: { organisationId: string; domain: string; profile: ProfileId; endsOn: string; justification: string },
  ): ContentOf<'create-account'> => ({
    kind: 'create-account',
    organisationId: at.organisationId,
    givenName: person.givenName,
    familyName: person.familyName,
    login: person.login,
    email: `${person.login}@${at.domain}`,
    phone: phone(),
    profile: at.profile,
    endsOn: at.endsOn,
    justification: at.justification,
  })
  return { name, phone, content }
}

const advisers: readonly { readonly weight: number; readonly value: ProfileId }[] = [
  { weight: 62, value: 'site-adviser' },
  { weight: 22, value: 'structure-adviser' },
  { weight: 11, value: 'structure-reader' },
  { weight: 5, value: 'structure-management' },
]

export const pickProfile = (faker: Faker, provider: boolean): ProfileId =>
  provider ? faker.helpers.arrayElement(['site-adviser', 'structure-reader']) : faker.helpers.weightedArrayElement([...advisers])

export const reasons = [
  'Remplacement d’un départ',
  'Nouvelle conseillère sur l’antenne',
  'Renfort du service civique',
  'Prise de poste après stage',
  'Création d’une permanence',
  'Retour de congé parental',
  'Mutualisation avec la structure voisine',
] as const
