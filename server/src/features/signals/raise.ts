import type { DomainEvent } from '@countersign/shared/events.ts'
import type { Finding } from '@countersign/shared/signals/finding.ts'
import { gather } from '@countersign/shared/signals/observe.ts'
import { countOf, gravest, recurring } from '@countersign/shared/signals/settling.ts'
import { thresholds } from '@countersign/shared/signals/thresholds.ts'
import { v7 as uuid } from 'uuid'
import type { Nobody } from '../../kernel/actor.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import type { Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { breaker } from '../requests/breaker.store.ts'
import { factOf } from '../requests/facts.ts'
import { findings } from './findings.store.ts'
import { ledger } from './ledger.store.ts'

export type Raised = { readonly finding: Finding; readonly at: Date }
export type RaiseInput = { readonly raised: readonly Raised[]; readonly from: string; readonly to: string }
type Folded = { readonly event: DomainEvent; readonly stands: boolean; readonly structureId: string | null }

/** So many of the entries that show it are kept with it; all of them are in the audit. */
const shown = 20

/** The latest of these, and the first two: how it began is evidence too. */
const kept = (all: readonly string[]): readonly string[] => (all.length <= shown ? all : [...all.slice(0, 2), ...all.slice(2 - shown)])

type Recurring = Raised & { readonly times: number }

const keyOf = ({ rule, part = '', accountId, structureId }: Finding): string => `${rule} ${part} ${accountId ?? structureId}`

/** What one stretch found of the same several times: the last of the gravest, with the numbers that made it so, and the facts of all. */
const together = (all: readonly Raised[]): readonly Recurring[] =>
  [...Map.groupBy(all, ({ finding }) => keyOf(finding)).values()].flatMap((same) => {
    const severity = gravest(same.map(({ finding }) => finding.severity))
    const one = same.findLast(({ finding }) => finding.severity === severity)
    if (!one) return []
    const facts = new Set<string>()
    let times = 0
    for (const { finding } of same) {
      // The same facts found again are no news.
      if (!finding.facts.every((id) => facts.has(id))) times += 1
      for (const id of finding.facts) facts.add(id)
    }
    return [{ finding: { ...one.finding, facts: [...facts] }, at: same.at(-1)?.at ?? one.at, times }]
  })

/** One row for each rule, part and account, folded while it recurs. */
const fold = async (tx: Tx, { finding, at, times: again }: Recurring, now: Date): Promise<Folded | null> => {
  const { rule, accountId, structureId, numbers, facts, part = '' } = finding
  const aboutId = accountId ?? structureId
  const place = await findings.placeOf(tx, finding)
  if (!aboutId || !place) return null
  const known = await findings.lockOf(tx, { rule, part, aboutId })
  // What a structure's own rule finds again in the same facts is no news.
  if (known && facts.every((id) => known.facts.includes(id))) return null
  const { organisationId, ...levels } = place
  const times = (known?.times ?? 0) + again
  const { quiet, reopened, severity, loud } = recurring(known, { severity: finding.severity, count: countOf({ numbers, times }) }, now)
  const hearing = loud ? await findings.hearers(tx, levels, accountId) : []
  const id = known?.id ?? uuid()
  const row = { severity, numbers, facts: [...kept([...new Set([...(known?.facts ?? []), ...facts])])] }
  const began = (await findings.beganAt(tx, facts)) ?? at
  if (known) {
    const lastAt = at > known.lastAt ? at : known.lastAt
    await findings.set(tx, id, { ...row, lastAt, times, ...(reopened ? { status: 'open', until: null, firstAt: began } : {}) })
  } else {
    await findings.raise(tx, {
      ...{ ...row, id, rule, part, aboutId, accountId, organisationId, place: levels },
      ...{ times, firstAt: began, lastAt: at, status: 'open' },
    })
  }
  const event: DomainEvent = {
    type: known ? 'signal.recurred' : 'signal.raised',
    subject: id,
    organisation: organisationId,
    data: { rule, severity, accountId, facts: facts.slice(-shown), told: hearing },
  }
  return { event, stands: !quiet, structureId: levels.structureId }
}

/** Beyond the normal pace everything pending of theirs waits for one reader more, once, however many bursts it is part of. */
const breakVelocity = async (tx: Tx, bursts: readonly Finding[]): Promise<readonly DomainEvent[]> => {
  const held = new Set<string>()
  const events: DomainEvent[] = []
  for (const { rule, accountId, structureId, part } of bursts) {
    if ((rule !== 'burst-of-requests' && rule !== 'burst-in-structure') || !part) continue
    const whose = rule === 'burst-of-requests' ? { requesterId: accountId, structureId: null } : { requesterId: null, structureId }
    for (const request of await breaker.hold(tx, { ...whose, kind: part, except: [...held] })) {
      held.add(request.id)
      const data = { ...factOf({ ...request, subjectId: request.accountId }), approvalsNeeded: request.approvalsNeeded }
      events.push({ type: 'request.held', subject: request.id, organisation: request.organisationId, data })
    }
  }
  return events
}

/** Several in one structure at once. */
const gathered = async (tx: Tx, structures: readonly string[], now: Date): Promise<readonly Raised[]> => {
  const found: Raised[] = []
  for (const structureId of structures) {
    const since = new Date(now.getTime() - thresholds.structure.hours * 3_600_000)
    const finding = gather(structureId, await findings.inStructure(tx, structureId, since), now)
    if (finding) found.push({ finding, at: now })
  }
  return found
}

/** Writes down what was found in a stretch of the ledger, and that the stretch has been looked through: both or neither. */
export const raise: Operation<RaiseInput, number, Nobody> = async ({ tx, now }, { raised, from, to }) => {
  if (!(await ledger.advance(tx, from, to))) throw new Refused('already-decided')
  const events: DomainEvent[] = []
  const structures = new Set<string>()
  // A burst is found with each of its requests, and breaks once.
  const bursts = new Map<string, Finding>()
  const write = async (all: readonly Raised[]) => {
    for (const one of together(all)) {
      const folded = await fold(tx, one, now)
      if (!folded) continue
      events.push(folded.event)
      if (folded.stands) bursts.set(folded.event.subject, one.finding)
      if (folded.structureId) structures.add(folded.structureId)
    }
  }
  await write(raised)
  await write(await gathered(tx, [...structures], now))
  events.push(...(await breakVelocity(tx, [...bursts.values()])))
  if (events.length === 0) throw new Refused('nothing-to-do')
  return { value: events.length, events: told(events) }
}
