import { scopeOf } from '@countersign/shared/access/scope.ts'
import type { DomainEvent } from '@countersign/shared/events.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { suspend } from '../accounts/end.ts'
import { advance } from '../bulks/advance.ts'
import { bulks } from '../bulks/bulks.store.ts'
import { draw } from '../bulks/draw.ts'
import { lineFacts } from '../bulks/facts.store.ts'
import { select } from '../bulks/selection.store.ts'
import { started } from '../bulks/start.ts'

export type ContainInput = {
  readonly suspectId: string
  readonly since: Date
  readonly accountIds: readonly string[]
  readonly justification: string
}
export type Contained = {
  readonly bulkId: string
  readonly contained: number
  readonly refused: readonly { readonly id: string; readonly refusal: RefusalCode }[]
}

/**
 * One click: everybody who is ticked is suspended in one commit, with all that could act for them, and a second person is asked to make
 * it final. Who guards the network is suspended as by a click of its own, because the suspect may be one of them.
 */
export const contain: Operation<ContainInput, Contained> = async (work, { suspectId, since, accountIds, justification }) => {
  const { tx, actor, now } = work
  // What is outside scope reads as unknown (P7).
  const { ids, unknown } = await select(tx, scopeOf(actor, 'account:suspend'), { from: 'ticked', accountIds: [...accountIds] })
  const guards = (await lineFacts.of(tx, ids))
    .filter(({ guards: one, account }) => one && account.status === 'active')
    .map(({ account }) => account.id)
  const events: DomainEvent[] = []
  const refused: { id: string; refusal: RefusalCode }[] = []
  // One by one: the last policy owners stay, and keep nobody else from being contained.
  for (const id of guards) {
    try {
      events.push(...(await suspend(work, { accountIds: [id] })).events)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      refused.push({ id, refusal: error.code })
    }
  }

  const selection = { from: 'cascade' as const, suspectId, since: since.toISOString() }
  const drawn = await draw(tx, actor, {
    verb: 'revoke',
    selection,
    ids: ids.filter((id) => !guards.includes(id)),
    unknown,
    changedSince: () => false,
    final: 'countersigned',
    now,
  })
  events.push(drawn.event)
  const bulk = await bulks.lock(tx, drawn.id)
  if (bulk.planned === 0 && events.length === 1) throw new Refused(refused[0]?.refusal ?? 'nothing-to-do', suspectId)
  if (bulk.planned > 0) {
    events.push(await started(tx, actor, bulk, { justification, now }))
    const orderer = {
      kind: 'orderer' as const,
      id: actor.id,
      organisationId: actor.organisationId,
      epoch: actor.epoch,
      grants: actor.grants,
    }
    // The whole list is one chunk: what is contained is contained at the commit of this click.
    const one = await advance({ ...work, actor: orderer }, { bulkId: drawn.id })
    const asked = await advance({ ...work, actor: orderer }, { bulkId: drawn.id })
    events.push(...one.events, ...asked.events)
  }
  const { done } = await bulks.lock(tx, drawn.id)
  return { value: { bulkId: drawn.id, contained: done + guards.length - refused.length, refused }, events: told(events) }
}
