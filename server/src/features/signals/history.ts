import type { Fact, History } from '@countersign/shared/signals/fact.ts'
import { thresholds } from '@countersign/shared/signals/thresholds.ts'
import type { Db } from '../../kernel/db.ts'
import { type Batch, distinct, ledger } from './ledger.store.ts'

type Told = Batch['facts'][number]

const isBefore =
  ({ id, at }: Fact) =>
  (one: Fact): boolean =>
    one.at < at || (one.at.getTime() === at.getTime() && one.id < id)

const young = (bornAt: Date | null, at: Date): boolean =>
  bornAt !== null && at.getTime() - bornAt.getTime() < thresholds.creatorsDevice.days * 86_400_000

type Closer = Pick<History, 'creatorPlaces' | 'sharers' | 'asked' | 'namesakes'>
const nothing: Closer = { creatorPlaces: [], sharers: 0, asked: null, namesakes: [] }

/** What only few facts have to be asked about: a young account's sign-in, a request for an account. */
const closer = async (db: Db, fact: Told, bornAt: Date | null): Promise<Closer> => {
  const filed = fact.type === 'request.submitted' || fact.type === 'request.edited'
  if (filed && fact.kind === 'create-account' && fact.requestId) return { ...nothing, ...(await ledger.namesakes(db, fact.requestId)) }
  if (fact.type !== 'session.opened' || !young(bornAt, fact.at)) return nothing
  const [creatorPlaces, sharers] = await Promise.all([ledger.creatorPlaces(db, fact), ledger.sharers(db, fact)])
  return { ...nothing, creatorPlaces, sharers }
}

/** Each fact of a batch with what was before it: one question for the batch where that can be, one for each where it must. */
export const remember = async (db: Db, { facts }: Batch): Promise<readonly { readonly fact: Told; readonly history: History }[]> => {
  const until = new Date(Math.max(...facts.map(({ at }) => at.getTime())))
  const submitted = facts.filter(({ type }) => type === 'request.submitted')
  const signIns = facts.filter(({ type }) => type === 'session.opened')
  const [by, about, inStructure, known, lastSignIns] = await Promise.all([
    ledger.by(db, distinct(facts.map(({ byId }) => byId)), until),
    ledger.about(db, distinct(facts.filter(({ type }) => type === 'role.revoked').map(({ accountId }) => accountId)), until),
    ledger.inStructures(db, distinct(submitted.map(({ structureId }) => structureId)), until),
    ledger.known(db, distinct(facts.flatMap(({ byId, accountId }) => [byId, accountId])), until),
    ledger.lastSignIns(db, signIns),
  ])
  const remembered: { readonly fact: Told; readonly history: History }[] = []
  for (const fact of facts) {
    const person = known.get(fact.byId ?? '')
    const earlier = isBefore(fact)
    const history: History = {
      by: (by.get(fact.byId ?? '') ?? []).filter(earlier),
      about: (about.get(fact.accountId ?? '') ?? []).filter(earlier),
      inStructure: (inStructure.get(fact.structureId ?? '') ?? []).filter(earlier),
      bornAt: person?.bornAt ?? null,
      lastSignInAt: lastSignIns.get(fact.id) ?? null,
      resetAt: person?.resets.findLast((at) => at <= fact.at) ?? null,
      canary: known.get(fact.accountId ?? '')?.canary === true || person?.canary === true,
      ...(await closer(db, fact, person?.bornAt ?? null)),
    }
    remembered.push({ fact, history })
  }
  return remembered
}
