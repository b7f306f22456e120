import type { DomainEvent } from '@countersign/shared/events.ts'
import { decideDating, decideKeeping, decideNotifying, decideReopening } from '@countersign/shared/incidents/incident.ts'
import type { Operation, Work } from '../../kernel/commit.ts'
import { orRefuse } from '../../kernel/refused.ts'
import { incidents, type StoredIncident } from './incidents.store.ts'

type One = { readonly incidentId: string }
type Locked = {
  readonly incident: StoredIncident
  readonly concerned: boolean
  readonly about: Pick<DomainEvent, 'subject' | 'organisation'>
}

const locked = async ({ tx, actor }: Work<{ readonly id: string }>, { incidentId }: One): Promise<Locked> => {
  const incident = await incidents.lock(tx, incidentId)
  const concerned = await incidents.concerns(tx, incidentId, actor.id)
  return { incident, concerned, about: { subject: incidentId, organisation: incident.organisationId } }
}

/** A sentence of the story that no entry of the audit tells: a call, a decision, a finding elsewhere. */
export const note: Operation<One & { readonly note: string }, true> = async (work, input) => {
  const { incident, concerned, about } = await locked(work, input)
  orRefuse(decideKeeping({ actor: work.actor, incident, concerned }), incident.id)
  return { value: true, events: [{ type: 'incident.noted', ...about, data: { note: input.note } }] }
}

/** It was known earlier than it was opened: the clock begins there. */
export const date: Operation<One & { readonly knownAt: Date }, true> = async (work, input) => {
  const { incident, concerned, about } = await locked(work, input)
  orRefuse(decideDating({ actor: work.actor, incident, concerned, at: input.knownAt, now: work.now }), incident.id)
  await incidents.set(work.tx, incident.id, { knownAt: input.knownAt })
  const data = { before: incident.knownAt.toISOString(), after: input.knownAt.toISOString() }
  return { value: true, events: [{ type: 'incident.dated', ...about, data }] }
}

/** The supervisory authority was told, and gave this number. */
export const notify: Operation<One & { readonly at: Date; readonly reference: string }, true> = async (work, input) => {
  const { incident, concerned, about } = await locked(work, input)
  orRefuse(decideNotifying({ actor: work.actor, incident, concerned, at: input.at, now: work.now }), incident.id)
  await incidents.set(work.tx, incident.id, { notifiedAt: input.at, notificationReference: input.reference })
  const data = { at: input.at.toISOString(), reference: input.reference }
  return { value: true, events: [{ type: 'incident.notified', ...about, data }] }
}

/** Its story ends here, and nothing more is filed under it, until somebody opens it again. */
export const close: Operation<One & { readonly note: string }, true> = async (work, input) => {
  const { incident, concerned, about } = await locked(work, input)
  orRefuse(decideKeeping({ actor: work.actor, incident, concerned }), incident.id)
  await incidents.set(work.tx, incident.id, { closedAt: work.now })
  return { value: true, events: [{ type: 'incident.closed', ...about, data: { note: input.note } }] }
}

export const reopen: Operation<One & { readonly note: string }, true> = async (work, input) => {
  const { incident, concerned, about } = await locked(work, input)
  orRefuse(decideReopening({ actor: work.actor, incident, concerned }), incident.id)
  await incidents.set(work.tx, incident.id, { closedAt: null })
  return { value: true, events: [{ type: 'incident.reopened', ...about, data: { note: input.note } }] }
}
