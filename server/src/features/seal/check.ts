import type { SealFault } from '@countersign/shared/audit/sealing.ts'
import type { Logger } from 'pino'
import type { Db, Tx } from '../../kernel/db.ts'
import { readCheckpoint } from '../../transparency/checkpoint.ts'
import { grow, type Hash, joined, leafHash } from '../../transparency/merkle.ts'
import { readNote, type Signer, signedBy, verifierOf } from '../../transparency/note.ts'
import { months } from '../audit/months.store.ts'
import { type Check, checks } from './check.store.ts'
import { checkpoints } from './checkpoints.store.ts'
import { entryText } from './entry-text.ts'
import { type StoredLeaf, seal } from './seal.store.ts'

/** A stretch is one complete subtree of this level: 4,096 positions, half a second of work every half minute. */
const level = 12
const stretch = 2 ** level

type Fault = { readonly position: number; readonly fault: SealFault }

/** What is missing from a month that was dropped is missing rightly. */
const faultOf = ({ position, at, hash, entry }: StoredLeaf, droppedUntil: Date | null): Fault | null => {
  if (!entry) return droppedUntil && new Date(at) < droppedUntil ? null : { position, fault: 'entry-missing' }
  return leafHash(entryText(entry)).equals(hash) ? null : { position, fault: 'entry-changed' }
}

const edgeOf = (leaves: readonly { readonly hash: Hash }[]): readonly Hash[] =>
  grow(
    0,
    [],
    leaves.map(({ hash }) => hash),
  ).edge

/** The whole tree, made of its stretches and of the leaves after the last of them, is the one that was signed, and no shorter than it was. */
const treeHolds = async (tx: Tx, log: Signer, rest: readonly StoredLeaf[], { held, position }: Check): Promise<Fault | null> => {
  const newest = await checkpoints.newest(tx)
  const note = newest && readNote(newest.note)
  const told = note && signedBy(note, verifierOf(log, 'log')) ? readCheckpoint(note.text) : null
  const stretches = Array.from({ length: position / stretch }, (_, index) => ({ level, index }))
  const high = edgeOf((await seal.hashes(tx, stretches)).map((hash) => ({ hash })))
  const size = position + rest.length
  if (size === 0) return held ? { position: 0, fault: 'tree-changed' } : null
  const root = joined([...high, ...edgeOf(rest)])
  return told?.size === size && told.root.equals(root) && size >= (held ?? 0) ? null : { position: size - 1, fault: 'tree-changed' }
}

/** A complete stretch hashes to the subtree that stands over it. */
const stretchHolds = async (tx: Tx, leaves: readonly StoredLeaf[], position: number): Promise<Fault | null> => {
  const [stored] = await seal.hashes(tx, [{ level, index: position / stretch }])
  return stored?.equals(joined(edgeOf(leaves))) ? null : { position, fault: 'tree-changed' }
}

const droppedUntil = async (tx: Tx): Promise<Date | null> =>
  (await months.all(tx)).filter(({ droppedAt }) => droppedAt !== null).at(-1)?.until ?? null

/**
 * Holds a stretch of the log against the entries and the tree once more, and at the end of each round the tree against what was signed: whoever
 * alters the audit behind our back, and not all that stands over it as well, is noticed by us too, within hours. What is
 * found wrong is told by `tellSealBroken`; the auditor's own program is what counts.
 */
export const checkSeal = (db: Db, log: Signer, logger: Logger): Promise<void> =>
  db.transaction(
    async (tx) => {
      if (!(await checks.turn(tx))) return
      const check = await checks.get(tx)
      const { position } = check
      const leaves = await seal.leaves(tx, position, stretch)
      const dropped = await droppedUntil(tx)
      const hole = leaves.findIndex((leaf, index) => leaf.position !== position + index)
      const whole = leaves.length === stretch
      const fault =
        leaves.map((leaf) => faultOf(leaf, dropped)).find((one) => one !== null) ??
        (hole < 0 ? null : { position: position + hole, fault: 'entry-missing' as const }) ??
        (await (whole ? stretchHolds(tx, leaves, position) : treeHolds(tx, log, leaves, check)))
      if (fault && !check.wrong) {
        logger.error(fault, 'the audit is not what was sealed')
        await checks.wrong(tx, fault.position, fault.fault)
      }
      if (whole) await checks.reached(tx, position + stretch)
      else if (fault || check.wrong) await checks.reached(tx, 0)
      else await checks.held(tx, position + leaves.length)
    },
    // The leaves, the tree over them and what was signed as they were at one moment.
    { isolationLevel: 'repeatable read' },
  )
