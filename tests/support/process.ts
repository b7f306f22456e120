import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from '@countersign/server/app.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
import { openLive } from '@countersign/server/kernel/live.ts'
import { openReplica } from '@countersign/server/kernel/replica.ts'
import { pino } from 'pino'

export const log = pino({ level: 'silent' })

type Asking = { readonly token?: string; readonly body?: unknown }

/** A web server with everything of its own: it shares the database with another, and the replica where there is one, and nothing else. */
export const openProcess = async ({ url, readUrl, key = Buffer.alloc(32) }: { url: string; readUrl?: string; key?: Buffer }) => {
  const pool = openPool(url, 8)
  const db = openDb(pool)
  const live = await openLive(url, log)
  const replica = readUrl ? openReplica(readUrl, log) : null
  const app = createApp({
    db,
    pool,
    exports: db,
    live,
    replica,
    log,
    key,
    publicUrl: 'http://localhost',
    publicKeys: { log: '', witness: null },
    demo: true,
    providers: [],
    trustedProxies: [],
  })
  const server: Server = createServer(app)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ask = (path: string, { token = '', body }: Asking = {}) =>
    fetch(`${base}/api/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Cookie: `session=${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const close = async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
    await live.close()
    await replica?.close()
    await pool.end()
  }
  return { db, live, ask, served: () => replica?.served() ?? { replica: 0, primary: 0 }, close }
}

export type Process = Awaited<ReturnType<typeof openProcess>>
