import type { Nobody } from '../../kernel/actor.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { guardians } from '../accounts/guardians.store.ts'
import { tree } from '../organisations/tree.store.ts'
import { collusion } from './collusion.store.ts'

/** So many are named; how many there are stands on the page. */
const named = 20

/** Where one account is enough, whoever can change policy or roles is told, once: it must never be. */
export const tellOneEnough: Operation<null, number, Nobody> = async ({ tx, now }) => {
  const found = await collusion.untold(tx)
  const nationId = await tree.nationId(tx)
  if (found.length === 0 || !nationId) throw new Refused('nothing-to-do')
  const ids = found.map(({ id }) => id)
  await collusion.setTold(tx, ids, now)
  const goals = [...new Set(found.flatMap((one) => one.goals))]
  const data = { organisations: ids.slice(0, named), goals, told: await guardians.atWork(tx) }
  const [only] = ids
  const about = ids.length === 1 && only ? only : nationId
  return { value: found.length, events: told([{ type: 'collusion.one-enough', subject: about, organisation: about, data }]) }
}
