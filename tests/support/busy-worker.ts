import { setTimeout as wait } from 'node:timers/promises'
import { enterDemo } from '@countersign/server/features/sessions/enter-demo.ts'
import { nobody } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'

const { url, accountId, workers }: { url: string; accountId: string; workers: number } = JSON.parse(process.argv[2] ?? '')
const db = openDb(openPool(url, workers))

/** Signs in and out for ever; a failure is met with a short wait, as a client would, and told as none. */
const work = async (index: number): Promise<never> => {
  for (;;) {
    const done = await runCommitted(enterDemo, { db, actor: nobody, origin: { channel: 'web' } }, { accountId }).catch(() => null)
    if (done) process.send?.(index)
    else await wait(20)
  }
}

process.once('disconnect', () => process.exit())
await Promise.all(Array.from({ length: workers }, (_, index) => work(index)))
