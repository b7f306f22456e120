import { setTimeout as wait } from 'node:timers/promises'
import { workBulks } from '@countersign/server/features/bulks/work.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'

const { url }: { url: string } = JSON.parse(process.argv[2] ?? '')
const db = openDb(openPool(url, 4))

process.once('disconnect', () => process.exit())
/** Takes bulks further for ever, as the jobs of a server do; a failure is met with a short wait. */
for (;;) {
  await workBulks(db, () => false).catch(() => undefined)
  await wait(20)
}
