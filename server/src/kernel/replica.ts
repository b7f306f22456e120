import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import type { Logger } from 'pino'
import { type Db, openDb, openPool, originOf } from './db.ts'
import { prepared } from './prepared.ts'

/** A place in the log of the primary, as PostgreSQL writes it. */
export type Position = string

export type Replica = {
  /** The replica, once it shows everything that was committed before this place; null where it does not in time, or does not answer. */
  readonly showing: (position: Position) => Promise<Db | null>
  /** Lists it has answered, and lists that went to the primary instead. */
  readonly served: () => { readonly replica: number; readonly primary: number }
  readonly close: () => Promise<void>
}

/** A replica beside its primary is milliseconds behind; whoever waits longer than this is quicker with the primary. */
const patience = { milliseconds: 50, step: 5 } as const
/** One that was late is left alone for so long, and one that did not answer. */
const rest = { late: 250, silent: 5_000 } as const

/** A cancelled reader of rows that changed under it, and a server that went away (PostgreSQL, appendix A). A statement that took too long is none. */
const codes: ReadonlySet<string> = new Set([
  '40001',
  '57P01',
  '57P02',
  '57P03',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
])
/** What the driver says of a connection it lost, word for word: it gives no code. */
const sentences: ReadonlySet<string> = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
])

/** Is it the replica that failed, and not the question? Then the primary answers. */
export const refusedByReplica = (error: unknown): boolean => {
  const origin = originOf(error)
  if (!(origin instanceof Error)) return false
  const code = 'code' in origin ? String(origin.code) : ''
  return codes.has(code) || code.startsWith('08') || sentences.has(origin.message)
}

type Standing = { cluster: string; database: string; login: string; follows: boolean; commits: string }
const standing = `select system_identifier::text as cluster, current_user::text as login, pg_is_in_recovery() as follows,
  (select oid::text from pg_database where datname = current_database()) as database, current_setting('synchronous_commit') as commits from pg_control_system()`

/** Why this address is no replica of the primary, as a sentence for whoever starts the server; null where it is one, or does not answer now. */
export const unfitReplica = async (primary: pg.ClientBase, url: string, log: Logger): Promise<string | null> => {
  const ask = async (one: pg.ClientBase) => (await one.query<Standing>(standing)).rows[0]
  const here = await ask(primary)
  // A commit that is seen before it is written would be seen before the replica can have it.
  if (here?.commits === 'off') return 'DATABASE_READ_URL needs synchronous_commit to be on in DATABASE_URL: own changes would be missed'
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  try {
    await client.connect()
    const there = await ask(client)
    if (!there?.follows) return 'DATABASE_READ_URL leads to a database that follows no other: lists would be read from a network of its own'
    if (here?.cluster !== there.cluster || here.database !== there.database)
      return 'DATABASE_READ_URL leads to a replica of another database than DATABASE_URL'
    return here.login === there.login ? null : 'DATABASE_READ_URL signs in as somebody else than DATABASE_URL'
  } catch (error) {
    log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'the replica does not answer: lists are read from the primary')
    return null
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** "16/B374D848" as a number. */
const distance = (position: Position): bigint => {
  const [high = '0', low = '0'] = position.split('/')
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
}

/**
 * Reads from a streaming replica, never older than the call that asks: each call brings the place the primary's log had reached when it
 * signed in, so that nobody misses a change of their own, nor one they were told of. Works for any number of processes, because nothing is
 * remembered between calls.
 */
export const openReplica = (url: string, log: Logger): Replica => {
  const pool = openPool(url)
  const db = openDb(pool)
  const counts = { replica: 0, primary: 0 }
  let [restsUntil, answering] = [0, true]
  let asked: Promise<bigint | null> | null = null

  /** How far it has come; null of one that follows nobody any more. Calls that wait together ask once: it only ever goes further. */
  const reached = (): Promise<bigint | null> => {
    asked ??= prepared<{ position: string | null }>(
      db,
      sql`select case when pg_is_in_recovery() then pg_last_wal_replay_lsn()::text end as position`,
    )
      .then(({ rows }) => (rows[0]?.position ? distance(rows[0].position) : null))
      .finally(() => {
        asked = null
      })
    return asked
  }
  const late = Symbol('late')
  const caughtUp = async (position: Position): Promise<boolean> => {
    const wanted = distance(position)
    for (const end = Date.now() + patience.milliseconds; Date.now() < end; await wait(patience.step)) {
      const answer = await Promise.race([reached(), wait(end - Date.now(), late)])
      if (answer === late) break
      if (answer !== null && answer >= wanted) return true
    }
    return false
  }
  const tell = (answers: boolean) => {
    if (answers !== answering)
      log.warn(answers ? 'the replica answers again' : 'the replica does not answer: lists are read from the primary')
    answering = answers
  }
  const showing = async (position: Position): Promise<Db | null> => {
    if (Date.now() < restsUntil) return null
    try {
      const found = await caughtUp(position)
      if (!found) restsUntil = Date.now() + rest.late
      tell(true)
      return found ? db : null
    } catch {
      restsUntil = Date.now() + rest.silent
      tell(false)
      return null
    }
  }
  return {
    showing: async (position) => {
      const found = await showing(position)
      counts[found ? 'replica' : 'primary'] += 1
      return found
    },
    served: () => ({ ...counts }),
    close: () => pool.end(),
  }
}
