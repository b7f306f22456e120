import { filedWith } from '@countersign/shared/access/permissions.ts'
import type { Role } from '@countersign/shared/access/roles.ts'
import { covers, scopeOf } from '@countersign/shared/access/scope.ts'
import { decideRoleRevocation } from '@countersign/shared/accounts/ending.ts'
import type { DomainEvent } from '@countersign/shared/events.ts'
import { isForThem } from '@countersign/shared/requests/approval.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { orRefuse, Refused } from '../../kernel/refused.ts'
import { approvalVoided, requestVoided } from '../requests/facts.ts'
import { grants } from '../requests/grants.store.ts'
import { requests } from '../requests/requests.store.ts'
import { signatures } from '../requests/signatures.store.ts'
import { accounts } from './accounts.store.ts'
import { guardianCase, guardians, isGuardian } from './guardians.store.ts'

const idsOf = (rows: readonly { readonly id: string }[]): readonly string[] => rows.map(({ id }) => id)

export type RevokeRoleInput = { readonly accountId: string; readonly role: Role; readonly organisationId: string }

/**
 * Takes a role away at once, by one person, as every taking away. What its holder asked for or signed by that role, and nobody
 * has decided yet, goes with it. Policy owners and IT admins stay while too few would be left.
 */
export const revokeRole: Operation<RevokeRoleInput, true> = async ({ tx, actor, now }, { accountId, role, organisationId }) => {
  const [row] = await accounts.lockAll(tx, [accountId])
  if (!row) throw new Refused('not-found', accountId)
  const left = isGuardian(role) ? await guardians.holdWithout(tx, [accountId]) : null
  const held = await grants.held(tx, { accountId, role, organisationId })
  orRefuse(decideRoleRevocation({ actor, place: row.place, held, ...guardianCase([role], left) }), accountId)

  await grants.revoke(tx, { accountId, role, organisationId, now })
  const holder = { id: accountId, grants: await grants.of(tx, accountId) }
  const { filed, signed } = await requests.pendingBy(tx, accountId)
  const groundless = filed.filter(({ kind, place }) => !covers(scopeOf(holder, filedWith[kind]), place))
  const unsigned = signed.filter((request) => !isForThem(holder, request))
  await requests.voidAll(tx, idsOf(groundless), { by: actor.id, now, reason: 'role-revoked' })
  await signatures.void(tx, { requestIds: idsOf(unsigned), approverIds: [accountId], because: 'role-revoked', now })

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
