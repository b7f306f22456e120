import type { DomainEvent, EventType } from '@countersign/shared/events.ts'
import type { RequestKind } from '@countersign/shared/requests/kinds.ts'
import { byPolicy } from '@countersign/shared/signals/containing.ts'
import { sql } from 'drizzle-orm'
import type { Logger } from 'pino'
import { v7 as uuid } from 'uuid'
import { answeringFor } from './answering.ts'
import type { Entry } from './audit.ts'
import { type Db, type Tx, texts, uuids } from './db.ts'
import { prepared } from './prepared.ts'

export const destinations = [
  'mail.invitation',
  'mail.enrolment',
  'mail.reset-asked',
  'mail.reset-asked-before',
  'mail.contact-asked',
  'mail.contact-changed',
  'mail.contact-left',
  'mail.contact-notice',
  'mail.contact-restored',
  'mail.restored-notice',
  'mail.reset-link',
  'mail.reset-notice',
  'mail.ended',
  'mail.contained',
  'mail.bulk',
  'mail.signal',
  'mail.passkeys-changed',
  'mail.identities-changed',
  'mail.one-enough',
  'mail.seal-broken',
  'mail.console',
  'mail.waiting',
  'mail.standing-in',
  'mail.signed-in',
] as const
export type Destination = (typeof destinations)[number]

/** To an account, or to each of those who answer for one: whose mailbox is dead holds nobody else's mail up. */
type Routed = readonly ({ readonly destination: Destination } & ({ readonly accountId: string } | { readonly answeringFor: string }))[]
type Route<T extends EventType> = (event: Extract<DomainEvent, { type: T }>) => Routed

/** What somebody hears of before anybody has signed for it. */
const toldWhenAsked: Partial<Record<RequestKind, readonly Destination[]>> = {
  // Where the address is new, whoever was written to before is the one to ask.
  'reset-credentials': ['mail.reset-asked', 'mail.reset-asked-before'],
  'change-contact': ['mail.contact-asked'],
}

/** Which facts leave the building, and for whom. The audit entry is the message; nothing is stored twice. */
const routes: { readonly [T in EventType]?: Route<T> } = {
  'account.created': ({ subject }) => [{ destination: 'mail.invitation', accountId: subject }],
  'role.granted': ({ subject }) => [{ destination: 'mail.enrolment', accountId: subject }],
  'request.submitted': ({ data: { kind, accountId } }) =>
    accountId ? (toldWhenAsked[kind] ?? []).map((destination) => ({ destination, accountId })) : [],
  // The new address hears that it is one, the old one that it was: whoever reads there can still say that this was not them.
  'account.contact-changed': ({ subject, data: { email } }) => [
    ...(email ? [{ destination: 'mail.contact-left', accountId: subject } as const] : []),
    { destination: 'mail.contact-changed', accountId: subject },
    { destination: 'mail.contact-notice', answeringFor: subject },
  ],
  // Who took an account is out; whoever it was taken from, and those who answer for it, know where it stands.
  'account.contact-restored': ({ subject }) => [
    { destination: 'mail.contact-restored', accountId: subject },
    { destination: 'mail.restored-notice', answeringFor: subject },
  ],
  'account.reset': ({ subject }) => [
    { destination: 'mail.reset-link', accountId: subject },
    { destination: 'mail.reset-notice', answeringFor: subject },
  ],
  // A mass action is loud: everybody who could countersign or stop it hears of it.
  'bulk.started': ({ data }) => data.told.map((accountId) => ({ destination: 'mail.bulk', accountId })),
  'bulk.asked': ({ data }) => data.told.map((accountId) => ({ destination: 'mail.bulk', accountId })),
  // What is critical is told once, when it becomes so.
  'signal.raised': ({ data }) => data.told.map((accountId) => ({ destination: 'mail.signal', accountId })),
  'signal.recurred': ({ data }) => data.told.map((accountId) => ({ destination: 'mail.signal', accountId })),
  'console.suspended': ({ data }) => data.told.map((accountId) => ({ destination: 'mail.console', accountId })),
  'seal.broken': ({ data }) => data.told.map((accountId) => ({ destination: 'mail.seal-broken', accountId })),
  'collusion.one-enough': ({ data }) => data.told.map((accountId) => ({ destination: 'mail.one-enough', accountId })),
  'request.reminded': ({ data }) => data.told.map((accountId) => ({ destination: 'mail.waiting', accountId })),
  'request.widened': ({ data }) => data.told.map((accountId) => ({ destination: 'mail.waiting', accountId })),
  'absence.announced': ({ data }) => (data.delegateId ? [{ destination: 'mail.standing-in', accountId: data.delegateId }] : []),
  'session.opened': ({ subject, data }) => (data.newDevice ? [{ destination: 'mail.signed-in', accountId: subject }] : []),
  'passkey.added': ({ subject, data }) => (data.via === 'session' ? [{ destination: 'mail.passkeys-changed', accountId: subject }] : []),
  'passkey.removed': ({ subject }) => [{ destination: 'mail.passkeys-changed', accountId: subject }],
  'identity.linked': ({ subject }) => [{ destination: 'mail.identities-changed', accountId: subject }],
  'identity.unlinked': ({ subject }) => [{ destination: 'mail.identities-changed', accountId: subject }],
  // A supervisor who suspends knows; one whose agent said "it was not me" must be told.
  'account.locked-out': ({ subject }) => [{ destination: 'mail.ended', answeringFor: subject }],
  'account.suspended': ({ subject, data }) =>
    data.cause === 'operator' || data.bulkId
      ? []
      : [{ destination: data.cause === byPolicy ? 'mail.contained' : 'mail.ended', answeringFor: subject }],
}

