import type { Role } from '@countersign/shared/access/roles.ts'
import { covers, scopeOf } from '@countersign/shared/access/scope.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { grants } from '../requests/grants.store.ts'
import { accounts } from './accounts.store.ts'

export type RevokeRoleInput = { readonly accountId: string; readonly role: Role; readonly organisationId: string }

/** Takes a role away at once, by one person, as every taking away; the last policy owner keeps theirs. */
export const revokeRole: Operation<RevokeRoleInput, true> = async ({ tx, actor, now }, { accountId, role, organisationId }) => {
  const [row] = await accounts.lockAll(tx, [accountId])
  if (!row || !covers(scopeOf(actor, 'role:revoke'), row.place)) throw new Refused('not-found', accountId)
  if (role === 'policy-owner' && (await accounts.policyOwnersBeside(tx, [accountId])) === 0)
    throw new Refused('last-policy-owner', accountId)

  if (!(await grants.revoke(tx, { accountId, role, organisationId, now }))) throw new Refused('already-in-state', accountId)

  return {
    value: true,
    events: [{ type: 'role.revoked', subject: accountId, organisation: row.organisationId, data: { role, over: organisationId } }],
  }
}
