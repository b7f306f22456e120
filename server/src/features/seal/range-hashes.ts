import type { Db, Tx } from '../../kernel/db.ts'
import { type Hash, joined, type Range, subtreesOf } from '../../transparency/merkle.ts'
import { seal } from './seal.store.ts'

/** The hashes of these ranges of the log, in one question. */
export const rangeHashes = async (db: Db | Tx, ranges: readonly Range[]): Promise<readonly Hash[]> => {
  const parts = ranges.map(subtreesOf)
  const hashes = [...(await seal.hashes(db, parts.flat()))]
  return parts.map(({ length }) => joined(hashes.splice(0, length)))
}
