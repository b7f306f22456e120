import { decideEnding, type EndingVerb, leavesTooFewOwners } from '@countersign/shared/accounts/ending.ts'
import type { DomainEvent, Ended } from '@countersign/shared/events.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import type { RequestKind } from '@countersign/shared/requests/kinds.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import type { Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { links } from '../links/links.store.ts'
import { credentials } from '../sessions/credentials.store.ts'
import { accounts, type LockedAccount } from './accounts.store.ts'
import { owners } from './owners.store.ts'

export type EndingInput = { readonly accountIds: readonly string[] }
export type EndingLine = { readonly id: string; readonly refusal: RefusalCode | null; readonly ended: Ended | null }

const nothing: Ended = { sessions: 0, links: 0, requestsVoided: 0, approvalsVoided: 0 }

type Closing = {
  readonly rows: readonly LockedAccount[]
  readonly verb: EndingVerb
  readonly by: string | null
  readonly cause: string
  readonly now: Date
}

/** Ends locked accounts and tells of each, of every request that fell with them and of every approval that no longer counts. */
export const closeAccounts = async (tx: Tx, { rows, verb, by, cause, now }: Closing) => {
  const status = verb === 'revoke' ? 'revoked' : 'suspended'
  const { ended, voided, reopened } = await accounts.end(tx, { ids: rows.map(({ id }) => id), status, by, now })
  const counts = new Map(ended.map(({ id, ...numbers }) => [id, numbers]))
  const fact = (row: { reference: number; kind: string; subjectId: string | null }) => ({
    reference: row.reference,
    kind: row.kind as RequestKind,
    accountId: row.subjectId,
  })
  const events: DomainEvent[] = [
    ...rows.map(
      (row): DomainEvent => ({
        type: verb === 'revoke' ? 'account.revoked' : 'account.suspended',
        subject: row.id,
        organisation: row.organisationId,
        data: { ...(counts.get(row.id) ?? nothing), before: row.status, after: status, cause },
      }),
    ),
    ...voided.map(
      (row): DomainEvent => ({
        type: 'request.voided',
        subject: row.id,
        organisation: row.organisationId,
        data: { ...fact(row), reason: 'account-ended' },
      }),
    ),
    ...reopened.map(
      (row): DomainEvent => ({
        type: 'request.approval-voided',
        subject: row.id,
        organisation: row.organisationId,
        data: { ...fact(row), approverId: row.approverId, reason: 'approver-ended' },
      }),
    ),
  ]
  return { counts, events }
}

/**
 * "It was not me": the account is suspended at once. The last policy owner cannot be; they are locked out instead, with every
 * session, link and credential gone, and come back by a countersigned reset.
 */
export const closeDisowned = async (
  tx: Tx,
  { row, by, cause, now }: { row: LockedAccount; by: string | null; cause: string; now: Date },
): Promise<readonly DomainEvent[]> => {
  const owning = await owners.among(tx, [row.id])
  if (owning.size === 0 || !leavesTooFewOwners('suspend', await owners.holdWithout(tx, [row.id])))
    return (await closeAccounts(tx, { rows: [row], verb: 'suspend', by, cause, now })).events
  const sessions = await accounts.endSessions(tx, row.id)
  await credentials.forget(tx, row.id)
  await links.voidUnused(tx, row.id, now)
  return [{ type: 'account.locked-out', subject: row.id, organisation: row.organisationId, data: { sessions, cause } }]
}

/** One click is a batch of one: locks in id order, decides per account, writes as one set, answers per account. */
const ending =
  (verb: EndingVerb): Operation<EndingInput, readonly EndingLine[]> =>
  async ({ tx, actor, now }, { accountIds }) => {
    const rows = await accounts.lockAll(tx, accountIds)
    const owning = await owners.among(tx, accountIds)
    const left = owning.size > 0 ? await owners.holdWithout(tx, accountIds) : null

    const verdicts = new Map(
      rows.map((row) => [row.id, decideEnding({ actor, verb, account: row, ownersLeft: owning.has(row.id) ? left : null, now })]),
    )
    const leadsTo = (row: LockedAccount) => {
      const verdict = verdicts.get(row.id)
      return verdict?.ok ? verdict.value : null
    }
    const closing = rows.filter((row) => leadsTo(row) !== null && leadsTo(row) !== row.status)
    const confirmed = rows.filter((row) => leadsTo(row) === row.status)

    const refusalOf = (id: string): RefusalCode | null => {
      const verdict = verdicts.get(id)
      if (!verdict) return 'not-found'
      if (verdict.ok) return null
      return verdict.refusal === 'out-of-scope' ? 'not-found' : verdict.refusal
    }
    if (closing.length + confirmed.length === 0) throw new Refused(refusalOf(accountIds[0] ?? '') ?? 'not-found', accountIds[0] ?? null)

    const refusals = accountIds.flatMap((id): DomainEvent[] => {
      const code = refusalOf(id)
      const data = { operation: `accounts.${verb}`, target: id }
      return code ? [{ type: 'attempt.refused', subject: actor.id, organisation: actor.organisationId, data: { ...data, code } }] : []
    })
    await accounts.forgetWayBack(
      tx,
      confirmed.map(({ id }) => id),
    )
    const confirmations = confirmed.map(
      ({ id, organisationId, status }): DomainEvent => ({
        type: 'account.ending-confirmed',
        subject: id,
        organisation: organisationId,
        data: { status },
      }),
    )
    const { counts, events } = await closeAccounts(tx, { rows: closing, verb, by: actor.id, cause: 'operator', now })
    return {
      value: accountIds.map((id) => ({ id, refusal: refusalOf(id), ended: counts.get(id) ?? null })),
      events: told([...events, ...confirmations, ...refusals]),
    }
  }

export const suspend = ending('suspend')
export const revoke = ending('revoke')
