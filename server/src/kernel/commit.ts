import type { Origin } from '@countersign/drizzle/schema/audit-entry.ts'
import type { DomainEvent, LineageEdge } from '@countersign/shared/events.ts'
import { sql } from 'drizzle-orm'
import { draftingPerson, holdOrderer, holdPerson, type Nobody, type Orderer, type Person, transactionTime } from './actor.ts'
import { writeEntries, writeLineage } from './audit.ts'
import { codeOf, type Db, type Tx } from './db.ts'
import { post } from './outbox.ts'
import { prepared } from './prepared.ts'
import { Refused } from './refused.ts'

export type Work<A> = { readonly tx: Tx; readonly actor: A; readonly now: Date; readonly origin: Origin }

export type Told = readonly [DomainEvent, ...DomainEvent[]]

/** For operations over many rows: the list is only known to be non-empty when it is made. An empty one is a bug, and nothing commits. */
export const told = (events: readonly DomainEvent[]): Told => {
  const [first, ...rest] = events
  if (!first) throw new Error('an operation changed something and told of nothing')
  return [first, ...rest]
}

/** At least one event: an operation that forgets the audit does not compile (P6). */
export type Outcome<T> = {
  readonly value: T
  readonly events: Told
  readonly lineage?: readonly LineageEdge[]
}

export type Operation<Input, T, A = Person> = (work: Work<A>, input: Input) => Promise<Outcome<T>>

export type Context<A> = {
  readonly db: Db
  readonly actor: A
  readonly origin: Origin
  /** Only the seed of the demo network sets it, to tell a past in which nobody has a session; everywhere else time is the database's clock. */
  readonly pretendNow?: Date
  /**
   * Draws something up and changes nothing governed, however long that takes: the person's row is not held, so that they can be put
   * out meanwhile. One draft of a person at a time.
   */
  readonly drafting?: true
}

/** Deadlock, serialisation failure, and two transactions that gave one stream the same number: run again, nothing happened. */
const worthRetrying = (error: unknown): boolean => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = codeOf(error)
  const sameNumber = code === '23505' && cause instanceof Error && 'constraint' in cause && cause.constraint === 'outbox__order'
  return code === '40P01' || code === '40001' || sameNumber
}

const attempts = 5

/** Who acts, held and read again, and the database's time; the people of a pretended past have no session to hold. */
const begin = async (
  tx: Tx,
  { actor, pretendNow, drafting }: Pick<Context<Person | Nobody | Orderer>, 'actor' | 'pretendNow' | 'drafting'>,
) => {
  if (pretendNow) return { held: actor, now: pretendNow }
  if (actor.kind === 'person') {
    const found = await (drafting ? draftingPerson : holdPerson)(tx, actor)
    if (!found) throw new Refused('not-signed-in')
    return { held: found.person, now: found.now }
  }
  if (actor.kind === 'orderer') {
    const found = await holdOrderer(tx, actor)
    if (!found) throw new Refused('not-signed-in')
    return { held: found.orderer, now: found.now }
  }
  const { rows } = await tx.execute<{ now: string }>(sql`select ${transactionTime} as now`)
  return { held: actor, now: new Date(rows[0]?.now ?? '') }
}

const once = <Input, T, A extends Person | Nobody | Orderer>(
  operation: Operation<Input, T, A>,
  { db, actor, origin, pretendNow, drafting }: Context<A>,
  input: Input,
): Promise<T> =>
  db.transaction(async (tx) => {
    const { held, now } = await begin(tx, { actor, ...(pretendNow ? { pretendNow } : {}), ...(drafting ? { drafting } : {}) })
    // The held person is the same kind of actor, read again under the lock.
    const { value, events, lineage = [] } = await operation({ tx, actor: held as A, now, origin }, input)
    const entries = await writeEntries(tx, { actorId: actor.id, origin, now }, events)
    await writeLineage(tx, lineage, now)
    // A past that is told has no mails left to send.
    if (!pretendNow) await post(tx, entries, now)
    await prepared(tx, sql`select pg_notify('committed', pg_current_xact_id()::text)`)
    return value
  })

/** Commits an operation, its audit entries, its lineage and its messages together, or none of them. The only way to change anything. */
export const runCommitted = async <Input, T, A extends Person | Nobody | Orderer>(
  operation: Operation<Input, T, A>,
  context: Context<A>,
  input: Input,
): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(operation, context, input)
    } catch (error) {
      if (attempt === attempts || !worthRetrying(error)) throw error
    }
  }
}

/** The shape a tRPC mutation takes: `.mutation(commit(approve))`. The architecture test finds the routers that go round it. */
export const commit =
  <Input, T, A extends Person | Nobody | Orderer>(operation: Operation<Input, T, A>) =>
  ({ ctx, input }: { ctx: Context<A>; input: Input }): Promise<T> =>
    runCommitted(operation, ctx, input)
