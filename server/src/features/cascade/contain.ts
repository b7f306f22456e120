import { scopeOf } from '@countersign/shared/access/scope.ts'
import type { Cascade } from '@countersign/shared/cascade/cascade.ts'
import type { DomainEvent } from '@countersign/shared/events.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import type { Person } from '../../kernel/actor.ts'
import { type Operation, told, type Work } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { suspend } from '../accounts/end.ts'
import { advance } from '../bulks/advance.ts'
import { bulks } from '../bulks/bulks.store.ts'
import { draw } from '../bulks/draw.ts'
import { lineFacts } from '../bulks/facts.store.ts'
import { bulkLines } from '../bulks/lines.store.ts'
import { select } from '../bulks/selection.store.ts'
import { started } from '../bulks/start.ts'
import { fileUnder, reasonOf, type Under } from '../incidents/file.ts'
import type { FiledAccount } from '../incidents/incidents.store.ts'
import { cascades } from './cascade.store.ts'
import { follow } from './trace.ts'

export type ContainInput = {
  readonly suspectId: string
  readonly since: Date
  readonly accountIds: readonly string[]
  readonly justification: string
  readonly under: Under
}
type Refusals = readonly { readonly id: string; readonly refusal: RefusalCode }[]
export type Contained = {
  readonly incidentId: string
  readonly bulkId: string | null
  readonly contained: number
  readonly refused: Refusals
}
type Put = { readonly out: readonly string[]; readonly events: readonly DomainEvent[] }

/** Those who guard the network, one by one: the last policy owners stay, and keep nobody else from being contained. */
const suspendGuards = async (work: Work<Person>, ids: readonly string[]): Promise<Put & { readonly refused: Refusals }> => {
  const events: DomainEvent[] = []
  const refused: { id: string; refusal: RefusalCode }[] = []
  for (const id of ids) {
    try {
      events.push(...(await suspend(work, { accountIds: [id] })).events)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      refused.push({ id, refusal: error.code })
    }
  }
  return { out: ids.filter((id) => !refused.some((one) => one.id === id)), events, refused }
}

/** Everybody else as one list, one chunk and one request: what is contained is contained at the commit of this click. */
const containList = async (
  work: Work<Person>,
  { suspectId, since, justification }: ContainInput,
  ids: readonly string[],
): Promise<Put & { readonly bulkId: string | null }> => {
  const { tx, actor, now } = work
  const selection = { from: 'cascade' as const, suspectId, since: since.toISOString() }
  const drawn = await draw(tx, actor, {
    ...{ verb: 'revoke' as const, selection, ids, unknown: [], now },
    changedSince: () => false,
    final: 'countersigned',
  })
  const bulk = await bulks.lock(tx, drawn.id)
  if (bulk.planned === 0) return { out: [], bulkId: null, events: [drawn.event] }
  const start = await started(tx, actor, bulk, { justification, now })
  const { id, organisationId, epoch, grants } = actor
  const orderer = { ...work, actor: { kind: 'orderer' as const, id, organisationId, epoch, grants } }
  const one = await advance(orderer, { bulkId: drawn.id })
  const asked = await advance(orderer, { bulkId: drawn.id })
  const out = await bulkLines.out(tx, drawn.id)
  return { out, bulkId: drawn.id, events: [drawn.event, start, ...one.events, ...asked.events] }
}

/** All the suspicion reaches, as the file keeps it: who was put out now, and who was looked at and left. */
const filed = async (
  { tx }: Work<Person>,
  { suspectId, since }: ContainInput,
  cascade: Cascade,
  out: ReadonlyMap<string, string | null>,
): Promise<readonly FiledAccount[]> => {
  const ids = [...new Set([suspectId, ...cascade.keys(), ...out.keys()])]
  const facts = await cascades.facts(tx, ids)
  return ids.flatMap((accountId) => {
    const known = facts.get(accountId)
    const reached = cascade.get(accountId)
    if (!known) return []
    const why = reached ? reasonOf(reached) : { touchedBy: null, kind: null, since }
    const kept = { reachedId: known.reachedId, files: known.files, contained: out.has(accountId), bulkId: out.get(accountId) ?? null }
    return [{ accountId, ...why, ...kept }]
  })
}

/**
 * One click: everybody who is ticked is suspended in one commit, with all that could act for them, a second person is asked to make it
 * final, and all of it is filed under one incident. Who guards the network is suspended as by a click of its own, because the suspect
 * may be one of them.
 */
export const contain: Operation<ContainInput, Contained> = async (work, input) => {
  const { tx, actor, now } = work
  const { suspectId, since, accountIds, under } = input
  const scope = scopeOf(actor, 'account:suspend')
  if (since > now) throw new Refused('moment-ahead', suspectId)
  // What is outside scope reads as unknown (P7).
  if (!(await cascades.sees(tx, scope, suspectId))) throw new Refused('not-found', suspectId)
  // Followed first: the sessions that tie one machine to another end with the accounts.
  const { cascade } = await follow(tx, scope, suspectId, since)
  const { ids } = await select(tx, actor, scope, { from: 'ticked', accountIds: [...accountIds] })
  const guards = (await lineFacts.of(tx, ids)).filter((one) => one.guards).map(({ account }) => account)
  const inOffice = guards.filter(({ status }) => status === 'active').map(({ id }) => id)
  const alone = await suspendGuards(work, inOffice)
  // Out already, by the red button of a finding perhaps: part of the story all the same.
  const before = guards.filter(({ status }) => status === 'suspended').map(({ id }) => id)
  const list = await containList(
    work,
    input,
    ids.filter((id) => !guards.some((guard) => guard.id === id)),
  )
  const out = new Map([...[...alone.out, ...before].map((id) => [id, null] as const), ...list.out.map((id) => [id, list.bulkId] as const)])
  if (out.size === 0) throw new Refused(alone.refused[0]?.refusal ?? 'nothing-to-do', suspectId)

  const accounts = await filed(work, input, cascade, out)
  const { incidentId, event } = await fileUnder(tx, actor, { under, suspectId, since, accounts, bulkId: list.bulkId, now })
  return {
    value: { incidentId, bulkId: list.bulkId, contained: out.size, refused: alone.refused },
    events: told([...alone.events, ...list.events, event]),
  }
}
