import { filedWith } from '@countersign/shared/access/permissions.ts'
import type { Role } from '@countersign/shared/access/roles.ts'
import { covers, scopeOf, scopeOfRoles } from '@countersign/shared/access/scope.ts'
import { leavesTooFewOwners } from '@countersign/shared/accounts/ending.ts'
import type { DomainEvent } from '@countersign/shared/events.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { approvalVoided, requestVoided } from '../requests/facts.ts'
import { grants } from '../requests/grants.store.ts'
import { requests } from '../requests/requests.store.ts'
import { accounts } from './accounts.store.ts'
import { guardianCase, guardians } from './guardians.store.ts'

export type RevokeRoleInput = { readonly accountId: string; readonly role: Role; readonly organisationId: string }

/**
 * Takes a role away at once, by one person, as every taking away. What its holder asked for or signed by that role, and nobody
 * has decided yet, goes with it. Policy owners and IT admins stay while too few would be left.
 */
export const revokeRole: Operation<RevokeRoleInput, true> = async ({ tx, actor, now }, { accountId, role, organisationId }) => {
  const [row] = await accounts.lockAll(tx, [accountId])
  if (!row || !covers(scopeOf(actor, 'role:revoke'), row.place)) throw new Refused('not-found', accountId)
  if (!(await grants.held(tx, { accountId, role, organisationId }))) throw new Refused('already-in-state', accountId)
  if (role === 'policy-owner' || role === 'it-admin') {
    const left = guardianCase([role], await guardians.holdWithout(tx, [accountId]))
    if (left.ownersLeft && leavesTooFewOwners('revoke', left.ownersLeft)) throw new Refused('last-policy-owner', accountId)
    if (left.lastItAdmin) throw new Refused('last-it-admin', accountId)
  }

  await grants.revoke(tx, { accountId, role, organisationId, now })
  const holder = { id: accountId, grants: await grants.of(tx, accountId) }
  const { filed, signed } = await requests.pendingBy(tx, accountId)
  const groundless = filed.filter(({ kind, place }) => !covers(scopeOf(holder, filedWith[kind]), place))
  const unsigned = signed.filter(({ approverRoles, place }) => !covers(scopeOfRoles(holder, approverRoles), place))
  for (const { id } of groundless) await requests.decide(tx, id, { status: 'voided', by: actor.id, now, reason: 'role-revoked' })
  for (const { id } of unsigned) await requests.voidApprovals(tx, id, [accountId], 'role-revoked', now)

  const revoked: DomainEvent = {
    type: 'role.revoked',
    subject: accountId,
    organisation: row.organisationId,
    data: { role, over: organisationId },
  }
  return {
    value: true,
    events: told([
      revoked,
      ...groundless.map((request) => requestVoided(request, 'role-revoked')),
      ...unsigned.map((request) => approvalVoided(request, accountId, 'role-revoked')),
    ]),
  }
}
