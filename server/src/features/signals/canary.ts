import { covers, scopeOf } from '@countersign/shared/access/scope.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { canaries } from './canaries.store.ts'

type One = { readonly accountId: string }

/** Makes an account a decoy: whatever touches it from here on is critical. It has no role, or its use would be ordinary. */
export const placeCanary: Operation<One, true> = async ({ tx, actor, now }, { accountId }) => {
  const [row] = await accounts.lockAll(tx, [accountId])
  if (!row || !covers(scopeOf(actor, 'canary:place'), row.place)) throw new Refused('not-found', accountId)
  if (row.status !== 'active') throw new Refused('account-not-active', accountId)
  if (!(await canaries.place(tx, accountId, actor.id, now))) throw new Refused('already-in-state', accountId)
  return { value: true, events: [{ type: 'canary.placed', subject: accountId, organisation: row.organisationId, data: {} }] }
}

export const liftCanary: Operation<One, true> = async ({ tx, actor, now }, { accountId }) => {
  const [row] = await accounts.lockAll(tx, [accountId])
  if (!row || !covers(scopeOf(actor, 'canary:place'), row.place)) throw new Refused('not-found', accountId)
  if (!(await canaries.lift(tx, accountId, now))) throw new Refused('already-in-state', accountId)
  return { value: true, events: [{ type: 'canary.lifted', subject: accountId, organisation: row.organisationId, data: {} }] }
}
