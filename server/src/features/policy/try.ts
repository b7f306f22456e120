import { setImmediate as breathe } from 'node:timers/promises'
import { type Field, type Goal, goals, type Member } from '@countersign/shared/policy/attempts.ts'
import type { PolicyRule } from '@countersign/shared/policy/rules.ts'
import { amounts, measuring } from '@countersign/shared/policy/strength.ts'
import { type Proven, provenFor, type TrialOutcome, tryOn } from '@countersign/shared/policy/trial.ts'
import { independentSince } from '@countersign/shared/requests/approval.ts'
import type { RequestKind } from '@countersign/shared/requests/kinds.ts'
import { type Means, requirementFor, sessionAlone } from '@countersign/shared/requests/requirement.ts'
import { emptyPlaces } from '@countersign/shared/requests/stages.ts'
import type { Db } from '../../kernel/db.ts'
import { fields } from '../collusion/field.store.ts'
import { type Deciding, fieldsOf, gently } from '../collusion/measure.ts'
import { requests } from '../requests/requests.store.ts'
import { type Past, past, triedRequests } from './past.store.ts'
import { policies } from './policy.store.ts'

type Amounts = Readonly<Record<Goal, number | null>>
type Named = { readonly id: string; readonly name: string }

type Judged = {
  readonly kind: RequestKind
  readonly outcome: TrialOutcome
  readonly requests: number
  /** The newest of them, to be looked at; none of those that would have gone as they did. */
  readonly newest: readonly { readonly id: string; readonly reference: number }[]
}

export type Trial = {
  /** Of the requests of the last 90 days, by kind, how many a draft would have treated how. */
  readonly judged: readonly Judged[]
  readonly requests: number
  /** Only the newest were looked at. */
  readonly capped: boolean
  /** Where there would no longer be enough people to sign a new account or a reset: the first of them, and how many. */
  readonly unsigned: { readonly organisations: number; readonly first: readonly Named[] }
  /** The fewest accounts it would take anywhere, by goal; null for four or more. */
  readonly before: Amounts
  readonly after: Amounts
  /** Where it would take fewer than today. */
  readonly weaker: { readonly organisations: number; readonly first: readonly Named[] }
}

const named = 200
const shown = 20

/** Finds those who hold a role over a place, or over another structure. */
const signersOver = (members: readonly (Member & Proven)[]) => {
  const over = new Map<string, Set<Member & Proven>>()
  const peers = new Map<string, Set<Member & Proven>>()
  const put = (into: Map<string, Set<Member & Proven>>, key: string, member: Member & Proven) =>
    into.set(key, (into.get(key) ?? new Set()).add(member))
  for (const member of members)
    for (const { level, organisationId, networkId } of member.grants) {
      put(over, organisationId, member)
      if (level === 'structure' && networkId) put(peers, networkId, member)
    }
  return ({ matched: { place }, requesterId, subjectId }: Past, withPeers: boolean): readonly (Member & Proven)[] => {
    const found = new Set(Object.values(place).flatMap((id) => [...(over.get(id ?? '') ?? [])]))
    if (withPeers) for (const member of peers.get(place.networkId ?? '') ?? []) found.add(member)
    return [...found].filter(({ id }) => id !== requesterId && id !== subjectId)
  }
}

const withProof = <M extends Member>(members: readonly M[], means: ReadonlyMap<string, Means>): readonly (M & Proven)[] =>
  members.map((member) => ({ ...member, ...(means.get(member.id) ?? sessionAlone) }))

const proven = async (db: Db, members: readonly Member[]) => withProof(members, await past.means(db))

const lowest = (one: number | null, other: number | null): number | null =>
  one === null ? other : other === null ? one : Math.min(one, other)
const nothing: Amounts = { account: null, credential: null, role: null, policy: null }
const weakest = (one: Amounts, other: Amounts): Amounts =>
  Object.fromEntries(goals.map((goal) => [goal, lowest(one[goal], other[goal])])) as Record<Goal, number | null>
