import type { Logger } from 'pino'
import { type CheckpointCarrier, NotBrought } from '../../carriers/checkpoints.ts'
import type { Db, Tx } from '../../kernel/db.ts'
import { consistencyRanges } from '../../transparency/merkle.ts'
import { checks } from './check.store.ts'
import { checkpoints } from './checkpoints.store.ts'
import { places } from './places.store.ts'
import { rangeHashes } from './range-hashes.ts'

/** What the place answers; a reason where it could not be brought there, whatever broke on the way. */
const brought = async (tx: Tx, { name, bring }: CheckpointCarrier, known: number): Promise<NotBrought | 'brought' | 'known'> => {
  const checkpoint = await checkpoints.newest(tx)
  if (!checkpoint || checkpoint.size === known) return 'known'
  if (checkpoint.size < known) return new NotBrought('was-longer')
  const proof = (from: number) => rangeHashes(tx, consistencyRanges(from, checkpoint.size))
  try {
    const cosignature = await bring({ checkpoint, known, proof })
    if (cosignature) await checkpoints.cosign(tx, { ...cosignature, size: checkpoint.size })
    await places.brought(tx, name, checkpoint.size)
    return 'brought'
  } catch (error) {
    return error instanceof NotBrought ? error : new NotBrought(error instanceof Error ? error.name : 'unknown')
  }
}

/**
 * Brings the newest checkpoint to a place that does not have it yet; one that was away gets the newest, which says all the others did. Where
 * it goes to is no account's story and happens every second, so nothing is told; what cannot be brought is said once, and stands in a row.
 */
export const bringCheckpoint = (db: Db, carrier: CheckpointCarrier, log: Logger): Promise<void> =>
  db.transaction(async (tx) => {
    if (!(await places.turn(tx, carrier.name))) return
    const state = (await places.all(tx)).find(({ name }) => name === carrier.name)
    const answer = await brought(tx, carrier, state?.size ?? 0)
    if (typeof answer === 'string') return
    const { reason, alarming } = answer
    if (state?.failure !== reason)
      log[alarming ? 'error' : 'warn']({ place: carrier.name, reason }, 'a checkpoint could not be brought out of the house')
    await places.failed(tx, carrier.name, reason)
    // Told to whoever watches over the network, as any other fault of the seal.
    if (alarming) await checks.wrong(tx, Math.max(0, ((await checkpoints.newest(tx))?.size ?? 0) - 1), 'contradicted')
  })
