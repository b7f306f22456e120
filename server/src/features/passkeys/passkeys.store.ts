import { passkey, spentNonce } from '@countersign/drizzle/schema/passkey.ts'
import { and, asc, eq, lte, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'
import { nonceMinutes } from './nonces.ts'

export type StoredPasskey = typeof passkey.$inferSelect

export const passkeys = {
  async of(db: Db | Tx, accountId: string): Promise<readonly StoredPasskey[]> {
    return db.select().from(passkey).where(eq(passkey.accountId, accountId)).orderBy(asc(passkey.createdAt), asc(passkey.id))
  },

  /** The passkey of this name in the authenticator's book, if it is somebody's who may come in; and in which epoch of theirs it was found. */
  async forSignIn(db: Db, credentialId: Buffer) {
    const { rows } = await db.execute<{ accountId: string; organisationId: string; epoch: number }>(sql`
      select a.id as "accountId", a.organisation_id as "organisationId", a.epoch
      from passkey p join account a on a.id = p.account_id and a.status = 'active' and a.ends_on >= current_date
      where p.credential_id = ${credentialId}`)
    return rows[0] ?? null
  },

  async find(db: Db | Tx, accountId: string, credentialId: Buffer): Promise<StoredPasskey | null> {
    const [row] = await db
      .select()
      .from(passkey)
      .where(and(eq(passkey.accountId, accountId), eq(passkey.credentialId, credentialId)))
    return row ?? null
  },

  async add(tx: Tx, row: typeof passkey.$inferInsert): Promise<boolean> {
    const added = await tx.insert(passkey).values(row).onConflictDoNothing({ target: passkey.credentialId }).returning({ id: passkey.id })
    return added.length === 1
  },

  async remove(tx: Tx, accountId: string, id: string): Promise<boolean> {
    const gone = await tx
      .delete(passkey)
      .where(and(eq(passkey.accountId, accountId), eq(passkey.id, id)))
      .returning({ id: passkey.id })
    return gone.length === 1
  },

  /** Counts a use: the count an authenticator keeps grows, or there are two of it. False where the passkey was taken away meanwhile. */
  async used(tx: Tx, id: string, signCount: number, now: Date): Promise<boolean> {
    const used = await tx
      .update(passkey)
      .set({ signCount, lastUsedAt: now })
      .where(and(eq(passkey.id, id), lte(passkey.signCount, signCount)))
      .returning({ id: passkey.id })
    return used.length === 1
  },

  /** Was the person's access reset, and taken up again, within a day? */
  async resetLately(tx: Db | Tx, accountId: string, now: Date): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`
      select 1 from link where account_id = ${accountId} and kind = 'reset' and used_at > ${now}::timestamptz - interval '24 hours' limit 1`)
    return rowCount === 1
  },

  /** Spends a nonce: of any number at the same instant one gets true. */
  async spend(tx: Tx, nonce: string, now: Date): Promise<boolean> {
    const spent = await tx
      .insert(spentNonce)
      .values({ nonce: Buffer.from(nonce, 'base64url'), expiresAt: new Date(now.getTime() + (nonceMinutes + 5) * 60_000) })
      .onConflictDoNothing()
      .returning({ nonce: spentNonce.nonce })
    return spent.length === 1
  },
  /** Those that are too old to be shown are forgotten. */
  async forgetSpent(db: Db): Promise<void> {
    await db.execute(sql`delete from spent_nonce where expires_at < now()`)
  },
}