/** Four or more counts as four. */
const isWeaker = (after: Amounts, before: Amounts): boolean => goals.some((goal) => (after[goal] ?? 4) < (before[goal] ?? 4))

/** Are there enough to sign an ordinary account and its reset, those one level up among them? */
const isManned = (field: Field, means: ReadonlyMap<string, Means>): boolean => {
  const { network, place } = field.ground
  return (['create-account', 'reset-credentials'] as const).every((kind) => {
    const matched = { kind, network, place, profiles: ['site-adviser' as const], role: null, reach: null, signals: [] }
    const { demand } = requirementFor(field.rules, matched, field.settledOwners)
    return emptyPlaces(demand.stages, provenFor(withProof(field.members, means), demand), { place, wide: true }) === 0
  })
}

/** The requests of the past under a draft. */
const judge = async (
  db: Db,
  before: readonly PolicyRule[],
  after: readonly PolicyRule[],
): Promise<Pick<Trial, 'judged' | 'requests' | 'capped'>> => {
  const [asked, everybody, settledOwners] = await Promise.all([past.requests(db), fields.everybody(db), requests.settledOwners(db)])
  const withPeers = [...before, ...after].some(({ demand }) => demand.stages.some(({ level }) => level === 'another-structure'))
  const over = signersOver(await proven(db, everybody))
  const counted = new Map<string, Judged>()
  for (const [index, one] of asked.entries()) {
    const { id, reference, matched } = one
    const outcome = tryOn({ matched, before, after, settledOwners, signers: over(one, withPeers) })
    const line = counted.get(`${matched.kind} ${outcome}`) ?? { kind: matched.kind, outcome, requests: 0, newest: [] }
    const newest = outcome === 'same' || line.newest.length === shown ? line.newest : [...line.newest, { id, reference }]
    counted.set(`${matched.kind} ${outcome}`, { ...line, requests: line.requests + 1, newest })
    if (index % 100 === 99) await breathe()
  }
  return { judged: [...counted.values()], requests: asked.length, capped: asked.length === triedRequests }
}

/** Every organisation under the policy in force and under a draft. */
const compare = async (db: Db, before: Deciding, after: Deciding, now: Date) => {
  const measure = { before: measuring(), after: measuring() }
  const means = await past.means(db)
  const weaker: Named[] = []
  const unsigned: Named[] = []
  let [was, is] = [nothing, nothing]
  // Read as far, in time and to whom, as either looks; each is then shown the hands it would see.
  const widest = { rules: [...after.rules, ...before.rules], independenceDays: Math.max(before.independenceDays, after.independenceDays) }
  const under = (field: Field, policy: Deciding): Field => ({
    ...field,
    rules: policy.rules,
    hands: field.hands.filter(({ at }) => at >= independentSince(now, policy)),
  })
  for await (const { ground, field } of fieldsOf(db, widest, now)) {
    const [today, draft] = [under(field, before), under(field, after)]
    const [old, fresh] = [amounts(await gently(measure.before(today))), amounts(await gently(measure.after(draft)))]
    was = weakest(was, old)
    is = weakest(is, fresh)
    const place = { id: ground.id, name: ground.name }
    if (isWeaker(fresh, old)) weaker.push(place)
    if (isManned(today, means) && !isManned(draft, means)) unsigned.push(place)
  }
  const listed = (all: readonly Named[]) => ({ organisations: all.length, first: all.slice(0, named) })
  return { before: was, after: is, weaker: listed(weaker), unsigned: listed(unsigned) }
}

/** What a draft would change, before anybody is asked to sign it. Reads alone; gives way to everything else. */
export const tryPolicy = async (db: Db, after: Deciding, now: Date): Promise<Trial> => {
  const before = await policies.read(db)
  const [judged, compared] = [await judge(db, before.rules, after.rules), await compare(db, before, after, now)]
  return { ...judged, ...compared }
}
