import { nobody, ordererOf } from '../../kernel/actor.ts'
import { runCommitted } from '../../kernel/commit.ts'
import type { Db } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { advance } from './advance.ts'
import { bulks } from './bulks.store.ts'
import { close } from './close.ts'

const origin = { channel: 'job' as const }

/** False where somebody else was quicker, or it may go no further. */
const moved = async (work: () => Promise<unknown>): Promise<boolean> => {
  try {
    await work()
    return true
  } catch (error) {
    if (error instanceof Refused) return false
    throw error
  }
}

/**
 * Takes every bulk at work one chunk further, in turns, until none moves. Where each stands is in its own rows, so that any process
 * may go on where another was killed, and none does an account twice.
 */
export const workBulks = async (db: Db, stopped: () => boolean): Promise<void> => {
  for (let going = true; going && !stopped(); ) {
    going = false
    for (const { id: bulkId, ordererId, status } of await bulks.atWork(db)) {
      if (stopped()) return
      const on = status === 'running' && (await moved(() => runCommitted(advance, { db, actor: ordererOf(ordererId), origin }, { bulkId })))
      // One whose orderer is out, or whose request was not granted, is closed instead.
      const closed = !on && (await moved(() => runCommitted(close, { db, actor: nobody, origin }, { bulkId })))
      going ||= on || closed
    }
  }
}
