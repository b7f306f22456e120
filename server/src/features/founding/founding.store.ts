import { request } from '@countersign/drizzle/schema/request.ts'
import { canonicalJson } from '@countersign/shared/requests/canonical.ts'
import { eq, sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import type { Db, Tx } from '../../kernel/db.ts'
import { sha256 } from '../../kernel/secrets.ts'
import type { Standing } from '../organisations/organisations.store.ts'

const dayMilliseconds = 86_400_000

export const founding = {
  async done(db: Db | Tx): Promise<boolean> {
    const { rowCount } = await db.execute(sql`select 1 from account limit 1`)
    return rowCount === 1
  },

  /** The founding request: filed and executed at once, which the database accepts only while there is no account (P10). */
  async request(tx: Tx, { founders, nation, now }: { founders: readonly string[]; nation: Standing; now: Date }): Promise<string> {
    const id = uuid()
    const content = canonicalJson({ kind: 'found-network', founders })
    await tx.insert(request).values({
      id,
      kind: 'found-network',
      status: 'pending',
      organisationId: nation.id,
      ...nation.place,
      channel: 'founding',
      content,
      contentHash: sha256(content),
      approvalsNeeded: 2,
      approverRoles: ['policy-owner'],
      submittedAt: now,
      expiresAt: new Date(now.getTime() + dayMilliseconds),
    })
    await tx.update(request).set({ status: 'executed', decidedAt: now }).where(eq(request.id, id))
    return id
  },
}
