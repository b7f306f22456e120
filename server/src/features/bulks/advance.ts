import { type BulkStatus, type BulkVerb, finalStep } from '@countersign/shared/bulks/bulk.ts'
import { planOf } from '@countersign/shared/bulks/plan.ts'
import type { DomainEvent, LineageEdge } from '@countersign/shared/events.ts'
import type { Orderer } from '../../kernel/actor.ts'
import { type Operation, told, type Work } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts, type LockedAccount } from '../accounts/accounts.store.ts'
import { closeAccounts } from '../accounts/close.ts'
import { isMassRevocation } from '../accounts/mass.ts'
import { requests } from '../requests/requests.store.ts'
import { hold, prepare } from '../requests/submit.ts'
import { todayInParis } from '../requests/working-hours.ts'
import { askFor } from './ask.ts'
import { bulks, leftOf, type StoredBulk } from './bulks.store.ts'
import { conclude } from './conclude.ts'
import { lineFacts } from './facts.store.ts'
import { type ActedLine, bulkLines, type OpenLine } from './lines.store.ts'

/** Accounts in one commit: enough that the commit costs little beside them, few enough that nobody waits long for a row of theirs. */
const chunk = { suspend: 1_000, revoke: 1_000, reinstate: 1_000, reset: 50 } as const satisfies Record<BulkVerb, number>

type Chunk = Pick<Work<Orderer>, 'tx' | 'actor' | 'now'> & {
  readonly bulk: StoredBulk
  /** Locked accounts the rules allow, with the line of each. */
  readonly rows: readonly LockedAccount[]
}
type Acted = { readonly lines: readonly ActedLine[]; readonly events: readonly DomainEvent[]; readonly lineage?: readonly LineageEdge[] }

const lineOf = ({ id, epoch }: LockedAccount, risen: 0 | 1): ActedLine => ({
  accountId: id,
  outcome: 'done',
  epoch: epoch + risen,
  ended: null,
})

/** The first step of a mass revocation: who is in is suspended; who was suspended before is held for the second as they are. */
const contain = async ({ tx, actor, now, bulk, rows }: Chunk): Promise<Acted> => {
  const closing = rows.filter(({ status }) => status === 'active')
  const held = rows.filter(({ status }) => status !== 'active').map((row): ActedLine => ({ ...lineOf(row, 0), outcome: 'held' }))
  const { counts, events } = await closeAccounts(tx, { rows: closing, verb: 'suspend', by: actor.id, cause: 'bulk', bulkId: bulk.id, now })
  const contained = closing.map((row): ActedLine => ({ ...lineOf(row, 1), outcome: 'contained', ended: counts.get(row.id) ?? null }))
  return { lines: [...contained, ...held], events }
}

/** Its second step. The database takes a revocation for countersigned by the line that names it: the lines are written first. */
const finalise = async ({ tx, actor, now, bulk, rows }: Chunk): Promise<Acted> => {
  await bulkLines.act(
    tx,
    bulk.id,
    rows.map((row) => lineOf(row, 1)),
  )
  const { events } = await closeAccounts(tx, { rows, verb: 'revoke', by: actor.id, cause: 'bulk', bulkId: bulk.id, now })
  return { lines: [], events }
}

/** Puts accounts out, with all that could act for them; what one person alone may not make final is left alone and reported. */
const end = async (chunk: Chunk): Promise<Acted> => {
  const { tx, actor, now, bulk, rows } = chunk
  if (bulk.step === 'contain') return contain(chunk)
  if (finalStep(bulk)) return finalise(chunk)
  const verb = bulk.verb === 'revoke' ? 'revoke' : 'suspend'
  if (verb === 'revoke' && (await isMassRevocation(tx, actor.id, rows, now)))
    return { lines: rows.map((row) => ({ ...lineOf(row, 0), outcome: 'mass-revocation' })), events: [] }
  const { counts, events } = await closeAccounts(tx, { rows, verb, by: actor.id, cause: 'bulk', bulkId: bulk.id, now })
  return { lines: rows.map((row) => ({ ...lineOf(row, 1), ended: counts.get(row.id) ?? null })), events }
}

/** Gives access back as it was countersigned: each line says so first, and the database looks at it. */
const reinstate = async ({ tx, now, bulk, rows }: Chunk): Promise<Acted> => {
  const requestId = bulk.requestId ?? ''
  await bulkLines.act(
    tx,
    bulk.id,
    rows.map((row) => lineOf(row, 1)),
  )
  await accounts.reinstateAll(
    tx,
    rows.map(({ id }) => id),
    requestId,
    now,
  )
  const { requesterId, approverIds } = await requests.hands(tx, requestId)
  const edges = (to: string): readonly LineageEdge[] => [
    ...(requesterId ? [{ kind: 'reinstated' as const, from: requesterId, to, requestId }] : []),
    ...approverIds.map((from) => ({ kind: 'countersigned' as const, from, to, requestId })),
  ]
  return {
    lines: [],
    lineage: rows.flatMap(({ id }) => edges(id)),
    events: rows.map((row) => ({
      type: 'account.reinstated' as const,
      subject: row.id,
      organisation: row.organisationId,
      data: { requestId, before: row.status, after: 'active', bulkId: bulk.id },
    })),
  }
}

