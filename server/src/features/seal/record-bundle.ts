import type { Nobody } from '../../kernel/actor.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { tree } from '../organisations/tree.store.ts'

/** That the audit was taken out of the building at the console is itself a fact of the audit. */
export const recordBundle: Operation<{ readonly filter: string }, true, Nobody> = async ({ tx }, { filter }) => {
  const nation = await tree.nationId(tx)
  if (!nation) throw new Refused('not-found')
  return {
    value: true,
    events: [{ type: 'audit.exported', subject: nation, organisation: nation, data: { format: 'bundle', filter } }],
  }
}
