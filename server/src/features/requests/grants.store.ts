import { organisation } from '@countersign/drizzle/schema/organisation.ts'
import { roleGrant } from '@countersign/drizzle/schema/role-grant.ts'
import type { Role } from '@countersign/shared/access/roles.ts'
import type { Grant } from '@countersign/shared/access/scope.ts'
import { and, eq, isNull } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import type { Tx } from '../../kernel/db.ts'

type Held = { readonly accountId: string; readonly role: Role; readonly organisationId: string }

const theOne = ({ accountId, role, organisationId }: Held) =>
  and(
    eq(roleGrant.accountId, accountId),
    eq(roleGrant.role, role),
    eq(roleGrant.organisationId, organisationId),
    isNull(roleGrant.revokedAt),
  )

export const grants = {
  /** Needs the executed request: without it the database refuses (P10). */
  async give(
    tx: Tx,
    { now, ...row }: { accountId: string; role: Role; organisationId: string; requestId: string; now: Date },
  ): Promise<void> {
    await tx.insert(roleGrant).values({ id: uuid(), ...row, grantedAt: now })
  },

  /** The roles in force. */
  async of(tx: Tx, accountId: string): Promise<readonly Grant[]> {
    return tx
      .select({ role: roleGrant.role, level: organisation.level, organisationId: organisation.id, networkId: organisation.networkId })
      .from(roleGrant)
      .innerJoin(organisation, eq(organisation.id, roleGrant.organisationId))
      .where(and(eq(roleGrant.accountId, accountId), isNull(roleGrant.revokedAt)))
  },

  async held(tx: Tx, grant: Held): Promise<boolean> {
    const rows = await tx.select({ id: roleGrant.id }).from(roleGrant).where(theOne(grant))
    return rows.length > 0
  },

  async revoke(tx: Tx, { now, ...grant }: Held & { now: Date }): Promise<void> {
    await tx.update(roleGrant).set({ revokedAt: now }).where(theOne(grant))
  },
}
