import type { DomainEvent } from '@countersign/shared/events.ts'
import { type Finding, type Severity, severities } from '@countersign/shared/signals/finding.ts'
import { gather } from '@countersign/shared/signals/observe.ts'
import { thresholds } from '@countersign/shared/signals/thresholds.ts'
import { v7 as uuid } from 'uuid'
import type { Nobody } from '../../kernel/actor.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import type { Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { breaker } from '../requests/breaker.store.ts'
import { factOf } from '../requests/facts.ts'
import { findings, type StoredFinding } from './findings.store.ts'

export type Raised = { readonly finding: Finding; readonly at: Date }
export type RaiseInput = { readonly raised: readonly Raised[]; readonly from: string; readonly to: string }

/** So many of the entries that show it are kept with it; all of them are in the audit. */
const shown = 20

const graver = (one: Severity, other: Severity): Severity => (severities.indexOf(one) >= severities.indexOf(other) ? one : other)

/** What was accepted or put off stays so until its day, however often it recurs. */
const reopened = ({ status, until }: StoredFinding, now: Date) =>
  status !== 'open' && until !== null && until <= now ? { status: 'open' as const, until: null } : {}

/** One row for each rule and account, folded while it recurs. */
const fold = async (tx: Tx, { finding, at }: Raised, now: Date): Promise<DomainEvent | null> => {
  const { rule, severity, accountId, structureId, numbers, facts } = finding
  const aboutId = accountId ?? structureId
  const place = await findings.placeOf(tx, finding)
  if (!aboutId || !place) return null
  const known = await findings.lockOf(tx, rule, aboutId)
  // Looked at twice because a process died between looking and writing.
  if (known && facts.every((id) => known.facts.includes(id))) return null
  const { organisationId, ...levels } = place
  const gravity = known ? graver(severity, known.severity) : severity
  const loud = gravity === 'critical' && known?.severity !== 'critical'
  const hearing = loud ? await findings.hearers(tx, levels, accountId) : []
  const id = known?.id ?? uuid()
  const row = { severity: gravity, numbers, facts: [...new Set([...(known?.facts ?? []), ...facts])].slice(-shown), lastAt: at }
  if (known) {
    const lastAt = at > known.lastAt ? at : known.lastAt
    await findings.set(tx, id, { ...row, lastAt, times: known.times + 1, ...reopened(known, now) })
  } else {
    await findings.raise(tx, { ...row, id, rule, aboutId, accountId, organisationId, place: levels, times: 1, firstAt: at, status: 'open' })
  }
  return {
    type: known ? 'signal.recurred' : 'signal.raised',
    subject: id,
    organisation: organisationId,
    data: { rule, severity: gravity, accountId, facts: facts.slice(-shown), told: hearing },
  }
}

/** Beyond the normal pace everything pending of theirs waits for one reader more. */
const breakVelocity = async (
  tx: Tx,
  { rule, accountId, structureId, numbers }: Finding,
  findingId: string,
): Promise<readonly DomainEvent[]> => {
  const { kind } = numbers
  if ((rule !== 'burst-of-requests' && rule !== 'burst-in-structure') || (kind !== 'create-account' && kind !== 'reset-credentials'))
    return []
  const whose = rule === 'burst-of-requests' ? { requesterId: accountId, structureId: null } : { requesterId: null, structureId }
  const held = await breaker.hold(tx, { ...whose, kind })
  return held.map((request) => ({
    type: 'request.held' as const,
    subject: request.id,
    organisation: request.organisationId,
    data: { ...factOf({ ...request, subjectId: request.accountId }), approvalsNeeded: request.approvalsNeeded, findingId },
  }))
}

/** Several in one structure at once. */
const gathered = async (tx: Tx, raised: readonly Raised[], now: Date): Promise<readonly Raised[]> => {
  const structures = [...new Set(raised.flatMap(({ finding }) => (finding.accountId && finding.structureId ? [finding.structureId] : [])))]
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
  if (!(await findings.advance(tx, from, to))) throw new Refused('already-decided')
  const events: DomainEvent[] = []
  // A burst is found with each of its requests, and breaks once.
  const bursts = new Map<string, Finding>()
  const write = async (all: readonly Raised[]) => {
    for (const one of all) {
      const event = await fold(tx, one, now)
      if (!event) continue
      events.push(event)
      bursts.set(event.subject, one.finding)
    }
  }
  await write(raised)
  await write(await gathered(tx, raised, now))
  for (const [findingId, finding] of bursts) events.push(...(await breakVelocity(tx, finding, findingId)))
  if (events.length === 0) throw new Refused('nothing-to-do')
  return { value: events.length, events: told(events) }
}
