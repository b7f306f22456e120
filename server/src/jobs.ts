import type { Logger } from 'pino'
import { expire } from './features/requests/expire.ts'
import { requests } from './features/requests/requests.store.ts'
import { nobody } from './kernel/actor.ts'
import { runCommitted } from './kernel/commit.ts'
import type { Db } from './kernel/db.ts'
import type { Live } from './kernel/live.ts'
import { type Carrier, type Destination, drain } from './kernel/outbox.ts'
import { Refused } from './kernel/refused.ts'

export type Jobs = { readonly stop: () => Promise<void> }

const sweepMilliseconds = 30_000

/** Closes what nobody answered; several processes may try at once, the row locks decide. */
export const closeOverdue = async (db: Db): Promise<number> => {
  const requestIds = await requests.overdue(db)
  if (requestIds.length === 0) return 0
  try {
    return await runCommitted(expire, { db, actor: nobody, origin: { channel: 'job' } }, { requestIds })
  } catch (error) {
    if (error instanceof Refused) return 0
    throw error
  }
}

/**
 * What runs by itself: deliveries, woken by every commit and swept every 30 seconds, and deadlines. The truth is in the tables;
 * losing a wake-up loses nothing.
 */
export const startJobs = ({
  db,
  live,
  carriers,
  log,
}: {
  db: Db
  live: Live
  carriers: Record<Destination, Carrier>
  log: Logger
}): Jobs => {
  let running: Promise<void> | null = null
  let again = false
  let stopped = false

  const round = async () => {
    do {
      again = false
      // One that fails does not hold up the other.
      const results = await Promise.allSettled([closeOverdue(db), drain(db, carriers)])
      for (const result of results) if (result.status === 'rejected') throw result.reason
    } while (again && !stopped)
  }
  const wake = () => {
    if (stopped) return
    again = true
    running ??= round()
      .catch((error: unknown) => log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'a job failed and will run again'))
      .finally(() => {
        running = null
      })
  }
  const unlisten = live.listen(wake)
  const timer = setInterval(wake, sweepMilliseconds)
  wake()
  return {
    stop: async () => {
      stopped = true
      clearInterval(timer)
      unlisten()
      await running
    },
  }
}
