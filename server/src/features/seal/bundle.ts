import { setTimeout as wait } from 'node:timers/promises'
import type { Db, Tx } from '../../kernel/db.ts'
import { policies } from '../policy/policy.store.ts'
import { checkpoints } from './checkpoints.store.ts'
import { seal } from './seal.store.ts'
import { states } from './states.store.ts'

/**
 * What an auditor takes away, a line of JSON each, in an order that can be checked while it is read: every position of the log with its
 * entry (outside the time that was asked for its hash alone, and null where the month was dropped) and every checkpoint after its last
 * leaf, then whatever has no place, then the policy and the accounts as they stand at that very moment.
 */
export const bundleFormat = 'countersign-audit/1'

export type BundleAsked = { readonly since: Date | null; readonly until: Date | null }
export type BundleKeys = { readonly log: string; readonly witnesses: readonly string[] }

const pageOfLeaves = 1_000
const pageOfAccounts = 5_000
/** Nothing should be without a place here; what is, is shown as far as this. */
const mostUnsealed = 100

export class NotSealed extends Error {}

const rangeOf = async (tx: Tx, { since, until }: BundleAsked, size: number) => {
  if (!since && !until) return { from: 0, to: size }
  const within = await seal.positionsWithin(tx, since, until)
  return until ? within : { from: within.to === 0 ? size : within.from, to: size }
}

/** The leaves as they stand in the database, holes and all, each checkpoint after the last leaf it is over. */
async function* leaves(tx: Tx, { from, to }: { from: number; to: number }): AsyncGenerator<string> {
  for (let next = 0; ; ) {
    const page = await seal.leaves(tx, next, pageOfLeaves)
    const last = page.at(-1)
    if (!last) return
    const notes = await checkpoints.between(tx, next, last.position + 1)
    let told = 0
    const parts = page.flatMap(({ position, at, hash, entry }) => {
      // That a month was dropped explains what is missing, whenever it was.
      const shown = (position >= from && position < to) || entry?.type === 'audit.month-dropped'
      const leaf = { position, at, hash: hash.toString('base64'), ...(shown ? { entry } : {}) }
      const here = notes.slice(told).filter(({ size }) => size <= position + 1)
      told += here.length
      return [leaf, ...here.map(({ note, lines }) => ({ checkpoint: note, cosignatures: lines }))]
    })
    yield parts.map((part) => `${JSON.stringify(part)}\n`).join('')
    next = last.position + 1
  }
}

async function* standing(tx: Tx): AsyncGenerator<string> {
  for (let after: string | null = null; ; ) {
    const page = await states.after(tx, after, pageOfAccounts)
    yield page.map((account) => `${JSON.stringify({ account })}\n`).join('')
    const last = page.at(-1)
    if (!last || page.length < pageOfAccounts) return
    after = last.id
  }
}

/** The bundle as this transaction sees the database. */
export async function* bundleLines(tx: Tx, asked: BundleAsked, keys: BundleKeys): AsyncGenerator<string> {
  const { size } = await seal.end(tx)
  const range = await rangeOf(tx, asked, size)
  const unsealed = await seal.unsealed(tx, mostUnsealed)
  yield `${JSON.stringify({ bundle: bundleFormat, exportedAt: new Date().toISOString(), size, ...range, keys })}\n`
  yield* leaves(tx, range)
  yield unsealed.map((entry) => `${JSON.stringify({ unsealed: entry })}\n`).join('')
  // What the policy and the accounts are now follows from a log that reaches until now.
  if (range.to === size) {
    yield `${JSON.stringify({ policy: await policies.inForce(tx) })}\n`
    yield* standing(tx)
  }
  yield `${JSON.stringify({ end: true })}\n`
}

/** Everybody who commits is sealed within the second: there is a moment soon in which all is, but it may be over as soon. */
const tries = 2_400
const betweenTries = 25

const atOneMoment = { isolationLevel: 'repeatable read', accessMode: 'read only' } as const

const objections = {
  taken: 'another export is under way: try again when it is over',
  idle: 'nothing is being sealed: is a worker running, with SEALING_KEY?',
  busy: 'so much is going on that there was no moment in which everything was sealed: try again at a quieter hour',
  unseen: 'the witness has not signed the newest checkpoint',
} as const

/** Why this is not the moment; null where everything is sealed as this transaction sees it, and nobody else exports. */
const objectionTo = async (tx: Tx, { witnesses }: BundleKeys, sizeBefore: number): Promise<keyof typeof objections | null> => {
  if (!(await seal.turnToExport(tx))) return 'taken'
  const newest = await checkpoints.newest(tx)
  if (!newest || (await seal.waitingSince(tx))) return newest && newest.size > sizeBefore ? 'busy' : 'idle'
  return witnesses.length > 0 && (await checkpoints.cosignatures(tx, newest.size)).length === 0 ? 'unseen' : null
}

/** Writes a bundle, all of it as the database was at one moment, in which everything was sealed; answers how far the log went. */
export const writeBundle = async (
  db: Db,
  asked: BundleAsked,
  keys: BundleKeys,
  write: (text: AsyncGenerator<string>) => Promise<void>,
): Promise<number> => {
  const sizeBefore = (await checkpoints.newest(db))?.size ?? 0
  for (let left = tries; ; left -= 1) {
    const size = await db.transaction(async (tx) => {
      const objection = await objectionTo(tx, keys, sizeBefore)
      // Of a witness that stays away the bundle itself tells.
      if (objection && (left > 0 || objection !== 'unseen')) {
        if (left === 0) throw new NotSealed(objections[objection])
        return null
      }
      await write(bundleLines(tx, asked, keys))
      return (await seal.end(tx)).size
    }, atOneMoment)
    if (size !== null) return size
    await wait(betweenTries)
  }
}
