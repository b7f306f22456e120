import type { Logger } from 'pino'
import { type CheckpointCarrier, NotBrought } from '../../carriers/checkpoints.ts'
import type { Db } from '../../kernel/db.ts'
import { consistencyRanges } from '../../transparency/merkle.ts'
import { checkpoints } from './checkpoints.store.ts'
import { places } from './places.store.ts'
import { rangeHashes } from './range-hashes.ts'

/** Brings the newest checkpoint to a place that does not have it yet; one that was away gets the newest, which says all the others did. */
export const bringCheckpoint = (db: Db, { name, bring }: CheckpointCarrier, log: Logger): Promise<void> =>
  db.transaction(async (tx) => {
    if (!(await places.turn(tx, name))) return
    const checkpoint = await checkpoints.newest(tx)
    const known = (await places.all(tx)).find((one) => one.name === name)?.size ?? 0
    if (!checkpoint || checkpoint.size <= known) return
    const proof = (from: number) => rangeHashes(tx, consistencyRanges(from, checkpoint.size))
    try {
      const cosignature = await bring({ checkpoint, known, proof })
      if (cosignature) await checkpoints.cosign(tx, { ...cosignature, size: checkpoint.size })
      await places.brought(tx, name, checkpoint.size)
    } catch (error) {
      if (!(error instanceof NotBrought)) throw error
      const { reason, alarming } = error
      log[alarming ? 'error' : 'warn'](
        { place: name, reason },
        'a checkpoint could not be brought out of the house and will be tried again',
      )
      await places.failed(tx, name, reason)
    }
  })
