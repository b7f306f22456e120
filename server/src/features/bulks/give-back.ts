import { decideGivingBack } from '@countersign/shared/bulks/deciding.ts'
import type { DomainEvent } from '@countersign/shared/events.ts'
import type { Person } from '../../kernel/actor.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import type { Tx } from '../../kernel/db.ts'
import { orRefuse, Refused } from '../../kernel/refused.ts'
import { askFor } from './ask.ts'
import { bulks, type StoredBulk } from './bulks.store.ts'
import { draw } from './draw.ts'
import { bulkLines } from './lines.store.ts'

export type GiveBackInput = { readonly bulkId: string; readonly justification: string }

/** One request for the return of everybody a bulk has put out and nobody has touched since; none where nobody is left. */
export const askBack = async (
  tx: Tx,
  actor: Person,
  bulk: StoredBulk,
  { justification, now }: { readonly justification: string; readonly now: Date },
): Promise<{ readonly bulkId: string | null; readonly events: readonly DomainEvent[] }> => {
  const out = await bulkLines.stillOut(tx, bulk.id)
  const { id, event } = await draw(tx, actor, {
    verb: 'reinstate',
    selection: { from: 'bulk', bulkId: bulk.id },
    ids: [...out.keys()],
    unknown: [],
    changedSince: ({ account, epoch }) => out.get(account.id) !== epoch,
    now,
  })
  const drawn = await bulks.lock(tx, id)
  if (drawn.planned === 0) return { bulkId: null, events: [event] }
  return {
    bulkId: id,
    events: [event, ...(await askFor(tx, actor, drawn, { kind: 'reinstate-bulk', justification, device: actor.device, now }))],
  }
}

/** Takes a whole bulk back: asked by one person, countersigned by another, whoever ordered it. */
export const giveBack: Operation<GiveBackInput, { readonly bulkId: string }> = async ({ tx, actor, now }, { bulkId, justification }) => {
  const bulk = await bulks.lock(tx, bulkId)
  orRefuse(decideGivingBack({ actor, bulk, now }), bulkId)
  if (await bulks.givenBackBy(tx, bulkId)) throw new Refused('one-pending-already', bulkId)

  const { bulkId: back, events } = await askBack(tx, actor, bulk, { justification, now })

  if (!back) throw new Refused('nothing-to-do', bulkId)
  return { value: { bulkId: back }, events: told(events) }
}
