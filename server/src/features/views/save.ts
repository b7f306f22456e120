import { type KeptView, mostViews } from '@countersign/shared/accounts/views.ts'
import { v7 as uuid } from 'uuid'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { views } from './views.store.ts'

/** Keeps a view under its name; one of the same name becomes this one. */
export const save: Operation<KeptView, string> = async ({ tx, actor, now }, kept) => {
  const known = await views.named(tx, actor.id, kept.name)
  if (!known && (await views.count(tx, actor.id)) >= mostViews) throw new Refused('too-many')
  const id = known ?? uuid()
  await views.save(tx, { ...kept, id, ownerId: actor.id, homeId: await views.homeOf(tx, actor.id), savedAt: now })
  return { value: id, events: [{ type: 'view.saved', subject: id, organisation: actor.organisationId, data: { shared: kept.shared } }] }
}
