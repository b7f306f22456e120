import type { Reached } from '@countersign/shared/cascade/cascade.ts'
import type { DomainEvent } from '@countersign/shared/events.ts'
import { decideKeeping } from '@countersign/shared/incidents/incident.ts'
import { v7 as uuid } from 'uuid'
import type { Person } from '../../kernel/actor.ts'
import type { Tx } from '../../kernel/db.ts'
import { orRefuse, Refused } from '../../kernel/refused.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { type FiledAccount, incidents } from './incidents.store.ts'

/** Under which incident something is filed: a new one of this name, or one that is open. */
export type Under = { readonly name: string } | { readonly incidentId: string }

type Filing = {
  readonly under: Under
  readonly suspectId: string
  readonly since: Date
  readonly accounts: readonly FiledAccount[]
  readonly bulkId: string | null
  readonly now: Date
}

/** Files what was contained, and what was only looked at, under one incident; a new one is opened with it. */
export const fileUnder = async (
  tx: Tx,
  actor: Person,
  { under, suspectId, since, accounts, bulkId, now }: Filing,
): Promise<{ readonly incidentId: string; readonly event: DomainEvent }> => {
  const fresh = 'name' in under
  const incidentId = fresh ? uuid() : under.incidentId
  const before = fresh ? null : await incidents.lock(tx, incidentId)
  if (before)
    orRefuse(decideKeeping({ actor, incident: before, concerned: await incidents.concerns(tx, incidentId, actor.id) }), incidentId)

  // Found first: an incident is never anywhere but where all of it is.
  const ids = accounts.map(({ accountId }) => accountId)
  const home = await organisations.find(tx, (await incidents.homeWith(tx, incidentId, ids)) ?? actor.organisationId)
  if (!home) throw new Refused('not-found')
  const { id: organisationId, place } = home
  if ('name' in under)
    await incidents.open(tx, { id: incidentId, name: under.name, openedBy: actor.id, openedAt: now, knownAt: now, organisationId, place })
  else if (before?.organisationId !== organisationId) await incidents.move(tx, incidentId, { organisationId, place })
  await incidents.file(tx, incidentId, accounts, now)

  const event: DomainEvent = {
    type: fresh ? 'incident.opened' : 'incident.filed',
    subject: incidentId,
    organisation: organisationId,
    data: {
      suspectId,
      since: since.toISOString(),
      reached: accounts.length,
      contained: accounts.filter(({ contained }) => contained).length,
      bulkId,
    },
  }
  return { incidentId, event }
}

/** Why an account is in the file: the first hand that reached it, or the first machine it shares. */
export const reasonOf = ({ parentId, reasons, since }: Reached): Pick<FiledAccount, 'touchedBy' | 'kind' | 'since'> => ({
  touchedBy: parentId,
  kind: (reasons.find(({ by }) => by === parentId) ?? reasons[0])?.kind ?? null,
  since,
})