const routeOf = <T extends EventType>(event: Extract<DomainEvent, { type: T }>): Routed => {
  const route = routes[event.type as T]
  return route ? route(event) : []
}

/** Puts what must leave into the outbox, numbered within each account's stream; the account's row lock keeps the numbers in order. */
export const post = async (tx: Tx, entries: readonly Entry[], now: Date): Promise<void> => {
  const routed = entries.flatMap((entry) => routeOf(entry).map((route) => ({ entry: entry.id, ...route })))
  const answering = await answeringFor(
    tx,
    routed.flatMap((route) => ('answeringFor' in route ? [route.answeringFor] : [])),
  )
  const due = routed.flatMap((route) => {
    const readers = 'answeringFor' in route ? (answering.get(route.answeringFor) ?? []) : [route.accountId]
    return readers.map((account) => ({ id: uuid(), entry: route.entry, destination: route.destination, account }))
  })
  if (due.length === 0) return
  await prepared(
    tx,
    sql`
    insert into outbox (id, entry_id, destination, account_id, sequence, run_after)
    select d.id, d.entry, d.destination, d.account,
      coalesce((select max(o.sequence) from outbox o where o.account_id = d.account and o.destination = d.destination), 0)
        + row_number() over (partition by d.account, d.destination order by d.id), ${now}
    from jsonb_to_recordset(${JSON.stringify(due)}::jsonb) as d (id uuid, entry uuid, destination text, account uuid)`,
  )
}

export type Undelivered = { readonly waiting: number; readonly failing: number; readonly reason: string | null }

/** What has not left yet, and of it what failed at least once, with the newest reason: for the operator's page and the metrics. */
export const undelivered = async (db: Db): Promise<Undelivered> => {
  const { rows } = await db.execute<Undelivered>(sql`
    select count(*)::int as waiting, count(last_error)::int as failing,
      (array_agg(last_error order by run_after desc) filter (where last_error is not null))[1] as reason from outbox where settled_at is null`)
  return rows[0] ?? { waiting: 0, failing: 0, reason: null }
}

/** What goes to an address that was given up: that it is dead says nothing of whoever it was, and holds no later warning up. */
const toAddressBefore: readonly Destination[] = ['mail.contact-asked', 'mail.contact-left', 'mail.reset-asked-before']

/** What is sent although the account is out meanwhile: the answer to a theft must not silence it. */
export const outliving: readonly Destination[] = ['mail.contact-left', 'mail.contact-restored']

