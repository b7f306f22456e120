import { holds, scopeOf } from '@countersign/shared/access/scope.ts'
import { type BulkSelection, type BulkVerb, bulkNeeds } from '@countersign/shared/bulks/bulk.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { draw } from './draw.ts'
import { select } from './selection.store.ts'

export type PreviewInput = { readonly verb: BulkVerb; readonly selection: BulkSelection }

/** Says what a verb would do to a selection, and does nothing. What is confirmed afterwards is this very list. */
export const preview: Operation<PreviewInput, { readonly bulkId: string }> = async ({ tx, actor, now }, { verb, selection }) => {
  if (!holds(actor, bulkNeeds[verb])) throw new Refused('not-permitted')
  const { ids, unknown, asOf } = await select(tx, actor, scopeOf(actor, 'account:read'), selection)
  if (ids.length + unknown.length === 0) throw new Refused('nothing-to-do')

  const changedSince = ({ statusChangedAt }: { readonly statusChangedAt: Date }) => asOf !== null && statusChangedAt > asOf
  const { id, event } = await draw(tx, actor, { verb, selection, ids, unknown, changedSince, now })

  return { value: { bulkId: id }, events: [event] }
}
