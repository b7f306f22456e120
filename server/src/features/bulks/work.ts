import type { Logger } from 'pino'
import { nobody, ordererOf } from '../../kernel/actor.ts'
import { runCommitted } from '../../kernel/commit.ts'
import { codeOf, type Db } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { advance } from './advance.ts'
import { type AtWork, bulks } from './bulks.store.ts'
import { close } from './close.ts'
import { halt } from './halt.ts'

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

/** One chunk further; one whose orderer is out, or whose request was not granted, is closed instead. */
const further = async (db: Db, { id: bulkId, ordererId, ordererEpoch, status }: AtWork): Promise<boolean> => {
  if (
    status === 'running' &&
    (await moved(() => runCommitted(advance, { db, actor: ordererOf(ordererId, ordererEpoch), origin }, { bulkId })))
  )
    return true
  return moved(() => runCommitted(close, { db, actor: nobody, origin }, { bulkId }))
}

/** What the database refuses by a promise it would refuse again; anything else may pass, and is tried again at the next waking. */
const refusedForGood = (error: unknown): string | null => (codeOf(error)?.startsWith('CS') ? `P${Number(codeOf(error)?.slice(2))}` : null)

/**
 * Takes every bulk at work one chunk further, in turns, until none moves. Where each stands is in its own rows, so that any process
 * may go on where another was killed, and none does an account twice. One that breaks is set aside; the others go on.
 */
export const workBulks = async (db: Db, stopped: () => boolean, log?: Logger): Promise<void> => {
  const broken = new Set<string>()
  for (let going = true; going && !stopped(); ) {
    going = false
    for (const bulk of (await bulks.atWork(db)).filter(({ id }) => !broken.has(id))) {
      if (stopped()) return
      try {
        going = (await further(db, bulk)) || going
      } catch (error) {
        broken.add(bulk.id)
        const why = refusedForGood(error)
        log?.error({ bulk: bulk.id, code: codeOf(error) ?? 'unknown' }, 'a bulk goes no further')
        if (why) await moved(() => runCommitted(halt, { db, actor: nobody, origin }, { bulkId: bulk.id, why }))
      }
    }
  }
}
