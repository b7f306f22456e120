import { type Actor, scopeOf } from '@countersign/shared/access/scope.ts'
import { decideGivingBack, decideStart, decideSteer, maySee } from '@countersign/shared/bulks/deciding.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import type { Verdict } from '@countersign/shared/verdict.ts'
import type { Db } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { requestListing } from '../requests/listing.store.ts'
import { bulks } from './bulks.store.ts'
import { bulkLines } from './lines.store.ts'

const refusalOf = (verdict: Verdict<unknown>): RefusalCode | null => (verdict.ok ? null : verdict.refusal)

/** Names that were not found are shown as far as one reads; the report has them all. */
const shownNames = 500

/** A bulk with all one decides on: its dry run as it was counted, how far it is, and what this person may do to it now. */
export const bulkDetail = async (db: Db, actor: Actor, id: string) => {
  const bulk = await bulks.read(db, id)
  if (!bulk || !maySee(actor, bulk)) throw new Refused('not-found', id)
  const now = new Date()
  const subject = { actor, bulk, now }
  const [leftAlone, unknown, people, home, request, givenBackBy] = await Promise.all([
    bulk.skipped > 0 ? bulkLines.reasons(db, id) : [],
    // What somebody pasted is theirs: it may name people outside the reader's scope.
    bulk.ordererId === actor.id ? bulks.unknown(db, id, 0, shownNames) : [],
    requestListing.people(db, [bulk.ordererId]),
    organisations.named(db, scopeOf(actor, 'account:read'), [bulk.organisationId]),
    bulk.requestId ? requestListing.row(db, bulk.requestId) : null,
    bulks.givenBackBy(db, id),
  ])
  const { impact, selection, listHash, verb, status, step, mass, planned, done, skipped } = bulk
  return {
    ...{ id, verb, status, step, mass, planned, done, skipped, listHash, impact, leftAlone },
    from: selection.from,
    unknown,
    halted: bulk.halted,
    orderer: people[0] ?? null,
    place: home[0]?.name ?? null,
    request: request
      ? { id: request.id, reference: request.reference, status: request.status, expiresAt: request.expiresAt, reason: request.reason }
      : null,
    givesBackId: bulk.givesBackId,
    givenBackBy,
    justification: bulk.justification,
    reportHash: bulk.reportHash,
    previewedAt: bulk.previewedAt.toISOString(),
    startedAt: bulk.startedAt?.toISOString() ?? null,
    endedAt: bulk.endedAt?.toISOString() ?? null,
    /** How long the present step has been worked on, pauses left out. */
    workedMilliseconds: bulk.ranMilliseconds + (bulk.runningSince ? now.getTime() - bulk.runningSince.getTime() : 0),
    can: {
      start: refusalOf(decideStart({ ...subject, seen: listHash })),
      pause: refusalOf(decideSteer('pause', subject)),
      resume: refusalOf(decideSteer('resume', subject)),
      stop: refusalOf(decideSteer('stop', subject)),
      giveBack: refusalOf(decideGivingBack(subject)),
    },
  }
}