/** Asks for the reset of each: every one of them is called back and countersigned for itself. */
const reset = async ({ tx, actor, now, bulk, rows }: Chunk): Promise<Acted> => {
  const lines: ActedLine[] = []
  const events: DomainEvent[] = []
  for (const row of rows) {
    try {
      const prepared = await prepare(
        tx,
        actor,
        { kind: 'reset-credentials', accountId: row.id, justification: bulk.justification ?? '' },
        now,
      )
      events.push(...(await hold(tx, prepared, { requesterId: actor.id, device: null, channel: 'operator', now })).events)
      lines.push(lineOf(row, 0))
    } catch (error) {
      // The rules of filing look before anything is written.
      if (!(error instanceof Refused)) throw error
      lines.push({ ...lineOf(row, 0), outcome: error.code })
    }
  }
  return { lines, events }
}

const acts = { suspend: end, revoke: end, reinstate, reset } as const satisfies Record<BulkVerb, (chunk: Chunk) => Promise<Acted>>

/** Which of these may be touched: an account that is not as the dry run saw it is reported and left alone. */
const sorted = async ({ tx, actor, now }: Pick<Chunk, 'tx' | 'actor' | 'now'>, bulk: StoredBulk, open: readonly OpenLine[]) => {
  const rows = new Map(
    (
      await accounts.lockAll(
        tx,
        open.map(({ accountId }) => accountId),
      )
    ).map((row) => [row.id, row]),
  )
  const facts = new Map((await lineFacts.of(tx, [...rows.keys()])).map((one) => [one.account.id, one]))
  const today = todayInParis(now)
  const going: LockedAccount[] = []
  const left: ActedLine[] = []
  for (const { accountId, epoch } of open) {
    const [row, known] = [rows.get(accountId), facts.get(accountId)]
    if (!row || !known) throw new Error('an account of a bulk is gone')
    const planned = planOf({
      ...known,
      actor,
      verb: bulk.verb,
      changedSince: row.epoch !== epoch || (known.grantedAt ?? bulk.previewedAt) > bulk.previewedAt,
      today,
    })
    if (planned.plan === 'change') going.push(row)
    else left.push({ accountId, outcome: planned.refusal ?? 'already-in-state', epoch, ended: null })
  }
  return { going, left }
}

/** One chunk of a running bulk, in a commit of its own; when none is left, its step ends. */
export const advance: Operation<{ readonly bulkId: string }, BulkStatus, Orderer> = async ({ tx, actor, now }, { bulkId }) => {
  const bulk = await bulks.lock(tx, bulkId)
  if (bulk.status !== 'running') throw new Refused('already-in-state', bulkId)
  const open = await bulkLines.next(tx, bulk, chunk[bulk.verb])
  const last = open.at(-1)
  if (!last) return ended(tx, actor, bulk, now)

  const { going, left } = await sorted({ tx, actor, now }, bulk, open)
  const { lines, events, lineage = [] } = await acts[bulk.verb]({ tx, actor, now, bulk, rows: going })
  await bulkLines.act(tx, bulkId, [...lines, ...left])
  const failed = lines.filter(({ outcome }) => outcome !== 'done' && outcome !== 'contained' && outcome !== 'held').length
  const progress = { done: going.length - failed, skipped: left.length + failed }
  await bulks.advance(tx, bulk, { ...progress, reached: last.accountId })

  const advanced: DomainEvent = {
    type: 'bulk.advanced',
    subject: bulkId,
    organisation: bulk.organisationId,
    data: { ...progress, left: leftOf(bulk) - progress.done - progress.skipped },
  }
  return { value: 'running', events: told([...events, advanced]), lineage }
}

/** Everybody is contained: now a second person is asked. Or all is done. */
const ended = async (tx: Chunk['tx'], actor: Orderer, bulk: StoredBulk, now: Date) => {
  if (bulk.step === 'contain' && bulk.done > 0) {
    const events = await askFor(tx, actor, bulk, { kind: 'revoke-bulk', justification: bulk.justification ?? '', device: null, now })
    return { value: 'waiting' as const, events: told(events) }
  }
  return { value: 'finished' as const, events: told([await conclude(tx, bulk, { how: 'finished', now })]) }
}
