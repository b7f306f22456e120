import { identity } from '@countersign/drizzle/schema/identity.ts'
import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'

export type StoredIdentity = typeof identity.$inferSelect

export const identities = {
  async of(db: Db | Tx, accountId: string): Promise<readonly StoredIdentity[]> {
    return db.select().from(identity).where(eq(identity.accountId, accountId)).orderBy(asc(identity.linkedAt), asc(identity.id))
  },

  /** Whose it is, if they may come in; in which epoch it was found, and whether they have a second factor here. */
  async forSignIn(db: Db, { issuer, subject }: { readonly issuer: string; readonly subject: string }) {
    const { rows } = await db.execute<{ id: string; accountId: string; organisationId: string; epoch: number; secondFactor: boolean }>(sql`
      select i.id, a.id as "accountId", a.organisation_id as "organisationId", a.epoch,
        exists (select 1 from passkey p where p.account_id = a.id) or exists (select 1 from credential c where c.account_id = a.id and c.kind = 'totp') as "secondFactor"
      from identity i join account a on a.id = i.account_id and a.status = 'active' and a.ends_on >= current_date
      where i.issuer = ${issuer} and i.subject = ${subject}`)
    return rows[0] ?? null
  },

  async isTaken(tx: Tx, { issuer, subject }: { readonly issuer: string; readonly subject: string }): Promise<boolean> {
    const rows = await tx
      .select({ id: identity.id })
      .from(identity)
      .where(and(eq(identity.issuer, issuer), eq(identity.subject, subject)))
    return rows.length > 0
  },

  /** False where somebody linked it at the same instant. */
  async link(tx: Tx, row: typeof identity.$inferInsert): Promise<boolean> {
    const linked = await tx.insert(identity).values(row).onConflictDoNothing().returning({ id: identity.id })
    return linked.length === 1
  },

  async unlink(tx: Tx, accountId: string, id: string): Promise<boolean> {
    const gone = await tx
      .delete(identity)
      .where(and(eq(identity.accountId, accountId), eq(identity.id, id)))
      .returning({ id: identity.id })
    return gone.length === 1
  },

  /** Who is gone for good leaves their identities to whoever they come back as. */
  async forget(tx: Tx, accountIds: readonly string[]): Promise<void> {
    await tx.delete(identity).where(inArray(identity.accountId, [...accountIds]))
  },

  /** False where it was unlinked meanwhile. */
  async used(tx: Tx, id: string, now: Date): Promise<boolean> {
    const used = await tx.update(identity).set({ lastUsedAt: now }).where(eq(identity.id, id)).returning({ id: identity.id })
    return used.length === 1
  },
}
