import { reachedOrganisation } from '@countersign/shared/accounts/profiles.ts'
import type { DomainEvent, LineageEdge } from '@countersign/shared/events.ts'
import type { ContentOf } from '@countersign/shared/requests/content.ts'
import type { FormKind } from '@countersign/shared/requests/kinds.ts'
import { movedBy } from '@countersign/shared/requests/terms.ts'
import { v7 as uuid } from 'uuid'
import type { Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts, type LockedAccount } from '../accounts/accounts.store.ts'
import { logins } from '../accounts/logins.store.ts'
import { countersigned } from '../bulks/countersigned.ts'
import { links } from '../links/links.store.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { setPolicy } from '../policy/set.ts'
import { credentials } from '../sessions/credentials.store.ts'
import { sessions } from '../sessions/sessions.store.ts'
import { requestVoided } from './facts.ts'
import { grants } from './grants.store.ts'
import { requests, type StoredRequest } from './requests.store.ts'

type Executed = { readonly events: readonly DomainEvent[]; readonly accountId: string }
type Execution<K extends FormKind> = (tx: Tx, request: StoredRequest, content: ContentOf<K>, now: Date) => Promise<Executed>

const subjectOf = async (tx: Tx, accountId: string): Promise<LockedAccount> => {
  const [row] = await accounts.lockAll(tx, [accountId])
  if (!row) throw new Refused('not-found', accountId)
  return row
}

const activeSubject = async (tx: Tx, accountId: string): Promise<LockedAccount> => {
  const row = await subjectOf(tx, accountId)
  if (row.status !== 'active') throw new Refused('account-not-active', accountId)
  return row
}

const createAccount: Execution<'create-account'> = async (tx, request, content, now) => {
  await logins.hold(tx, content.login)
  if (await logins.exists(tx, content.login)) throw new Refused('login-taken', request.id)
  const reach = await organisations.caseloadOf(tx, reachedOrganisation(content.profile, request.place))
  const { kind: _kind, justification: _justification, profile, ...person } = content
  const id = uuid()
  await accounts.createAll(tx, [
    {
      id,
      ...person,
      ...request.place,
      profileId: profile,
      reach,
      status: 'active',
      statusChangedAt: now,
      createdByRequestId: request.id,
      authorisedByRequestId: request.id,
      createdAt: now,
    },
  ])
  await links.make(tx, { kind: 'invitation', accountId: id, requestId: request.id, now })
  return {
    accountId: id,
    events: [
      { type: 'account.created', subject: id, organisation: request.organisationId, data: { requestId: request.id, profile, reach } },
    ],
  }
}

const resetCredentials: Execution<'reset-credentials'> = async (tx, request, content, now) => {
  const row = await activeSubject(tx, content.accountId)
  const ended = await accounts.endSessions(tx, row.id)
  // What was known before is worth nothing from here on: only the link lets anybody in.
  await credentials.forget(tx, [row.id])
  await links.voidUnused(tx, row.id, now, ['disown'])
  await sessions.forgetFailures(tx, row.id)
  await links.make(tx, { kind: 'reset', accountId: row.id, requestId: request.id, now })
  return {
    accountId: row.id,
    events: [
      { type: 'account.reset', subject: row.id, organisation: row.organisationId, data: { requestId: request.id, sessions: ended } },
    ],
  }
}

/** From here on they are written to and called elsewhere: what was on its way to the old address is void, and so is a reset that was to go there. */
const changeContact: Execution<'change-contact'> = async (tx, request, content, now) => {
  const row = await activeSubject(tx, content.accountId)
  const moved = movedBy(content)
  if (moved.email) await links.voidUnused(tx, row.id, now, ['disown'])
  if (!(await accounts.moveContact(tx, { id: row.id, ...content, now }))) throw new Refused('contact-changed-since', row.id)
  await links.make(tx, { kind: 'disown', accountId: row.id, requestId: request.id, now })
  const reset = await requests.pendingOn(tx, row.id, 'reset-credentials')
  if (reset) await requests.decide(tx, reset.id, { status: 'voided', by: null, now, reason: 'contact-changed' })
  return {
    accountId: row.id,
    events: [
      {
        type: 'account.contact-changed',
        subject: row.id,
        organisation: row.organisationId,
        data: { requestId: request.id, ...moved },
      },
      ...(reset ? [requestVoided(reset, 'contact-changed')] : []),
    ],
  }
}

const reinstate: Execution<'reinstate'> = async (tx, request, content, now) => {
  const row = await subjectOf(tx, content.accountId)
  if (row.status !== 'suspended') throw new Refused(row.status === 'revoked' ? 'account-revoked' : 'already-in-state', row.id)
  await accounts.reinstateAll(tx, [row.id], request.id, now)
  return {
    accountId: row.id,
    events: [
      {
        type: 'account.reinstated',
        subject: row.id,
        organisation: row.organisationId,
        data: { requestId: request.id, before: row.status, after: 'active' },
      },
    ],
  }
}

const grantRole: Execution<'grant-role'> = async (tx, request, content, now) => {
  const row = await activeSubject(tx, content.accountId)
  await grants.give(tx, { accountId: row.id, role: content.role, organisationId: content.organisationId, requestId: request.id, now })
  // A role is in force only behind a second factor: who lacks only that is sent the way to one.
  if (await credentials.lacksSecondFactor(tx, row.id))
    await links.make(tx, { kind: 'enrolment', accountId: row.id, requestId: request.id, now })
  return {
    accountId: row.id,
    events: [
      {
        type: 'role.granted',
        subject: row.id,
        organisation: row.organisationId,
        data: { requestId: request.id, role: content.role, over: content.organisationId },
      },
    ],
  }
}

const executions: { readonly [K in FormKind]: Execution<K> } = {
  'create-account': createAccount,
  'reset-credentials': resetCredentials,
  'change-contact': changeContact,
  reinstate,
  'grant-role': grantRole,
}

/** Which hand the requester had, by kind: the family tree remembers it. */
const handOf = {
  'create-account': 'asked',
  'reset-credentials': 'reset',
  'change-contact': 'changed-contact',
  reinstate: 'reinstated',
  'grant-role': 'granted-role',
} as const satisfies Record<FormKind, LineageEdge['kind']>

const run = <K extends FormKind>(kind: K, tx: Tx, request: StoredRequest, content: ContentOf<K>, now: Date) =>
  executions[kind](tx, request, content, now)

/** Does what was countersigned, exactly as it stood, in the transaction of the last approval (P3). */
export const execute = async (tx: Tx, request: StoredRequest, approverIds: readonly string[], now: Date) => {
  const { content } = request
  // A list is carried out by its bulk, chunk by chunk; each account's lineage is written when its turn has come.
  if (content.kind === 'reinstate-bulk' || content.kind === 'revoke-bulk')
    return { events: [await countersigned(tx, content.bulkId, request.id, now)], lineage: [] }
  if (content.kind === 'set-policy') return { events: [await setPolicy(tx, request, content, now)], lineage: [] }
  const { events, accountId } = await run(content.kind, tx, request, content, now)
  const edge = (kind: LineageEdge['kind'], from: string): LineageEdge => ({ kind, from, to: accountId, requestId: request.id })
  // Where nobody known asked, whoever called stands in the place of who asks: in the family tree as well.
  const by = request.requesterId ?? request.callerId
  const asked = by && by !== accountId ? [edge(handOf[content.kind], by)] : []
  return { events, lineage: [...asked, ...approverIds.map((id) => edge('countersigned', id))] }
}
