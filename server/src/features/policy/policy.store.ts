import { policy } from '@countersign/drizzle/schema/policy.ts'
import { type Policy, type PolicyCase, policyDocument } from '@countersign/shared/policy/policy.ts'
import { sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'

type Standing = { readonly id: string; readonly document: Policy }

export const policies = {
  async read(db: Db | Tx): Promise<Policy> {
    const [row] = await db.select({ document: policy.document }).from(policy)
    return policyDocument.parse(row?.document)
  },

  /** In force until this transaction ends: whoever files under it does so before it changes, or after. */
  async hold(tx: Tx): Promise<Policy> {
    const [row] = await tx.select({ document: policy.document }).from(policy).for('share')
    return policyDocument.parse(row?.document)
  },

  /** Held, so that two requests from the same policy are not both carried out. */
  async lock(tx: Tx): Promise<Standing> {
    const [row] = await tx.select({ id: policy.id, document: policy.document }).from(policy).for('update')
    if (!row) throw new Error('the policy is not there')
    return { id: row.id, document: policyDocument.parse(row.document) }
  },

  async set(tx: Tx, document: Policy, requestId: string, now: Date): Promise<void> {
    await tx.update(policy).set({ document, requestId, setAt: now })
  },

  /** Policy owners at work, and all who were ever named. */
  async owners(tx: Tx): Promise<Pick<PolicyCase, 'ownersAtWork' | 'ownersEver'>> {
    const { rows } = await tx.execute<{ session: number; totp: number; passkey: number; ever: number }>(sql`
      select count(distinct a.id) filter (where g.revoked_at is null and a.status = 'active')::int as session,
        count(distinct a.id) filter (where g.revoked_at is null and a.status = 'active' and (held.passkey or exists (select 1 from credential c where c.account_id = a.id and c.kind = 'totp')))::int as totp,
        count(distinct a.id) filter (where g.revoked_at is null and a.status = 'active' and held.passkey)::int as passkey, count(distinct a.id)::int as ever
      from role_grant g join account a on a.id = g.account_id, lateral (select exists (select 1 from passkey p where p.account_id = a.id) as passkey) held
      where g.role = 'policy-owner'`)
    const { ever = 0, ...ownersAtWork } = rows[0] ?? { session: 0, totp: 0, passkey: 0 }
    return { ownersAtWork, ownersEver: ever }
  },

  /** The request to change it that nobody has decided yet. */
  async pending(db: Db | Tx): Promise<{ id: string; reference: number } | null> {
    const { rows } = await db.execute<{ id: string; reference: number }>(
      sql`select id, reference::int from request where kind = 'set-policy' and status = 'pending' and expires_at > now() and content -> 'before' -> 'rules' is not null limit 1`,
    )
    return rows[0] ?? null
  },
}
