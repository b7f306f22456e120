import { policy } from '@countersign/drizzle/schema/policy.ts'
import { type Policy, policyDocument } from '@countersign/shared/policy/policy.ts'
import { sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'

type Standing = { readonly id: string; readonly document: Policy }

export const policies = {
  async read(db: Db | Tx): Promise<Policy> {
    const [row] = await db.select({ document: policy.document }).from(policy)
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

  /** The request to change it that nobody has decided yet. */
  async pending(db: Db | Tx): Promise<{ id: string; reference: number } | null> {
    const { rows } = await db.execute<{ id: string; reference: number }>(
      sql`select id, reference::int from request where kind = 'set-policy' and status = 'pending' and expires_at > now() limit 1`,
    )
    return rows[0] ?? null
  },
}
