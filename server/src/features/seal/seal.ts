import type { Db } from '../../kernel/db.ts'
import { checkpointText } from '../../transparency/checkpoint.ts'
import { grow, joined, leafHash, subtreesOf } from '../../transparency/merkle.ts'
import { type Signer, signedNote } from '../../transparency/note.ts'
import { checkpoints } from './checkpoints.store.ts'
import { entryText } from './entry-text.ts'
import { seal } from './seal.store.ts'

/** So many entries are sealed at a time: a tenth of a second of work. */
const batch = 2_000

/**
 * Gives what was committed its place in the log, grows the tree over it and signs how far it goes now; answers how many entries that
 * were. No account's story is in it, so nothing is told: an entry about every seal would have to be sealed.
 */
const sealBatch = (db: Db, log: Signer): Promise<number> =>
  db.transaction(async (tx) => {
    if (!(await seal.turn(tx))) return 0
    const end = await seal.end(tx)
    const entries = await seal.next(tx, end, batch)
    if (entries.length === 0) return 0

    const leaves = entries.map((entry) => ({
      entryId: entry.id,
      at: entry.at,
      transaction: entry.transaction,
      hash: leafHash(entryText(entry)),
    }))
    const { made, edge } = grow(
      end.size,
      await seal.hashes(tx, subtreesOf([0, end.size])),
      leaves.map(({ hash }) => hash),
    )
    const size = end.size + leaves.length
    await seal.append(tx, end.size, leaves, made)
    const note = signedNote(checkpointText({ origin: log.name, size, root: joined(edge) }), log)
    await checkpoints.add(tx, { size, note, madeAt: new Date() })
    return leaves.length
  })

/** Seals whatever the audit has gained until there is nothing new; answers how many entries. */
export const sealLedger = async (db: Db, log: Signer, stopped: () => boolean = () => false): Promise<number> => {
  let sealed = 0
  while (!stopped()) {
    const many = await sealBatch(db, log)
    sealed += many
    if (many < batch) break
  }
  return sealed
}