/** The mail server takes nothing for this mailbox; kept as the reason, without the address. */
export const mailboxRefused = 'mailbox-refused'

/** So often a mail was tried and came back, over nearly three hours: nobody reads that mailbox. */
const triedInVain = 10

/** Of these accounts, or of all, those whose mailbox takes no mail, however often it is tried. A mail server that is down says nothing of anybody. */
export const unreachable = async (db: Db | Tx, accountIds?: readonly string[]): Promise<ReadonlySet<string>> => {
  const { rows } = await db.execute<{ id: string }>(sql`
    select distinct account_id as id from outbox where ${accountIds ? sql`account_id = any(${uuids(accountIds)})` : sql`true`} and destination <> all(${texts(toAddressBefore)}) and settled_at is null and attempts >= ${triedInVain} and last_error = ${mailboxRefused}`)
  return new Set(rows.map(({ id }) => id))
}

export type Due = {
  readonly id: string
  readonly entryId: string
  readonly destination: Destination
  readonly accountId: string
  readonly attempts: number
}

/** `postponed` waits; `pointless` means the account's present state no longer wants it. */
export type Delivery = 'delivered' | 'pointless' | { readonly postponedMinutes: number }
export type Carrier = (db: Db, due: Due) => Promise<Delivery>

const leaseSeconds = 120

/**
 * Claims what is due, oldest first and in order within each stream, under a lease and not a held transaction, because a mail
 * server may be slow. At least once: a process killed in between leaves the row to the next one.
 */
const claim = async (db: Db, limit: number): Promise<readonly Due[]> => {
  const { rows } = await db.execute<{ id: string; entry_id: string; destination: Destination; account_id: string; attempts: number }>(sql`
    with due as materialized (
      select o.id from outbox o
      where o.settled_at is null and o.run_after <= now()
        and (o.destination = any(${texts(toAddressBefore)}) or not exists (select 1 from outbox earlier where earlier.account_id = o.account_id and earlier.destination = o.destination
          and earlier.sequence < o.sequence and earlier.settled_at is null))
      order by o.run_after limit ${limit} for update skip locked)
    update outbox o set attempts = o.attempts + 1, run_after = now() + make_interval(secs => ${leaseSeconds})
    from due where o.id = due.id
    returning o.id, o.entry_id, o.destination, o.account_id, o.attempts`)
  return rows.map((row) => ({
    id: row.id,
    entryId: row.entry_id,
    destination: row.destination,
    accountId: row.account_id,
    attempts: row.attempts,
  }))
}

const settle = async (db: Db, due: Due, delivery: Delivery): Promise<void> => {
  await (typeof delivery === 'object'
    ? db.execute(
        sql`update outbox set attempts = attempts - 1, run_after = now() + make_interval(mins => ${delivery.postponedMinutes}) where id = ${due.id} and settled_at is null`,
      )
    : db.execute(
        sql`update outbox set settled_at = now(), outcome = ${delivery}, last_error = null where id = ${due.id} and settled_at is null`,
      ))
}

/** The code of a network or mail error, which names nobody; never its message, which may quote an address. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

const fail = async (db: Db, due: Due, error: unknown, log: Logger): Promise<void> => {
  const seconds = Math.min(3600, 5 * 2 ** due.attempts)
  const reason = reasonOf(error)
  log.warn(
    { destination: due.destination, entry: due.entryId, attempts: due.attempts, reason },
    'a message could not be delivered and will be tried again',
  )
  await db.execute(
    sql`update outbox set run_after = now() + make_interval(secs => ${seconds}), last_error = ${reason} where id = ${due.id} and settled_at is null`,
  )
}

/** Delivers what is due until nothing is; answers how many were settled. */
export const drain = async (db: Db, carriers: Record<Destination, Carrier>, log: Logger): Promise<number> => {
  let settled = 0
  for (;;) {
    const batch = await claim(db, 20)
    if (batch.length === 0) return settled
    for (const due of batch) {
      try {
        await settle(db, due, await carriers[due.destination](db, due))
        settled += 1
      } catch (error) {
        await fail(db, due, error, log)
      }
    }
  }
}
