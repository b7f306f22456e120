import type { SealFault } from '@countersign/shared/audit/sealing.ts'
import type { Logger } from 'pino'
import type { Db, Tx } from '../../kernel/db.ts'
import { readCheckpoint } from '../../transparency/checkpoint.ts'
import { leafHash } from '../../transparency/merkle.ts'
import { readNote, type Signer, signedBy, verifierOf } from '../../transparency/note.ts'
import { months } from '../audit/months.store.ts'
import { checks } from './check.store.ts'
import { checkpoints } from './checkpoints.store.ts'
import { entryText } from './entry-text.ts'
import { rangeHashes } from './range-hashes.ts'
import { type StoredLeaf, seal } from './seal.store.ts'

/** So many positions are held against their entries at a time: half a second of work every half minute. */
const stride = 5_000

type Fault = { readonly position: number; readonly fault: SealFault }

/** What is missing from a month that was dropped is missing rightly. */
const faultOf = ({ position, at, hash, entry }: StoredLeaf, droppedUntil: Date | null): Fault | null => {
  if (!entry) return droppedUntil && new Date(at) < droppedUntil ? null : { position, fault: 'entry-missing' }
  return leafHash(entryText(entry)).equals(hash) ? null : { position, fault: 'entry-changed' }
}

/** The newest checkpoint is of our key and of the tree that stands there; null where there is none yet. */
const treeHolds = async (tx: Tx, log: Signer): Promise<Fault | null> => {
  const newest = await checkpoints.newest(tx)
  if (!newest) return null
  const note = readNote(newest.note)
  const told = note && signedBy(note, verifierOf(log, 'log')) ? readCheckpoint(note.text) : null
  const [root] = await rangeHashes(tx, [[0, newest.size]])
  return root && told?.size === newest.size && told.root.equals(root) ? null : { position: newest.size - 1, fault: 'tree-changed' }
}

const droppedUntil = async (db: Db): Promise<Date | null> =>
  (await months.all(db)).filter(({ droppedAt }) => droppedAt !== null).at(-1)?.until ?? null

/**
 * Holds a stretch of the log against the entries once more, and at the end of each round the tree against what was signed: whoever alters
 * the audit behind our back is noticed by us too, within hours. Nothing governed changes, so nothing is told; the auditor's own program is
 * what counts.
 */
export const checkSeal = async (db: Db, log: Signer, logger: Logger): Promise<void> => {
  const dropped = await droppedUntil(db)
  await db.transaction(async (tx) => {
    if (!(await checks.turn(tx))) return
    const { position, wrong } = await checks.get(tx)
    if (wrong) {
      logger.error({ position: wrong.position, fault: wrong.fault }, 'the audit is not what was sealed')
      return
    }
    const leaves = await seal.leaves(tx, position, stride)
    const hole = leaves.findIndex((leaf, index) => leaf.position !== position + index)
    const fault =
      leaves.map((leaf) => faultOf(leaf, dropped)).find((one) => one !== null) ??
      (hole < 0 ? null : { position: position + hole, fault: 'entry-missing' as const }) ??
      (leaves.length < stride ? await treeHolds(tx, log) : null)
    if (fault) {
      logger.error(fault, 'the audit is not what was sealed')
      return checks.wrong(tx, fault.position, fault.fault)
    }
    return leaves.length < stride ? checks.held(tx, position + leaves.length) : checks.reached(tx, position + leaves.length)
  })
}
