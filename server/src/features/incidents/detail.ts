import type { Actor } from '@countersign/shared/access/scope.ts'
import { decideKeeping, decideReopening, maySeeIncident, notificationDeadline } from '@countersign/shared/incidents/incident.ts'
import type { Db } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { requestListing } from '../requests/listing.store.ts'
import { extent } from './extent.store.ts'
import { incidents, type StoredIncident } from './incidents.store.ts'

/** The incident, where the reader may see it; what is outside scope reads as not found (P7). */
export const readable = async (db: Db, actor: Actor, id: string): Promise<StoredIncident> => {
  const incident = await incidents.read(db, id)
  if (!incident || !maySeeIncident(actor, incident)) throw new Refused('not-found', id)
  return incident
}

/** An incident with its clock, its numbers, what still waits for a signature, and whether this person may write in it. */
export const incidentDetail = async (db: Db, actor: Actor, id: string) => {
  const incident = await readable(db, actor, id)
  const [home, people, totals, bulks, concerned] = await Promise.all([
    organisations.find(db, incident.organisationId),
    requestListing.people(db, [incident.openedBy]),
    extent.totals(db, id),
    extent.bulks(db, id),
    incidents.concerns(db, id, actor.id),
  ])
  const keeping = decideKeeping({ actor, incident, concerned })
  const reopening = decideReopening({ actor, incident, concerned })
  return {
    id,
    name: incident.name,
    place: home?.name ?? '',
    openedBy: people[0] ?? null,
    openedAt: incident.openedAt.toISOString(),
    knownAt: incident.knownAt.toISOString(),
    notifyBy: notificationDeadline(incident.knownAt).toISOString(),
    notifiedAt: incident.notifiedAt?.toISOString() ?? null,
    notificationReference: incident.notificationReference,
    closedAt: incident.closedAt?.toISOString() ?? null,
    totals,
    bulks,
    keep: keeping.ok ? null : keeping.refusal,
    reopen: reopening.ok ? null : reopening.refusal,
  }
}
