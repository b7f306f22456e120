import type { Db } from '../../kernel/db.ts'
import { checkpointText, readCheckpoint } from '../../transparency/checkpoint.ts'
import { grow, type Hash, joined, leafHash, subtreesOf } from '../../transparency/merkle.ts'
import { readNote, type Signer, signedBy, signedNote, verifierOf } from '../../transparency/note.ts'
import { checkpoints, type SignedCheckpoint } from './checkpoints.store.ts'
import { entryText } from './entry-text.ts'
import { seal } from './seal.store.ts'

/** So many entries are sealed at a time: a quarter of a second of work. */
const batch = 5_000
/** And so many when it is far behind: all that waits is put in order for each batch. */
const mostAtOnce = 40_000
/** So many transactions without an entry are left behind at a time: moving on is a transaction too. */
const stride = 1_000n

/** A database that was restored from a logical dump begins its transactions anew, and the order of the log with it. */
export class LogStranded extends Error {
  override readonly name = 'LogStranded'
}

/** The tree that stands in the database is not the one that was signed last: whoever signed it now would sign a forgery. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken'
}

/** The newest checkpoint is under our own key and of the very tree that stands there. */
const isOurs = (newest: SignedCheckpoint | null, size: number, root: Hash, log: Signer): boolean => {
  if (!newest) return size === 0
  const note = readNote(newest.note)
  const told = note && signedBy(note, verifierOf(log, 'log')) ? readCheckpoint(note.text) : null
  return told?.origin === log.name && told.size === size && told.root.equals(root)
}

/** Was this log sealed with this key and under this name so far? With another it is another log, which nobody can begin here. */
export const isSealedBy = async (db: Db, log: Signer): Promise<boolean> => {
  const newest = await checkpoints.newest(db)
  const note = newest && readNote(newest.note)
  return !newest || (note !== null && signedBy(note, verifierOf(log, 'log')) !== null)
}

/**
 * Gives what was committed its place in the log, grows the tree over it and signs how far it goes now; answers how many entries that
 * were. No account's story is in it, so nothing is told: an entry about every seal would have to be sealed.
 */
const sealBatch = (db: Db, log: Signer, limit: number): Promise<number> =>
  db.transaction(async (tx) => {
    if (!(await seal.turn(tx))) return 0
    const end = await seal.end(tx)
    if (end.stranded) throw new LogStranded('the database counts its transactions anew: nothing new would ever be sealed')
    const entries = await seal.next(tx, end, limit)
    const behind = BigInt(end.horizon) - BigInt(end.below) > stride
    if (entries.length === 0) {
      if (behind) await seal.advance(tx, end)
      return 0
    }

    const edge = await seal.hashes(tx, subtreesOf([0, end.size]))
    if (!isOurs(await checkpoints.newest(tx), end.size, joined(edge), log))
      throw new SealBroken('the newest checkpoint is not of this key, this name and the tree that stands in the database')
    const leaves = entries.map((entry) => ({
      entryId: entry.id,
      at: entry.at,
      transaction: entry.transaction,
      hash: leafHash(entryText(entry)),
    }))
    const hashes = leaves.map(({ hash }) => hash)
    const grown = grow(end.size, edge, hashes)
    const size = end.size + leaves.length
    await seal.append(tx, end.size, leaves, grown.made)
    const note = signedNote(checkpointText({ origin: log.name, size, root: joined(grown.edge) }), log)
    await checkpoints.add(tx, { size, note, madeAt: new Date() })
    await seal.advance(tx, end)
    return leaves.length
  })

/** Seals whatever the audit has gained until there is nothing new; answers how many entries. */
export const sealLedger = async (db: Db, log: Signer, stopped: () => boolean = () => false): Promise<number> => {
  let sealed = 0
  for (let limit = batch; !stopped(); limit = Math.min(2 * limit, mostAtOnce)) {
    const many = await sealBatch(db, log, limit)
    sealed += many
    if (many < limit) break
  }
  return sealed
}
