import { createHash } from 'node:crypto'
import type { SQL } from 'drizzle-orm'
import type { NodePgQueryResultHKT } from 'drizzle-orm/node-postgres'
import { PgDialect, type PgQueryResultKind, type PreparedQueryConfig } from 'drizzle-orm/pg-core'
import type { Db, Tx } from './db.ts'

type Result<Row extends Record<string, unknown>> = PgQueryResultKind<NodePgQueryResultHKT, Row>

const dialect = new PgDialect()

const names = new Map<string, string>()
const nameOf = (text: string): string => {
  const known = names.get(text)
  if (known) return known
  const name = `s_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
  names.set(text, name)
  return name
}

/**
 * A statement that is asked all day, under a name made of its text: each connection reads it once and, from the sixth time on, may keep one
 * plan for all values (planning a page of accounts took three milliseconds, reading it one). For statements of which there are few, and whose
 * best plan does not hang on their values: what decides it, a state or a limit, stands in the text as a `keyword`.
 */
export const prepared = <Row extends Record<string, unknown>>(db: Db | Tx, query: SQL): Promise<Result<Row>> => {
  const built = dialect.sqlToQuery(query)
  return db._.session.prepareQuery<PreparedQueryConfig & { execute: Result<Row> }>(built, undefined, nameOf(built.sql), false).execute()
}

/** A list this short is what one plan for all lists is made for. */
const few = 10

/** The same for a statement over a list: of a bulk it is planned for that very bulk. */
export const preparedForFew = <Row extends Record<string, unknown>>(db: Db | Tx, many: number, query: SQL): Promise<Result<Row>> =>
  many <= few ? prepared<Row>(db, query) : db.execute<Row>(query)
