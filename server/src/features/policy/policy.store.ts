import { policy } from '@countersign/drizzle/schema/policy.ts'
import { type Policy, type PolicyCase, policyShape } from '@countersign/shared/policy/policy.ts'
import { leastIndependenceDays, type Means } from '@countersign/shared/requests/requirement.ts'
import { sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'

type Standing = { readonly id: string; readonly document: Policy }

/** A policy was judged when it was set; what the product has learnt to ask since must not make it unreadable, or nobody could change it. */
export const policies = {
  async read(db: Db | Tx): Promise<Policy> {
    const [row] = await db.select({ document: policy.document }).from(policy)
    return policyShape.parse(row?.document)
  },

  /** The document as it stands, word for word: what is sealed, and what is held against it. */
  async inForce(db: Db | Tx): Promise<Policy> {
    const [row] = await db.select({ document: policy.document }).from(policy)
    if (!row) throw new Error('the policy is not there')
    return row.document
  },

  /** How far back the policy in force looks for who had a hand in whom. */
  async independence(db: Db | Tx): Promise<Pick<Policy, 'independenceDays'>> {
    const { rows } = await db.execute<{ days: number }>(sql`select (document -> 'independenceDays')::int as days from policy`)
    return { independenceDays: rows[0]?.days ?? leastIndependenceDays }
  },

  /** In force until this transaction ends: whoever files under it does so before it changes, or after. */
  async hold(tx: Tx): Promise<Policy> {
    const [row] = await tx.select({ document: policy.document }).from(policy).for('share')
    return policyShape.parse(row?.document)
  },

  /** Held, so that two requests from the same policy are not both carried out. */
  async lock(tx: Tx): Promise<Standing> {
    const [row] = await tx.select({ id: policy.id, document: policy.document }).from(policy).for('update')
    if (!row) throw new Error('the policy is not there')
    return { id: row.id, document: policyShape.parse(row.document) }
  },

  async set(tx: Tx, document: Policy, requestId: string, now: Date): Promise<void> {
    await tx.update(policy).set({ document, requestId, setAt: now })
  },

  /** Policy owners at work, and how many were named long enough ago. */
  async owners(tx: Tx): Promise<Pick<PolicyCase, 'ownersAtWork' | 'settledOwners'>> {
    const { rows } = await tx.execute<Means & { atWork: boolean; settled: number }>(sql`
      select settled_owners() as settled, bool_or(g.revoked_at is null and a.status = 'active') as "atWork", array(select i.issuer from identity i where i.account_id = a.id) as issuers,
        case when exists (select 1 from passkey p where p.account_id = a.id) then 'passkey'
          when exists (select 1 from credential c where c.account_id = a.id and c.kind = 'totp') then 'totp' else 'session' end as strongest
      from role_grant g join account a on a.id = g.account_id where g.role = 'policy-owner' group by a.id`)
    return {
      ownersAtWork: rows.filter(({ atWork }) => atWork).map(({ strongest, issuers }) => ({ strongest, issuers })),
      settledOwners: rows[0]?.settled ?? 0,
    }
  },

  /** Since when it is in force, and by which request; null where it is the one the network began with. */
  async since(db: Db): Promise<{ readonly at: string; readonly requestId: string; readonly reference: number } | null> {
    const { rows } = await db.execute<{ at: string; requestId: string; reference: number }>(sql`
      select to_json(p.set_at)#>>'{}' as at, r.id as "requestId", r.reference::int as reference from policy p join request r on r.id = p.request_id`)
    return rows[0] ?? null
  },

  /** The request to change it that nobody has decided yet. */
  async pending(db: Db | Tx): Promise<{ id: string; reference: number } | null> {
    const { rows } = await db.execute<{ id: string; reference: number }>(
      sql`select id, reference::int from request where kind = 'set-policy' and status = 'pending' and expires_at > now() and content -> 'before' -> 'rules' is not null limit 1`,
    )
    return rows[0] ?? null
  },
}
