import { type EndingVerb, leavesTooFewOwners } from '@countersign/shared/accounts/ending.ts'
import type { DomainEvent, Ended } from '@countersign/shared/events.ts'
import type { Tx } from '../../kernel/db.ts'
import { identities } from '../identities/identities.store.ts'
import { approvalVoided, requestVoided } from '../requests/facts.ts'
import { credentials } from '../sessions/credentials.store.ts'
import { accounts, type EndedSet, type LockedAccount } from './accounts.store.ts'
import { guardians } from './guardians.store.ts'

type Closing = {
  readonly rows: readonly LockedAccount[]
  readonly verb: EndingVerb
  readonly by: string | null
  readonly cause: string
  /** The bulk it is part of. */
  readonly bulkId?: string
  readonly now: Date
}

const nothing: Ended = { sessions: 0, links: 0, requestsVoided: 0, approvalsVoided: 0 }

const countsOf = ({ ended }: EndedSet): ReadonlyMap<string, Ended> => new Map(ended.map(({ id, ...numbers }) => [id, numbers]))

const fell = ({ voided, reopened }: EndedSet): readonly DomainEvent[] => [
  ...voided.map((request) => requestVoided(request, 'account-ended')),
  ...reopened.map((request) => approvalVoided(request, request.approverId, 'approver-ended')),
]

/** Ends locked accounts and tells of each, of every request that fell with them and of every approval that no longer counts. */
export const closeAccounts = async (tx: Tx, { rows, verb, by, cause, bulkId, now }: Closing) => {
  if (rows.length === 0) return { counts: new Map<string, Ended>(), events: [] }
  const status = verb === 'revoke' ? 'revoked' : 'suspended'
  const ids = rows.map(({ id }) => id)
  const set = await accounts.end(tx, { ids, status, by, undoable: !bulkId, now })
  if (verb === 'revoke') await identities.forget(tx, ids)
  const counts = countsOf(set)
  const events = rows.map(
    (row): DomainEvent => ({
      type: verb === 'revoke' ? 'account.revoked' : 'account.suspended',
      subject: row.id,
      organisation: row.organisationId,
      data: { ...(counts.get(row.id) ?? nothing), before: row.status, after: status, cause, ...(bulkId ? { bulkId } : {}) },
    }),
  )
  return { counts, events: [...events, ...fell(set)] }
}

/**
 * "It was not me": the account is suspended at once, and its credentials are forgotten, so that coming back takes a reset as well.
 * The last policy owner cannot be suspended; they are locked out instead: what could act for them ends all the same.
 */
export const closeDisowned = async (
  tx: Tx,
  { row, by, cause, now }: { row: LockedAccount; by: string | null; cause: string; now: Date },
): Promise<readonly DomainEvent[]> => {
  const owns = (await guardians.among(tx, [row.id])).get(row.id)?.includes('policy-owner')
  // What its holder says somebody else used is known to somebody else.
  await credentials.forget(tx, [row.id])
  if (!owns || !leavesTooFewOwners('suspend', (await guardians.holdWithout(tx, [row.id])).owners))
    return (await closeAccounts(tx, { rows: [row], verb: 'suspend', by, cause, now })).events
  await accounts.raiseEpoch(tx, row.id)
  const set = await accounts.endWhatActs(tx, { ids: [row.id], by, now })
  const ended = countsOf(set).get(row.id) ?? nothing
  return [{ type: 'account.locked-out', subject: row.id, organisation: row.organisationId, data: { ...ended, cause } }, ...fell(set)]
}
