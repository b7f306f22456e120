import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import type { Logger } from 'pino'
import { codeOf, type Db, openDb, openPool } from './db.ts'
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

const clusterOf = 'select system_identifier::text as cluster, pg_is_in_recovery() as follows from pg_control_system()'

/** Why this address is no replica of the primary, as a sentence for whoever starts the server; null where it is one, or cannot be asked now. */
export const unfitReplica = async (primary: pg.ClientBase, url: string): Promise<string | null> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  const ask = async (one: pg.ClientBase) => (await one.query<{ cluster: string; follows: boolean }>(clusterOf)).rows[0]
  try {
    await client.connect()
    const [here, there] = [await ask(primary), await ask(client)]
    if (!there?.follows) return 'DATABASE_READ_URL leads to a database that follows no other: lists would be read from a network of its own'
    return here?.cluster === there.cluster ? null : 'DATABASE_READ_URL leads to a replica of another database than DATABASE_URL'
  } catch {
    return null
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** A replica beside its primary is milliseconds behind; whoever waits longer than this is quicker with the primary. */
const patience = { milliseconds: 50, step: 5 } as const
/** One that did not answer is left alone for so long. */
const restMilliseconds = 5_000

/** Rows that changed under a reader's hands, or a server that went away: the primary answers instead. */
export const refusedByReplica = (error: unknown): boolean => {
  const code = codeOf(error) ?? ''
  return code === '40001' || code === '57014' || /^(?:08|57P)/.test(code) || /ECONN|EPIPE|timeout|terminated/i.test(String(error))
}

/**
 * Reads from a streaming replica, never older than the call that asks: each call brings the place the primary's log had reached when it
 * signed in, so that nobody misses a change of their own, nor one they were told of. Works for any number of processes, because nothing is
 * remembered.
 */
export const openReplica = (url: string, log: Logger): Replica => {
  const pool = openPool(url)
  const db = openDb(pool)
  const counts = { replica: 0, primary: 0 }
  let restsUntil = 0

  const caughtUp = async (position: Position): Promise<boolean> => {
    const { rows } = await prepared<{ past: boolean }>(
      db,
      sql`select pg_is_in_recovery() and pg_last_wal_replay_lsn() >= ${position}::pg_lsn as past`,
    )
    return rows[0]?.past === true
  }
  const showing = async (position: Position): Promise<Db | null> => {
    if (Date.now() < restsUntil) return null
    try {
      for (const end = Date.now() + patience.milliseconds; ; await wait(patience.step)) {
        if (await caughtUp(position)) return db
        if (Date.now() >= end) return null
      }
    } catch (error) {
      restsUntil = Date.now() + restMilliseconds
      log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'the replica does not answer: lists are read from the primary')
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
