import { decidePlacing } from '@countersign/shared/signals/settling.ts'
import { v7 as uuid } from 'uuid'
import type { Operation } from '../../kernel/commit.ts'
import { orRefuse, Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { lineFacts } from '../bulks/facts.store.ts'
import { canaries } from './canaries.store.ts'

type One = { readonly accountId: string }

/** Makes an account a decoy: whatever touches it from here on is critical. What is told of it names no account: that would give it away. */
export const placeCanary: Operation<One, true> = async ({ tx, actor, now }, { accountId }) => {
  const [account] = await accounts.lockAll(tx, [accountId])
  const [facts] = await lineFacts.of(tx, [accountId])
  if (!account || !facts) throw new Refused('not-found', accountId)
  orRefuse(decidePlacing({ actor, account, holdsRole: facts.holdsRole }), accountId)
  if (await canaries.standing(tx, accountId)) throw new Refused('already-in-state', accountId)
  const id = uuid()
  await canaries.place(tx, { id, accountId, placedBy: actor.id, placedAt: now })
  return { value: true, events: [{ type: 'canary.placed', subject: id, organisation: actor.organisationId, data: {} }] }
}

export const liftCanary: Operation<One, true> = async ({ tx, actor, now }, { accountId }) => {
  const [account] = await accounts.lockAll(tx, [accountId])
  if (!account) throw new Refused('not-found', accountId)
  orRefuse(decidePlacing({ actor, account: { ...account, status: 'active' }, holdsRole: false }), accountId)
  const id = await canaries.standing(tx, accountId)
  if (!id) throw new Refused('already-in-state', accountId)
  await canaries.lift(tx, id, now)
  return { value: true, events: [{ type: 'canary.lifted', subject: id, organisation: actor.organisationId, data: {} }] }
}
