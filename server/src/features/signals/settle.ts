import type { DomainEvent } from '@countersign/shared/events.ts'
import { countOf, decideSettling } from '@countersign/shared/signals/settling.ts'
import type { Operation } from '../../kernel/commit.ts'
import { orRefuse } from '../../kernel/refused.ts'
import { findings } from './findings.store.ts'

type Settling = { readonly findingId: string; readonly until: Date }

/** It is known and right: for a reason, and until a day. */
export const accept: Operation<Settling & { readonly reason: string }, true> = async ({ tx, actor, now }, { findingId, until, reason }) => {
  const finding = await findings.lock(tx, findingId)
  orRefuse(
    decideSettling({ actor, finding, involved: await findings.involves(tx, findingId, actor.id), as: 'accepted', until, now }),
    findingId,
  )
  await findings.set(tx, findingId, {
    status: 'accepted',
    until,
    reason,
    settledBy: actor.id,
    settledAt: now,
    settledCount: countOf(finding),
  })
  const { rule, accountId, organisationId } = finding
  const event: DomainEvent = {
    type: 'signal.accepted',
    subject: findingId,
    organisation: organisationId,
    data: { rule, accountId, until: until.toISOString(), note: reason },
  }
  return { value: true, events: [event] }
}

/** Not now: it comes back by itself. */
export const snooze: Operation<Settling, true> = async ({ tx, actor, now }, { findingId, until }) => {
  const finding = await findings.lock(tx, findingId)
  orRefuse(
    decideSettling({ actor, finding, involved: await findings.involves(tx, findingId, actor.id), as: 'snoozed', until, now }),
    findingId,
  )
  await findings.set(tx, findingId, { status: 'snoozed', until, reason: null, settledBy: actor.id, settledAt: now })
  const { rule, accountId, organisationId } = finding
  const event: DomainEvent = {
    type: 'signal.snoozed',
    subject: findingId,
    organisation: organisationId,
    data: { rule, accountId, until: until.toISOString() },
  }
  return { value: true, events: [event] }
}
