import { type EndingVerb, leavesTooFewOwners } from '@countersign/shared/accounts/ending.ts'
import type { DomainEvent, Ended } from '@countersign/shared/events.ts'
import type { Tx } from '../../kernel/db.ts'
import { identities } from '../identities/identities.store.ts'
import { approvalVoided, requestVoided } from '../requests/facts.ts'
import { requests } from '../requests/requests.store.ts'
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

type Disowning = {
  readonly row: LockedAccount
  readonly by: string | null
  readonly cause: 'disowned' | 'denied-on-call-back'
  readonly now: Date
}

/** Nothing that could act for somebody is left, whatever their account's state; who had put them out has no way back either. */
const lockOut = async (tx: Tx, { row, by, cause, now }: Disowning): Promise<readonly DomainEvent[]> => {
  await accounts.forgetWayBack(tx, [row.id])
  await accounts.raiseEpoch(tx, row.id)
  const set = await accounts.endWhatActs(tx, { ids: [row.id], by, now })
  const ended = countsOf(set).get(row.id) ?? nothing
  return [{ type: 'account.locked-out', subject: row.id, organisation: row.organisationId, data: { ...ended, cause } }, ...fell(set)]
}

const putOut = async (tx: Tx, disowning: Disowning): Promise<readonly DomainEvent[]> => {
  const { row, by, cause, now } = disowning
  // Somebody may have put them out already; what a thief set up must not wait for them to come back.
  if (row.status !== 'active') return lockOut(tx, disowning)
  const owns = (await guardians.among(tx, [row.id])).get(row.id)?.includes('policy-owner')
  // The last policy owner cannot be suspended.
  if (owns && leavesTooFewOwners('suspend', (await guardians.holdWithout(tx, [row.id])).owners)) return lockOut(tx, disowning)
  return (await closeAccounts(tx, { rows: [row], verb: 'suspend', by, cause, now })).events
}

/**
 * While a change of contact is young, whoever says that something was not them may be speaking from the address or the number before:
 * what was on record then is on record again. The way back in must not lead to whoever took the account, through whichever door they say it.
 */
const putBackContact = async (tx: Tx, { row, now }: Disowning): Promise<readonly DomainEvent[]> => {
  const changed = await requests.contactChanged(tx, row.id, now)
  if (!changed) return []
  const { requestId, email, phone, before } = changed
  const restored = await accounts.moveContact(tx, { id: row.id, before: { email, phone }, ...before, now })
  return restored ? [{ type: 'account.contact-restored', subject: row.id, organisation: row.organisationId, data: { requestId } }] : []
}

/**
 * "It was not me": the account is out at once, what was asked about it void, and its credentials are forgotten, so that coming back takes
 * a reset as well; where its contact was changed lately, it is what it was before.
 */
export const closeDisowned = async (tx: Tx, disowning: Disowning): Promise<readonly DomainEvent[]> => {
  // What its holder says somebody else used is known to somebody else.
  await credentials.forget(tx, [disowning.row.id])
  return [...(await putOut(tx, disowning)), ...(await putBackContact(tx, disowning))]
}
