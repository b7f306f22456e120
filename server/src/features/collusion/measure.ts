import { setImmediate as breathe } from 'node:timers/promises'
import type { Field, Ground, Hand, Member } from '@countersign/shared/policy/attempts.ts'
import type { Policy } from '@countersign/shared/policy/policy.ts'
import type { PolicyRule } from '@countersign/shared/policy/rules.ts'
import { measuring, type Strength } from '@countersign/shared/policy/strength.ts'
import { independentSince } from '@countersign/shared/requests/approval.ts'
import { foundingPolicyOwners } from '@countersign/shared/requests/requirement.ts'
import type { Db } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { policies } from '../policy/policy.store.ts'
import { requests } from '../requests/requests.store.ts'
import { fields, type Measured } from './field.store.ts'

type Everywhere = {
  readonly nation: Ground
  readonly members: readonly Member[]
  readonly hands: readonly Hand[]
  readonly rules: readonly PolicyRule[]
  readonly settledOwners: number
}

/** What of a policy decides the number: its rules, and how far back a hand makes people dependent. */
export type Deciding = Pick<Policy, 'rules' | 'independenceDays'>

const surroundings = async (db: Db, holders: readonly Member[], policy: Deciding, now: Date): Promise<Everywhere> => {
  const nation = await fields.nation(db)
  if (!nation) throw new Refused('not-found')
  const settledOwners = await requests.settledOwners(db)
  const since = independentSince(now, policy)
  // Three to name somebody leave nobody to use it: an account without a role has a part only while two are enough.
  const founding = settledOwners < foundingPolicyOwners
  const ids = holders.map(({ id }) => id)
  const members = founding ? [...holders, ...(await fields.wards(db, ids, since))] : holders
  const hands = await fields.hands(
    db,
    members.map(({ id }) => id),
    since,
  )
  return { nation, members, hands, rules: policy.rules, settledOwners }
}

const organisationsOf = ({ place }: Ground): readonly string[] => Object.values(place).filter((id) => id !== null)

/** Do the rules let people of another structure sign? */
const asksPeers = (rules: readonly PolicyRule[]): boolean =>
  rules.some(({ demand }) => demand.stages.some(({ level }) => level === 'another-structure'))

/** One who asks, one it is about and two who sign: of people of other structures who differ in nothing but where, more play no part. */
const peersEnough = 4

/** A few of each role from other structures of the network: they sign as peers, and are as good as any other. */
const peersAmong = (members: readonly Member[], { place }: Ground, tied: ReadonlySet<string>): readonly Member[] => {
  const taken = new Map<string, number>()
  return members.filter(({ id, grants }) => {
    const peers = grants.filter(
      ({ level, organisationId, networkId }) =>
        level === 'structure' && networkId === place.networkId && organisationId !== place.structureId,
    )
    if (peers.length === 0) return false
    // Whoever stands in the lineage is one of a kind.
    if (tied.has(id)) return true
    const kind = peers
      .map(({ role }) => role)
      .sort()
      .join()
    taken.set(kind, (taken.get(kind) ?? 0) + 1)
    return (taken.get(kind) ?? 0) <= peersEnough
  })
}

/** Finds those with a part in one organisation among all: who has a role over it, or over where one of these works, and its peers. */
const partsIn = (
  members: readonly Member[],
  rules: readonly PolicyRule[],
  hands: readonly Hand[],
): ((ground: Ground) => readonly Member[]) => {
  const tied = new Set(hands.flatMap(({ by, of }) => [by, of]))
  const over = new Map<string, Member[]>()
  for (const member of members)
    for (const { organisationId } of member.grants) {
      const here = over.get(organisationId) ?? []
      here.push(member)
      over.set(organisationId, here)
    }
  return (ground) => {
    const found = new Set(asksPeers(rules) ? peersAmong(members, ground, tied) : [])
    const places = new Set(organisationsOf(ground))
    for (const place of places)
      for (const member of over.get(place) ?? []) {
        found.add(member)
        for (const one of organisationsOf(member.home)) places.add(one)
      }
    return [...found, ...members.filter(({ grants }) => grants.length === 0)]
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

/** So long the search keeps everybody else waiting at most. */
const turnMilliseconds = 10

/** A search to its end, giving way to whatever else this process has to do. */
export const gently = async <T>(search: Generator<void, T>): Promise<T> => {
  let began = performance.now()
  for (;;) {
    const { done, value } = search.next()
    if (done) return value
    if (performance.now() - began < turnMilliseconds) continue
    await breathe()
    began = performance.now()
  }
}

/** What it takes in one organisation, now. */
export const measureOne = async (db: Db, ground: Ground, now: Date): Promise<{ readonly strength: Strength; readonly field: Field }> => {
  const policy = await policies.read(db)
  const { rules } = policy
  const everybody = asksPeers(rules)
  const around = await surroundings(db, everybody ? await fields.everybody(db) : await fields.near(db, ground), policy, now)
  const members = everybody ? partsIn(around.members, rules, around.hands)(ground) : around.members
  const field = fieldOf(ground, around, members, now)
  return { strength: await gently(measuring()(field)), field }
}

/** The fields of a whole network under this policy, one after the other. */
export const fieldsOf = async function* (
  db: Db,
  policy: Deciding,
  now: Date,
): AsyncGenerator<{ readonly ground: Measured; readonly field: Field }> {
  const [grounds, holders] = await Promise.all([fields.grounds(db, 'all'), fields.everybody(db)])
  const everywhere = await surroundings(db, holders, policy, now)
  const parts = partsIn(everywhere.members, policy.rules, everywhere.hands)
  for (const ground of grounds) yield { ground, field: fieldOf(ground, everywhere, parts(ground), now) }
}
