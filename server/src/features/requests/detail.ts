import { scopeOf } from '@countersign/shared/access/scope.ts'
import { reachedOrganisation } from '@countersign/shared/accounts/profiles.ts'
import { mostHands } from '@countersign/shared/policy/independence.ts'
import { fillsNow, independentSince, involved, isIndependent, missing } from '@countersign/shared/requests/approval.ts'
import type { Person } from '../../kernel/actor.ts'
import type { Db } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { accountDetail } from '../accounts/detail.store.ts'
import { bulks } from '../bulks/bulks.store.ts'
import { organisations } from '../organisations/organisations.store.ts'
import { newNonce } from '../passkeys/nonces.ts'
import { policies } from '../policy/policy.store.ts'
import { requestListing } from './listing.store.ts'
import { paces } from './pace.store.ts'
import { requests, type StoredRequest } from './requests.store.ts'
import { signatures } from './signatures.store.ts'
import { asActors, signers } from './signers.store.ts'
import { subjects } from './subjects.store.ts'

/** Citizens' files within reach before and after, so that the decision is about something one can picture; null where it is about nobody's. */
const reachOf = async (db: Db, stored: StoredRequest) => {
  const { content } = stored
  if (content.kind === 'create-account') {
    const reached = await accountDetail.reach(db, reachedOrganisation(content.profile, stored.place))
    return { before: 0, after: reached?.total ?? 0, over: reached?.name ?? null }
  }
  if ('bulkId' in content) {
    const bulk = await bulks.read(db, content.bulkId)
    const files = bulk?.impact.files ?? 0
    return content.kind === 'reinstate-bulk' ? { before: 0, after: files, over: null } : { before: files, after: 0, over: null }
  }
  if (content.kind === 'set-policy') return null
  const subject = await subjects.find(db, content.accountId)
  const reached = subject ? await accountDetail.reach(db, reachedOrganisation(subject.profileId, stored.place)) : null
  const files = reached?.total ?? 0
  return { before: content.kind === 'reinstate' ? 0 : files, after: files, over: reached?.name ?? null }
}

/** As many as are looked at for independence: more than are named, and enough to know whether there are enough. */
const mostJudged = 30

/** Who of these is not independent of the people in it; where that is too much to look at, the decision itself says. */
const tiedTo = async (db: Db, stored: StoredRequest, ids: readonly string[], now: Date): Promise<ReadonlySet<string>> => {
  const since = independentSince(now, await policies.independence(db))
  const kinship = await signatures.kinshipOfMany(db, [...new Set([...ids, ...involved(stored)])], since, mostHands + 1)
  return new Set(kinship.length > mostHands ? [] : ids.filter((id) => !isIndependent(id, stored, kinship, since)))
}

/** Who may countersign this now; the people involved are left out, and the first dozen named. */
const approversOf = async (db: Db, stored: StoredRequest, now: Date) => {
  const { requesterId, subjectId, callerId, approverIds } = stored
  const found = await signers.of(db, {
    ...stored,
    except: [requesterId, subjectId, requesterId === null ? callerId : null, ...approverIds],
  })
  const able = found.filter(({ id, grant }) => fillsNow({ id, grants: [grant] }, stored, now))
  const tied = await tiedTo(db, stored, [...new Set(able.map(({ id }) => id))].slice(0, mostJudged), now)
  const there = asActors(able.filter(({ id, away }) => !away && !tied.has(id)))
  return {
    approvers: able.slice(0, 12).map(({ id, name, role, over, away }) => ({ id, name, role, over, away, independent: !tied.has(id) })),
    /** How many more would have to be there and able to sign: for places of its stages, or as readers it asks for besides. */
    lacking: Math.max(missing(stored, [...stored.signers, ...there], now), stored.approvalsNeeded - approverIds.length - there.length, 0),
  }
}

/** One request with all the evidence a countersigner decides on. */
export const requestDetail = async ({ db, actor, key }: { db: Db; actor: Person; key: Buffer }, id: string) => {
  const stored = await requests.read(db, id)
  if (!stored || !requestListing.mayRead(actor, stored)) throw new Refused('not-found', id)
  const { content } = stored
  const grantedOver = content.kind === 'grant-role' ? await organisations.find(db, content.organisationId) : null
  const [row, can, people, approvals, calls, signing, sharedBy, reach, contact, pace] = await Promise.all([
    requestListing.row(db, id),
    requestListing.can(db, actor, stored, new Date()),
    requestListing.people(
      db,
      [stored.requesterId, stored.subjectId].filter((one) => one !== null),
    ),
    requestListing.approvals(db, id),
    requestListing.calls(db, id),
    approversOf(db, stored, new Date()),
    'email' in content && stored.status === 'pending'
      ? accountDetail.withAddress(db, content.email, stored.subjectId, scopeOf(actor, 'account:read'))
      : [],
    reachOf(db, stored),
    stored.subjectId ? accountDetail.contact(db, stored.subjectId) : null,
    stored.status === 'pending' ? paces.of(db, actor.id, new Date()) : null,
  ])
  if (!row) throw new Refused('not-found', id)
  return {
    ...row,
    can,
    requesterCard: people.find((one) => one.id === stored.requesterId) ?? null,
    subjectCard: people.find((one) => one.id === stored.subjectId) ?? null,
    approvals,
    calls,
    ...signing,
    /** Others of the reader's scope who are written to there. */
    sharedBy,
    approverRoles: stored.approverRoles,
    /** What a decision about it is signed with; it remembers since when it was looked at. */
    nonce: newNonce(key, `request:${actor.sessionId}:${stored.id}`),
    /** The reader's own pace, while there is something to decide. */
    pace,
    heldUntil: stored.heldUntil?.toISOString() ?? null,
    reach,
    grantedOver: grantedOver ? { name: grantedOver.name, level: grantedOver.level } : null,
    // The number to call back: on record before the request, and shown to those who may call.
    phoneOnRecord: can.callBack === null ? (contact?.phone ?? null) : null,
  }
}
