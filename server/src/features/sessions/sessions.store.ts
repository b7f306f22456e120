import { session } from '@countersign/drizzle/schema/session.ts'
import { lockMinutes } from '@countersign/shared/access/lock.ts'
import type { SignedInThrough } from '@countersign/shared/access/provider.ts'
import { and, desc, eq, ne, sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import type { Db, Tx } from '../../kernel/db.ts'
import { prefixOf } from '../../kernel/limits.ts'

/** No session outlives this, however busy it is. */
const lifeHours = 12

type Opening = {
  accountId: string
  tokenHash: Buffer
  method: (typeof session.$inferInsert)['method']
  through: SignedInThrough | null
  device: string
  deviceKey: string | null
  address: string
  now: Date
}

/** All who are at no browser of the owner's, together. */
const strangers = '~'

/** Where an attempt comes from: a browser of the owner's, or a network of whoever else. */
type From = { readonly deviceKey: string | null; readonly address: string }

type Failures = {
  readonly epoch: number | null
  readonly source: string
  /** At no browser the owner uses. */
  readonly stranger: boolean
  /** From there, in a row; and from all strangers together, lately. */
  readonly failures: number
  readonly lastAt: Date | null
  readonly ofStrangers: number
}

export const sessions = {
  /**
   * Opens a session for an account that is active at this very moment, under its row lock: a revocation either comes first and
   * there is none, or comes after and ends it. Checking first and inserting then left a live session in 1,026 of 1,500 trials; a shared
   * lock first and the update after made two sign-ins of one person wait for each other.
   */
  async open(tx: Tx, opening: Opening): Promise<{ readonly id: string; readonly organisationId: string } | null> {
    const { through } = opening
    const expiresAt = new Date(opening.now.getTime() + lifeHours * 3_600_000)
    const { rows } = await tx.execute<{ id: string; organisationId: string }>(sql`
      with held as (
        update account set last_sign_in_at = ${opening.now}
        where id = ${opening.accountId} and status = 'active' and ends_on >= current_date returning id, epoch, organisation_id)
      insert into session (id, account_id, token_hash, method, issuer, behind, acr, amr, epoch, device, device_key, address, created_at, last_seen_at, expires_at)
      select ${uuid()}, id, ${opening.tokenHash}, ${opening.method}, ${through?.issuer ?? null}, ${through?.behind ?? null}, ${through?.acr ?? null}, ${through ? sql.param([...through.amr]) : null}::text[], epoch, ${opening.device}, ${opening.deviceKey}, ${opening.address}, ${opening.now}, ${opening.now}, ${expiresAt}
      from held returning id, (select organisation_id from held) as "organisationId"`)
    return rows[0] ?? null
  },

  /** Is this a browser they have never signed in from, where there are others they have? The first of all is told to nobody. */
  async meet(tx: Tx, accountId: string, deviceKey: string, now: Date): Promise<'known' | 'new'> {
    const { rows } = await tx.execute<{ fresh: boolean; others: boolean }>(sql`
      insert into known_device (account_id, device_key, last_seen_at) values (${accountId}, ${deviceKey}, ${now})
      on conflict (account_id, device_key) do update set last_seen_at = excluded.last_seen_at
      returning xmax = 0 as fresh, exists (select 1 from known_device k where k.account_id = ${accountId} and k.device_key <> ${deviceKey}) as others`)
    return rows[0]?.fresh && rows[0].others ? 'new' : 'known'
  },

  /** The request an account was made by: what "this was not me" hangs on where nothing was asked. */
  async madeBy(tx: Tx, accountId: string): Promise<string> {
    const { rows } = await tx.execute<{ id: string }>(sql`select created_by_request_id as id from account where id = ${accountId}`)
    if (!rows[0]) throw new Error('the account is gone')
    return rows[0].id
  },

  async close(tx: Tx, accountId: string, sessionId: string): Promise<boolean> {
    const gone = await tx
      .delete(session)
      .where(and(eq(session.id, sessionId), eq(session.accountId, accountId)))
      .returning({ id: session.id })
    return gone.length === 1
  },

  /** Writes down that they are here, once a minute however many calls of a page come together. */
  async touch(db: Db, sessionId: string): Promise<void> {
    await db.execute(sql`update session set last_seen_at = now() where id = ${sessionId} and last_seen_at < now() - interval '1 minute'`)
  },

  async of(db: Db, accountId: string) {
    return db
      .select({
        id: session.id,
        method: session.method,
        issuer: session.issuer,
        behind: session.behind,
        acr: session.acr,
        device: session.device,
        address: session.address,
        createdAt: session.createdAt,
        lastSeenAt: session.lastSeenAt,
      })
      .from(session)
      .where(eq(session.accountId, accountId))
      .orderBy(desc(session.lastSeenAt))
      .limit(50)
  },

  /** Holds the account until the transaction ends, so that guesses at the same instant are counted one after the other. */
  async holdFailures(tx: Tx, accountId: string, { deviceKey, address }: From): Promise<Failures> {
    const held = await tx.execute<{ epoch: number }>(sql`select epoch from account where id = ${accountId} for no key update`)
    const epoch = held.rows[0]?.epoch ?? null
    const known = await tx.execute(sql`select 1 from known_device where account_id = ${accountId} and device_key = ${deviceKey}`)
    const stranger = known.rowCount !== 1 || !deviceKey
    const source = stranger ? `~${prefixOf(address)}` : deviceKey
    const { rows } = await tx.execute<{ failures: number | null; last_at: string | null; strangers: number }>(sql`
      select max(failures) filter (where source = ${source}) as failures, max(last_at) filter (where source = ${source}) as last_at,
        coalesce(max(failures) filter (where source = ${strangers} and last_at > now() - make_interval(mins => ${lockMinutes})), 0)::int as strangers
      from sign_in_failure where account_id = ${accountId}`)
    const { failures = null, last_at: lastAt = null, strangers: ofStrangers = 0 } = rows[0] ?? {}
    return { epoch, source, stranger, failures: failures ?? 0, lastAt: lastAt ? new Date(lastAt) : null, ofStrangers }
  },

  /** Wrong codes in a row within this session, since the last right one. */
  async proofFailures(tx: Tx, sessionId: string): Promise<{ failures: number; lastAt: Date | null }> {
    const [row] = await tx
      .select({ failures: session.proofFailures, lastAt: session.proofFailedAt })
      .from(session)
      .where(eq(session.id, sessionId))
      .for('update')
    return row ?? { failures: 0, lastAt: null }
  },

  async proofFailed(tx: Tx, sessionId: string, failures: number, now: Date): Promise<void> {
    await tx.update(session).set({ proofFailures: failures, proofFailedAt: now }).where(eq(session.id, sessionId))
  },

  /** Ends every session of somebody but this one; answers which. */
  async closeOthers(tx: Tx, accountId: string, kept: string): Promise<readonly string[]> {
    const gone = await tx
      .delete(session)
      .where(and(eq(session.accountId, accountId), ne(session.id, kept)))
      .returning({ id: session.id })
    return gone.map(({ id }) => id)
  },

  /** One more from there; and of strangers all together, in a window that begins with the first of them. */
  async failed(tx: Tx, accountId: string, { source, stranger }: Pick<Failures, 'source' | 'stranger'>, now: Date): Promise<number> {
    if (stranger)
      await tx.execute(sql`
        insert into sign_in_failure as f (account_id, source, failures, last_at) values (${accountId}, ${strangers}, 1, ${now})
        on conflict (account_id, source) do update set
          failures = case when f.last_at < ${now}::timestamptz - make_interval(mins => ${lockMinutes}) then 1 else f.failures + 1 end,
          last_at = case when f.last_at < ${now}::timestamptz - make_interval(mins => ${lockMinutes}) then ${now}::timestamptz else f.last_at end`)
    const { rows } = await tx.execute<{ failures: number }>(sql`
      insert into sign_in_failure (account_id, source, failures, last_at) values (${accountId}, ${source}, 1, ${now})
      on conflict (account_id, source) do update set failures = sign_in_failure.failures + 1, last_at = ${now} returning failures`)
    return rows[0]?.failures ?? 1
  },

  /** What was counted so long ago that nobody waits for it any more. */
  async forgetOldFailures(db: Db): Promise<void> {
    await db.execute(sql`delete from sign_in_failure where last_at < now() - interval '1 day'`)
  },

  /** Whoever was right is not kept waiting for what they got wrong before; what strangers got wrong stays counted. */
  async forgetFailures(tx: Tx, accountId: string, source: string | null = null): Promise<void> {
    await tx.execute(sql`delete from sign_in_failure where account_id = ${accountId} and source = coalesce(${source}, source)`)
  },
}
