import type { Person } from '../../kernel/actor.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts } from './accounts.store.ts'
import { closeDisowned } from './close.ts'

/** "This was not me", said by the signed-in person about their own account: it is out at once, and comes back by a request. */
export const disown: Operation<void, true, Person> = async ({ tx, actor, now }) => {
  const [row] = await accounts.lockAll(tx, [actor.id])
  if (row?.status !== 'active') throw new Refused('already-in-state', actor.id)

  return { value: true, events: told(await closeDisowned(tx, { row, by: actor.id, cause: 'disowned', now })) }
}
