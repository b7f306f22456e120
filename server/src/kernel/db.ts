import { type SQL, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'

/** Nothing may hang: a statement ends after this many milliseconds, 0 being never, and so does waiting for a connection. */
const patience = 10_000

export const openPool = (url: string, max = 20, milliseconds = patience): pg.Pool => {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: patience,
    query_timeout: milliseconds,
    statement_timeout: milliseconds,
    // Whoever has gone silent in the middle of something holds nobody up for longer.
    idle_in_transaction_session_timeout: (milliseconds === 0 ? 60 : 3) * patience,
    // Every statement here is small, and many people ask at once: a statement that starts workers waits for them, and others wait for it.
    options: '-c max_parallel_workers_per_gather=0 -c jit=off',
  })
  // A connection that dies is replaced by the next query, and what it was busy with fails by itself. Without these two listeners,
  // one for the idle and one for those lent out, its death would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => void client.on('error', () => undefined))
  return pool
}

export const openDb = (pool: pg.Pool) => drizzle({ client: pool })

export type Db = ReturnType<typeof openDb>

/** A transaction. A plain `Db` does not fit: locking outside a transaction does not compile. */
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0]

/** Where an error began, however deep it is wrapped. */
export const originOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? originOf(error.cause) : error

/** The database's code of an error; undefined where it is none of the database's. */
export const codeOf = (error: unknown): string | undefined => {
  const cause = originOf(error)
  return typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
}

/** How many rows the planner expects of a query; nothing is read. */
export const expectedRows = async (db: Db | Tx, query: SQL): Promise<number> => {
  const { rows } = await db.execute<{ 'QUERY PLAN': readonly [{ Plan: { 'Plan Rows': number } }] }>(sql`explain (format json) ${query}`)
  return rows[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0
}

/** A word as LIKE reads it letter by letter: what stands for others there stands for itself. */
export const literal = (word: string): string => word.replace(/[\\%_]/g, '\\$&')

/** One of a fixed list of words, in the text of a statement: the plan may depend on it. */
export const keyword = (value: string): SQL => {
  if (!/^[a-z-]+$/.test(value)) throw new Error('not a word of a fixed list')
  return sql.raw(`'${value}'`)
}

/** A list as one array parameter; the query builder alone would spread it into a tuple. */
export const uuids = (ids: readonly string[]): SQL => sql`${sql.param([...ids])}::uuid[]`
export const texts = (all: readonly (string | null)[]): SQL => sql`${sql.param([...all])}::text[]`
export const numbers = (all: readonly number[]): SQL => sql`${sql.param([...all])}::int[]`
