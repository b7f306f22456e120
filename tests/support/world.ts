import { randomUUID } from 'node:crypto'
import type { personas } from '@countersign/drizzle/seed/cast.ts'
import { enterDemo } from '@countersign/server/features/sessions/enter-demo.ts'
import { nobody, type Person, personOfToken } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import type { Db } from '@countersign/server/kernel/db.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
import { type Live, openLive } from '@countersign/server/kernel/live.ts'
import { hashToken } from '@countersign/server/kernel/secrets.ts'
import type { Request } from '@countersign/server/trpc.ts'
import pg from 'pg'
import { pino } from 'pino'
import { inject } from 'vitest'
import { type Caller, callerOf, requestOf } from './caller.ts'
import { invariants } from './invariants.ts'
import { applicationUrl } from './template.ts'

export type Login = (typeof personas)[number]['login']
export type Signed = { readonly person: Person; readonly token: string; readonly ctx: Request; readonly call: Caller }

/** A clone of the template: the cast, the network, and nobody else's traces. */
export const openWorld = async () => {
  const admin = new pg.Client({ connectionString: inject('adminUrl') })
  await admin.connect()
  const name = `world_${randomUUID().slice(0, 8)}`
  await admin.query(`create database ${name} template ${inject('template')}`)
  // A clone takes over everything but what may be done to the database itself.
  await admin.query(`revoke temporary on database ${name} from public`)
  const ownerUrl = Object.assign(new URL(inject('adminUrl')), { pathname: `/${name}` }).href
  const url = applicationUrl(ownerUrl)
  const pool = openPool(url, 60)
  const owner = openPool(ownerUrl, 4)
  // One guard less, for `npm run test:guards`.
  await owner.query(process.env['COUNTERSIGN_TAKEN_OUT'] ?? '')
  const db: Db = openDb(pool)
  const log = pino({ level: 'silent' })
  const live: Live = await openLive(url, log)
  const key = Buffer.alloc(32, 7)

  const contextOf = (person: Person | null, demo = true): Request => requestOf(db, person, { live, log, key, demo })
  const idOf = async (login: string): Promise<string> => {
    const { rows } = await owner.query<{ id: string }>('select id from account where login = $1', [login])
    if (!rows[0]) throw new Error(`nobody is called ${login}`)
    return rows[0].id
  }
  /** Signs in by account id, as the demo does. */
  const enter = async (accountId: string): Promise<Signed> => {
    const { token } = await runCommitted(enterDemo, { db, actor: nobody, origin: { channel: 'web' } }, { accountId })
    return holder(token)
  }
  /** Whoever holds this token now; a dead one is nobody. */
  const holder = async (token: string): Promise<Signed> => {
    const person = await personOfToken(db, hashToken(token))
    if (!person) throw new Error('this session is over')
    const ctx = contextOf(person)
    return { person, token, ctx, call: callerOf(ctx) }
  }
  return {
    db,
    pool,
    owner,
    live,
    log,
    key,
    url,
    ownerUrl,
    idOf,
    enter,
    contextOf,
    anonymous: callerOf(contextOf(null)),
    callerOf,
    as: async (login: Login): Promise<Signed> => enter(await idOf(login)),
    /** As a superuser with every trigger off: to set a clock back or a stage, never to do what is tested. */
    tamper: async (sql: string, values: readonly unknown[] = []): Promise<void> => {
      const client = await owner.connect()
      try {
        await client.query('begin')
        await client.query('set local session_replication_role = replica')
        await client.query(sql, [...values])
        await client.query('commit')
      } catch (error) {
        await client.query('rollback')
        throw error
      } finally {
        client.release()
      }
    },
    /** Is the session of this token still somebody's? */
    alive: async (token: string): Promise<boolean> => (await personOfToken(db, hashToken(token))) !== null,
    /** Audit entries about something, oldest first, as `type` lines. */
    entriesAbout: async (subject: string): Promise<readonly string[]> => {
      const { rows } = await owner.query<{ type: string }>('select type from audit_entry where subject_id = $1 order by at, id', [subject])
      return rows.map(({ type }) => type)
    },
    /** Every invariant of the product, asked as SQL; an empty list means all hold. */
    broken: () => invariants(owner),
    close: async () => {
      await live.close()
      await pool.end()
      await owner.end()
      await admin.query(`drop database ${name} with (force)`)
      await admin.end()
    },
  }
}

export type World = Awaited<ReturnType<typeof openWorld>>
