import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { views } from './views.store.ts'

/** One's own alone: what somebody shared is theirs to take away. */
export const remove: Operation<{ readonly viewId: string }, true> = async ({ tx, actor }, { viewId }) => {
  if (!(await views.remove(tx, viewId, actor.id))) throw new Refused('not-found', viewId)
  return { value: true, events: [{ type: 'view.removed', subject: viewId, organisation: actor.organisationId, data: {} }] }
}
