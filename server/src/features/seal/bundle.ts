import { setTimeout as wait } from 'node:timers/promises'
import type { Db, Tx } from '../../kernel/db.ts'
import { checkpoints } from './checkpoints.store.ts'
import { seal } from './seal.store.ts'
import { states } from './states.store.ts'

/**
 * What an auditor takes away, a line of JSON each, in an order that can be checked while it is read: every position of the log with its
 * entry (outside the time that was asked for its hash alone, and null where the month was dropped) and every checkpoint after its last
 * leaf, then what was committed and is not sealed yet, then the accounts as they stand at that very moment.
 */
export const bundleFormat = 'countersign-audit/1'

export type BundleAsked = { readonly since: Date | null; readonly until: Date | null }
export type BundleKeys = { readonly log: string; readonly witnesses: readonly string[] }

const pageOfLeaves = 1_000
const pageOfAccounts = 5_000
/** What has no place yet is of the last second; more than this says that nobody seals. */
const mostUnsealed = 20_000

export class NothingSealed extends Error {}

const rangeOf = async (tx: Tx, { since, until }: BundleAsked, size: number) => ({
  from: since ? ((await seal.positionAt(tx, since)) ?? size) : 0,
  to: until ? ((await seal.positionAt(tx, until)) ?? size) : size,
})

/** The leaves as they stand in the database, holes and all, each checkpoint after the last leaf it is over. */
async function* leaves(tx: Tx, { from, to }: { from: number; to: number }): AsyncGenerator<string> {
  for (let next = 0; ; ) {
    const page = await seal.leaves(tx, next, pageOfLeaves)
    const last = page.at(-1)
    if (!last) return
    const notes = await checkpoints.between(tx, next, last.position + 1)
    let told = 0
    const parts = page.flatMap(({ position, at, hash, entry }) => {
      const leaf = { position, at, hash: hash.toString('base64'), ...(position >= from && position < to ? { entry } : {}) }
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
  const unsealed = await seal.unsealed(tx, mostUnsealed + 1)
  if (unsealed.length > mostUnsealed) throw new NothingSealed('too much is not sealed yet: is a worker running, with SEALING_KEY?')
  yield `${JSON.stringify({ bundle: bundleFormat, exportedAt: new Date().toISOString(), size, ...range, keys })}\n`
  yield* leaves(tx, range)
  yield unsealed.map((entry) => `${JSON.stringify({ unsealed: entry })}\n`).join('')
  // What accounts are now follows from a log that reaches until now.
  if (range.to === size) yield* standing(tx)
  yield `${JSON.stringify({ end: true })}\n`
}

/** Writes a bundle, all of it as the database was at one moment; answers how far the log went. Refuses a log that was never sealed. */
export const writeBundle = async (
  db: Db,
  asked: BundleAsked,
  keys: BundleKeys,
  write: (text: AsyncGenerator<string>) => Promise<void>,
): Promise<number> => {
  // A checkpoint that a witness has seen says more: it is seconds old, and waited for.
  for (let tries = 0; tries < 20; tries += 1) {
    const newest = await checkpoints.newest(db)
    if (!newest || keys.witnesses.length === 0 || (await checkpoints.cosignatures(db, newest.size)).length > 0) break
    await wait(250)
  }
  return db.transaction(
    async (tx) => {
      if (!(await checkpoints.newest(tx))) throw new NothingSealed('nothing is sealed yet: start a worker with SEALING_KEY first')
      await write(bundleLines(tx, asked, keys))
      return (await seal.end(tx)).size
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  )
}
