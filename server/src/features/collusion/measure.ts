import type { Field, Ground, Hand, Member } from '@countersign/shared/policy/attempts.ts'
import { measuring, type Strength } from '@countersign/shared/policy/strength.ts'
import { independentSince } from '@countersign/shared/requests/approval.ts'
import type { Db } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { requests } from '../requests/requests.store.ts'
import { fields, type Measured } from './field.store.ts'

type Everywhere = {
  readonly nation: Ground
  readonly members: readonly Member[]
  readonly hands: readonly Hand[]
  readonly policyOwnersEver: number
}

const surroundings = async (db: Db, members: readonly Member[], now: Date): Promise<Everywhere> => {
  const nation = await fields.nation(db)
  if (!nation) throw new Refused('not-found')
  const ids = members.map(({ id }) => id)
  const [hands, policyOwnersEver] = await Promise.all([fields.hands(db, ids, independentSince(now)), requests.policyOwnersEver(db)])
  return { nation, members, hands, policyOwnersEver }
}

const organisationsOf = ({ place }: Ground): readonly string[] => Object.values(place).filter((id) => id !== null)

/** Finds those with a part in one organisation among all: who has a role over it, or over where one of these works. */
const partsIn = (members: readonly Member[]): ((ground: Ground) => readonly Member[]) => {
  const over = new Map<string, Member[]>()
  for (const member of members)
    for (const { organisationId } of member.grants) {
      const here = over.get(organisationId) ?? []
      here.push(member)
      over.set(organisationId, here)
    }
  return (ground) => {
    const found = new Set<Member>()
    const places = new Set(organisationsOf(ground))
    for (const place of places)
      for (const member of over.get(place) ?? []) {
        found.add(member)
        for (const one of organisationsOf(member.home)) places.add(one)
      }
    return [...found]
  }
}

const fieldOf = (ground: Ground, { hands, ...rest }: Everywhere, members: readonly Member[], now: Date): Field => {
  // Whoever is above somebody of the field in the lineage, and nobody else's family.
  const near = new Set(members.map(({ id }) => id))
  for (let before = 0; before < near.size; ) {
    before = near.size
    for (const { by, of } of hands) if (near.has(of)) near.add(by)
  }
  return { ...rest, ground, members, hands: hands.filter(({ of }) => near.has(of)), inviters: [], now }
}

/** What it takes in one organisation, now. */
export const measureOne = async (
  db: Db,
  ground: Ground,
  now: Date,
): Promise<{ readonly strength: Strength; readonly members: readonly Member[] }> => {
  const members = await fields.near(db, ground)
  return { strength: measuring()(fieldOf(ground, await surroundings(db, members, now), members, now)), members }
}

/** The fields of a whole network, one after the other. */
export const fieldsOf = async function* (db: Db, now: Date): AsyncGenerator<{ readonly ground: Measured; readonly field: Field }> {
  const [grounds, members] = await Promise.all([fields.grounds(db, 'all'), fields.everybody(db)])
  const everywhere = await surroundings(db, members, now)
  const parts = partsIn(members)
  for (const ground of grounds) yield { ground, field: fieldOf(ground, everywhere, parts(ground), now) }
}
