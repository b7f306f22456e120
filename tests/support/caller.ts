import type { Proving } from '@countersign/server/features/sessions/prove-again.ts'
import type { Person } from '@countersign/server/kernel/actor.ts'
import type { Db } from '@countersign/server/kernel/db.ts'
import type { Limits } from '@countersign/server/kernel/limits.ts'
import type { Live } from '@countersign/server/kernel/live.ts'
import { appRouter } from '@countersign/server/router.ts'
import { createCallerFactory, type Request } from '@countersign/server/trpc.ts'
import { pino } from 'pino'

export const callerOf = createCallerFactory(appRouter)
export type Caller = ReturnType<typeof callerOf>

/** Nobody listens: for worlds without live updates. */
const silence: Live = { listen: () => () => undefined, close: async () => undefined }

/** What proofs are held against in tests. */
export const proving: Proving = {
  key: Buffer.alloc(32, 7),
  relyingParty: { id: 'countersign.test', origin: 'https://countersign.test' },
}

/** Tests ask more often than people; those about the doors count for themselves. */
export const unlimited: Limits = { spent: async () => false, allow: async () => true, begin: () => () => undefined }

/** What the door makes of a request over HTTP, without HTTP. */
export const requestOf = (db: Db, person: Person | null, change: Partial<Request> = {}): Request => ({
  db,
  live: silence,
  log: pino({ level: 'silent' }),
  person,
  reading: async () => null,
  ...proving,
  demo: true,
  limits: unlimited,
  publicKeys: { log: '', witness: null },
  origin: { channel: 'web', address: '127.0.0.1', device: 'test', ...(person ? { sessionId: person.sessionId } : {}) },
  setSession: () => undefined,
  providers: [],
  flow: { sealed: null, keep: () => undefined },
  ...change,
})
