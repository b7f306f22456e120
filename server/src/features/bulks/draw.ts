import type { Actor } from '@countersign/shared/access/scope.ts'
import { type BulkVerb, type DrawnSelection, mostResets } from '@countersign/shared/bulks/bulk.ts'
import { planOf } from '@countersign/shared/bulks/plan.ts'
import type { DomainEvent } from '@countersign/shared/events.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import { v7 as uuid } from 'uuid'
import type { Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { isMassAct } from '../accounts/mass.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { todayInParis } from '../requests/working-hours.ts'
import { bulks } from './bulks.store.ts'
import { type LineFacts, lineFacts } from './facts.store.ts'
import { impact } from './impact.store.ts'
import { bulkLines } from './lines.store.ts'

/** Who draws a list: what they may do, and where a list of nobody is written down. */
type Drawer = Actor & { readonly organisationId: string; readonly epoch: number }

type Drawing = {
  readonly verb: BulkVerb
  readonly selection: DrawnSelection
  readonly ids: readonly string[]
  readonly unknown: readonly string[]
  readonly changedSince: (facts: LineFacts) => boolean
  /** A revocation waits for its second person however few it is about. */
  readonly final?: 'countersigned'
  readonly now: Date
}

/** So many accounts are looked at together. */
const pageOfAccounts = 5_000

/** The dry run: what the verb would do to each account and what that takes along, written down before anything is done. */
export const draw = async (
  tx: Tx,
  actor: Drawer,
  { verb, selection, ids, unknown, changedSince, final, now }: Drawing,
): Promise<{ id: string; event: DomainEvent }> => {
  const id = uuid()
  const counts = { change: 0, already: 0, refused: 0 }
  const reasons = new Map<RefusalCode, number>()
  const today = todayInParis(now)
  for (let from = 0; from < ids.length; from += pageOfAccounts) {
    const page = await lineFacts.of(tx, ids.slice(from, from + pageOfAccounts))
    const lines = page.map((facts) => {
      const planned = planOf({ ...facts, actor, verb, changedSince: changedSince(facts), today })
      counts[planned.plan] += 1
      if (planned.refusal) reasons.set(planned.refusal, (reasons.get(planned.refusal) ?? 0) + 1)
      return { ...planned, accountId: facts.account.id, epoch: facts.epoch }
    })
    await bulkLines.draw(tx, id, lines)
  }
  if (verb === 'reset' && counts.change > mostResets) throw new Refused('resets-too-many')
  const structures = await impact.structures(tx, id)
  const home = await organisations.find(tx, (await impact.home(tx, id)) ?? actor.organisationId)
  if (!home) throw new Refused('not-found')
  const { hash } = await bulkLines.listed(tx, id, false)
  const counted = await impact.of(tx, id, verb, structures, {
    counts: { ...counts, unknown: unknown.length },
    reasons: [...reasons].map(([code, count]) => ({ code, count })),
  })
  const mass =
    final === 'countersigned' || (await isMassAct(tx, actor.id, { verb, total: counts.change, holders: counted.holders, structures, now }))
  await bulks.draw(tx, {
    id,
    verb,
    status: 'previewed',
    step: verb === 'revoke' && mass ? 'contain' : 'act',
    ordererId: actor.id,
    ordererEpoch: actor.epoch,
    organisationId: home.id,
    place: home.place,
    selection: kept(selection),
    unknown: [...unknown],
    planned: counts.change,
    impact: counted,
    mass,
    listHash: hash,
    givesBackId: selection.from === 'bulk' ? selection.bulkId : null,
    previewedAt: now,
  })
  const event: DomainEvent = {
    type: 'bulk.previewed',
    subject: id,
    organisation: home.id,
    data: { verb, from: selection.from, ...counts, unknown: unknown.length },
  }
  return { id, event }
}

/** How the list came about, without the list: it stands in the lines. */
const kept = (selection: Drawing['selection']): Drawing['selection'] => {
  if (selection.from === 'ticked') return { from: 'ticked', accountIds: [] }
  return selection.from === 'names' || selection.from === 'csv' ? { ...selection, text: '' } : selection
}
