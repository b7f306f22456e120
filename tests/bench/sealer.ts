import { setTimeout as wait } from 'node:timers/promises'
import { sealLedger } from '@countersign/server/features/seal/seal.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
import { signingKey } from '@countersign/server/transparency/note.ts'

/** Seals and does nothing else, with the rest between two seals that a worker takes: what sealing alone costs. */
const pool = openPool(process.env['DATABASE_URL'] ?? '', 2)
let going = true
process.on('message', () => {
  going = false
})
process.send?.('ready')
while (going) {
  await sealLedger(openDb(pool), {
    name: `${new URL(process.env['PUBLIC_URL'] ?? '').hostname}/audit`,
    key: signingKey(Buffer.alloc(32, 11)),
  })
  await wait(200)
}
await pool.end()
process.exit(0)
