import { roleAsked } from '@countersign/shared/access/proof.ts'
import type { EndingVerb } from '@countersign/shared/accounts/ending.ts'
import type { DomainEvent, LineageEdge } from '@countersign/shared/events.ts'
import { termsOf } from '@countersign/shared/requests/terms.ts'
import { accounts } from '../features/accounts/accounts.store.ts'
import { closeAccounts } from '../features/accounts/close.ts'
import { requirementHash } from '../features/requests/decide.ts'
import { grants } from '../features/requests/grants.store.ts'
import type { Nobody, Person } from '../kernel/actor.ts'
import { type Operation, told } from '../kernel/commit.ts'
import { type Ask, type Birth, history } from './history.store.ts'

const factOf = (ask: Ask, reference: number) => ({ reference, kind: ask.content.kind, accountId: ask.subjectId })

/** Many requests of one person in one commit. */
export const tellSubmissions: Operation<readonly Ask[], true, Person> = async ({ tx, actor, now }, asks) => {
  const filed = await history.file(tx, asks, actor.id, now)
  const events = asks.flatMap((ask): readonly DomainEvent[] => {
    const { reference, hash } = filed.get(ask.id) ?? { reference: 0, hash: '' }
    const { content } = ask
    const proven = {
      act: 'ask-role',
      on: content.kind === 'grant-role' ? roleAsked(content) : '',
      assurance: 'session',
      signed: null,
    } as const
    const given: DomainEvent = { type: 'proof.given', subject: actor.id, organisation: actor.organisationId, data: proven }
    const asked: DomainEvent = {
      type: 'request.submitted',
      subject: ask.id,
      organisation: ask.organisationId,
      data: { ...factOf(ask, reference), contentHash: hash, ...ask.requirement, terms: termsOf(content), channel: 'operator' },
    }
    return content.kind === 'grant-role' ? [given, asked] : [asked]
  })
  return { value: true, events: told(events) }
}

type Execution = { readonly births: readonly Birth[]; readonly requesterId: string; readonly earlierApprovers: readonly string[] }

/** The last signature under many requests, and what it brings about: accounts, or roles. */
export const tellExecutions: Operation<Execution, true, Person> = async ({ tx, actor, now }, { births, requesterId, earlierApprovers }) => {
  const ids = births.map(({ id }) => id)
  const known = await history.referencesOf(tx, ids)
  await history.approve(tx, ids, actor.id, now)
  await history.execute(tx, ids, actor.id, now)
  const reaches = await history.create(tx, births, now)
  for (const { id, accountId, content } of births) {
    if (content.kind === 'grant-role')
      await grants.give(tx, { accountId, role: content.role, organisationId: content.organisationId, requestId: id, now })
  }
  const events = births.flatMap((birth): DomainEvent[] => {
    const { reference, hash } = known.get(birth.id) ?? { reference: 0, hash: '' }
    const fact = { ...factOf(birth, reference), contentHash: hash }
    const { content, requirement } = birth
    const given = { assurance: 'session', requirementHash: requirementHash(requirement), seconds: null, signed: null } as const
    return [
      { type: 'request.approval-given', subject: birth.id, organisation: birth.organisationId, data: { ...fact, ...given } },
      { type: 'request.executed', subject: birth.id, organisation: birth.organisationId, data: fact },
      content.kind === 'grant-role'
        ? {
            type: 'role.granted',
            subject: birth.accountId,
            organisation: birth.organisationId,
            data: { requestId: birth.id, role: content.role, over: content.organisationId },
          }
        : {
            type: 'account.created',
            subject: birth.accountId,
            organisation: birth.organisationId,
            data: {
              requestId: birth.id,
              profile: content.kind === 'create-account' ? content.profile : '',
              reach: reaches.get(birth.accountId) ?? 0,
            },
          },
    ]
  })
  const lineage = births.flatMap(({ id, accountId, content }): LineageEdge[] => [
    { kind: content.kind === 'grant-role' ? 'granted-role' : 'asked', from: requesterId, to: accountId, requestId: id },
    ...[...earlierApprovers, actor.id].map((from): LineageEdge => ({ kind: 'countersigned', from, to: accountId, requestId: id })),
  ])
  return { value: true, events: told(events), lineage }
}

/** The sign-ins of one day. */
export const tellSignIns: Operation<readonly string[], true, Nobody> = async ({ tx, now }, ids) => {
  const rows = await history.signIns(tx, ids, now)
  return {
    value: true,
    events: told(
      rows.map(
        ({ id, organisation_id }): DomainEvent => ({
          type: 'session.opened',
          subject: id,
          organisation: organisation_id,
          data: { sessionId: id, method: 'past' },
        }),
      ),
    ),
  }
}

/** People who left, or were put out. */
export const tellEndings: Operation<{ readonly ids: readonly string[]; readonly verb: EndingVerb }, true, Person> = async (
  { tx, actor, now },
  { ids, verb },
) => {
  const rows = await accounts.lockAll(tx, ids)
  const { events } = await closeAccounts(tx, { rows, verb, by: actor.id, cause: 'operator', now })
  return { value: true, events: told(events) }
}
