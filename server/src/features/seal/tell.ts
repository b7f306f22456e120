import type { Nobody } from '../../kernel/actor.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { guardians } from '../accounts/guardians.store.ts'
import { tree } from '../organisations/tree.store.ts'
import { checks } from './check.store.ts'

/** That the audit is not what was sealed is told once, to whoever watches over the network (CNIL 2021-122: an alteration of the log alerts). */
export const tellSealBroken: Operation<null, true, Nobody> = async ({ tx }) => {
  const { wrong } = await checks.get(tx)
  const nation = await tree.nationId(tx)
  if (!wrong || !nation || (await checks.isTold(tx, wrong.since))) throw new Refused('nothing-to-do')
  const data = { position: wrong.position, fault: wrong.fault, told: await guardians.atWork(tx) }
  return { value: true, events: told([{ type: 'seal.broken', subject: nation, organisation: nation, data }]) }
}
