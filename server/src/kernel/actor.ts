import type { SignedInThrough } from '@countersign/shared/access/provider.ts'
import type { Actor, Grant } from '@countersign/shared/access/scope.ts'
import { type SQL, sql } from 'drizzle-orm'
import type { Db, Tx } from './db.ts'
import { grantsHeldBy } from './grants.ts'
import { prepared } from './prepared.ts'
import { Refused } from './refused.ts'
import type { Position } from './replica.ts'

/** A signed-in person, as read from the database for this very request. */
export type Person = Actor & {
  readonly kind: 'person'
  readonly sessionId: string
  readonly epoch: number
  readonly twoFactor: boolean
  readonly organisationId: string
  /** Where their session began: at an identity provider, or here. */
  readonly through: SignedInThrough | 'here'
  /** The key of the browser they are at, hashed; null where it is not known. */
  readonly device: string | null
}

/** Nobody who has proved anything: the public pages, the clock, the console. Holds no grant, so no permission. */
export type Nobody = { readonly kind: 'nobody'; readonly id: null; readonly grants: readonly [] }

export const nobody: Nobody = { kind: 'nobody', id: null, grants: [] }

/**
 * Somebody whose order is being carried out, whether or not they are still at the screen: no session, but an active account and the
 * roles it holds now. Who is put out orders nothing any more (P5).
 */
export type Orderer = Actor & { readonly kind: 'orderer'; readonly organisationId: string; readonly epoch: number }

/** Who gave an order, and in which epoch of their account; what they hold is read when it is carried out. */
export const ordererOf = (id: string, epoch: number): Orderer => ({ kind: 'orderer', id, epoch, organisationId: '', grants: [] })

const grantsOf = grantsHeldBy(sql`a.id`)

type Row = {
  organisation_id: string
  id: string
  session_id: string
  epoch: number
  method: string
  issuer: string | null
  behind: string | null
  acr: string | null
  amr: string[] | null
  device: string | null
  grants: Grant[]
  unseen: boolean
  position: string
}

/** Roles are in force only behind a second factor, of ours or of a provider that says so; the demo's one-click sign-in stands for it there and nowhere else. */
const toPerson = (row: Omit<Row, 'unseen' | 'position'>): Person => {
  const twoFactor = row.method !== 'password' && row.method !== 'provider'
  return {
    kind: 'person',
    id: row.id,
    organisationId: row.organisation_id,
    sessionId: row.session_id,
    epoch: row.epoch,
    device: row.device,
    through:
      row.issuer === null
        ? 'here'
        : { issuer: row.issuer, ...(row.behind === null ? {} : { behind: row.behind }), acr: row.acr, amr: row.amr ?? [] },
    twoFactor,
    grants: twoFactor ? row.grants : [],
  }
}

export const idleMinutes = 30

const rowWhere = async (db: Db | Tx, which: SQL): Promise<Row | null> => {
  const { rows } = await prepared<Row>(
    db,
    sql`
    select a.id, a.organisation_id, s.id as session_id, a.epoch, s.method, s.issuer, s.behind, s.acr, s.amr, s.device_key as device, ${grantsOf} as grants,
      s.last_seen_at < now() - interval '1 minute' as unseen, pg_current_wal_flush_lsn()::text as position
    from session s join account a on a.id = s.account_id and a.status = 'active' and a.epoch = s.epoch
    where ${which} and s.expires_at > now() and s.last_seen_at > now() - make_interval(mins => ${idleMinutes})
      and a.ends_on >= current_date`,
  )
  return rows[0] ?? null
}

/**
 * Who holds this session token now: one query joining session, status and epoch, never cached (P5). Null means nobody. `unseen` where
 * their last call was over a minute ago: often enough to tell an idle browser from a busy one. `position` is how far everything that was
 * committed by now reaches in the log: what is read for this call must not be older.
 */
export const callerOfToken = async (
  db: Db | Tx,
  tokenHash: Buffer,
): Promise<{ person: Person; unseen: boolean; position: Position } | null> => {
  const row = await rowWhere(db, sql`s.token_hash = ${tokenHash}`)
  return row && { person: toPerson(row), unseen: row.unseen, position: row.position }
}

export const personOfToken = async (db: Db | Tx, tokenHash: Buffer): Promise<Person | null> =>
  (await callerOfToken(db, tokenHash))?.person ?? null

/** The same of a session that is known already: for streams, which outlive the request that opened them. */
export const personOfSession = async (db: Db | Tx, sessionId: string): Promise<Person | null> => {
  const row = await rowWhere(db, sql`s.id = ${sessionId}`)
  return row && toPerson(row)
}

/** The database's clock, in milliseconds: what JavaScript keeps of it is all of it. */
export const transactionTime = sql`date_trunc('milliseconds', now())`

const personLock = 7_203_004

/** The turn first, then the row as it is after it: a shared lock reads the newest state of what it locks. */
const holdRow = (tx: Tx, id: string) =>
  prepared(
    tx,
    sql`with turn as materialized (select pg_advisory_xact_lock(hashtextextended(${id}, ${personLock})))
      select 1 from turn, account where account.id = ${id} for share of account`,
  )

/**
 * The same person read again inside a transaction, and held: a revocation waits for this commit or refuses it (P5). What one person
 * does takes turns, or a flood of it would keep the row shared for ever and their own revocation waiting. The roles are a question
 * of its own after the lock: one that was taken away while this waited is gone.
 */
export const holdPerson = async (tx: Tx, person: Person): Promise<{ person: Person; now: Date } | null> => {
  await holdRow(tx, person.id)
  const { rows } = await prepared<Omit<Row, 'unseen' | 'position'> & { now: string }>(
    tx,
    sql`
    select ${transactionTime} as now, a.id, a.organisation_id, s.id as session_id, a.epoch, s.method, s.issuer, s.behind, s.acr, s.amr, s.device_key as device, ${grantsOf} as grants
    from account a join session s on s.account_id = a.id
    where a.id = ${person.id} and a.status = 'active' and a.epoch = ${person.epoch} and s.id = ${person.sessionId} and s.expires_at > now()`,
  )
  const [row] = rows
  return row ? { person: toPerson(row), now: new Date(row.now) } : null
}

const draftLock = 7_203_006

/** The same without holding anybody: for what may take long and changes nothing. Null as well while another draft of theirs is drawn. */
export const draftingPerson = async (tx: Tx, person: Person): Promise<{ person: Person; now: Date } | null> => {
  const { rows } = await tx.execute<{ alone: boolean; now: string }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${person.id}, ${draftLock})) as alone, ${transactionTime} as now`,
  )
  if (!rows[0]?.alone) throw new Refused('too-many')
  const present = await personOfSession(tx, person.sessionId)
  return present ? { person: present, now: new Date(rows[0].now) } : null
}

/** The same for an order: its giver held, with the roles of now; null where they are out. */
export const holdOrderer = async (tx: Tx, { id, epoch }: Orderer): Promise<{ orderer: Orderer; now: Date } | null> => {
  await holdRow(tx, id)
  const { rows } = await prepared<{ now: string; organisationId: string; grants: Grant[] }>(
    tx,
    sql`
    select ${transactionTime} as now, a.organisation_id as "organisationId", ${grantsOf} as grants
    from account a where a.id = ${id} and a.status = 'active' and a.epoch = ${epoch} and a.ends_on >= current_date`,
  )
  const [row] = rows
  return row
    ? { orderer: { kind: 'orderer', id, epoch, organisationId: row.organisationId, grants: row.grants }, now: new Date(row.now) }
    : null
}
