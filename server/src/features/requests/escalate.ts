import type { DomainEvent } from '@countersign/shared/events.ts'
import { fillsNow } from '@countersign/shared/requests/approval.ts'
import { canSignFor, sessionAlone } from '@countersign/shared/requests/requirement.ts'
import { goesUp, tooFew } from '@countersign/shared/requests/stages.ts'
import type { Nobody } from '../../kernel/actor.ts'
import type { Operation } from '../../kernel/commit.ts'
import type { Db, Tx } from '../../kernel/db.ts'
import { unreachable } from '../../kernel/outbox.ts'
import { Refused } from '../../kernel/refused.ts'
import { past } from '../policy/past.store.ts'
import { factOf } from './facts.ts'
import { requests, type StoredRequest } from './requests.store.ts'
import { asActors, type Signable, type Signer, signers } from './signers.store.ts'

/** So many are told, the nearest first: what everybody is told nobody answers. */
const mostTold = 10

const without = (request: StoredRequest): Signable => ({
  ...request,
  except: [request.requesterId, request.subjectId, request.requesterId === null ? request.callerId : null, ...request.approverIds],
})

/** Those who are there today, whose mailbox takes mail, and who can give the proof it asks for. */
const present = async (tx: Db | Tx, asked: Signable): Promise<readonly Signer[]> => {
  const found = (await signers.of(tx, asked)).filter(({ away }) => !away)
  const ids = [...new Set(found.map(({ id }) => id))]
  const [silent, means] = [await unreachable(tx, ids), await past.means(tx, ids)]
  const { demand } = asked
  return found.filter(({ id }) => !silent.has(id) && (!demand || canSignFor(means.get(id) ?? sessionAlone, demand)))
}

/** Where those who are there today cannot fill its stages, or one alone could, those one level up may sign from the beginning: nobody is skipped, and nobody waits. */
export const tooFewPresent = async (tx: Db | Tx, asked: Signable): Promise<boolean> => {
  const { demand, place } = asked
  if (!demand?.stages.some(goesUp)) return false
  return tooFew(demand.stages, asActors(await present(tx, asked)), place)
}

/** Who is asked: those who may sign now and are there, and in the place of whoever is away the one they named. */
const askedNow = (found: readonly Signer[], request: StoredRequest, now: Date): readonly string[] => {
  const able = asActors(found).filter((one) => fillsNow(one, request, now))
  const instead = new Map(found.map(({ id, away, delegateId }) => [id, away ? delegateId : id]))
  // Nobody stands in for who stands in: a delegate who is away themselves is not asked.
  const may = new Set(able.filter(({ id }) => instead.get(id) === id).map(({ id }) => id))
  const told = able.map(({ id }) => instead.get(id) ?? null).filter((id) => id !== null && may.has(id))
  return [...new Set(told as string[])].slice(0, mostTold)
}

/** Tells those who may sign that it waits; once at the time its rule names, and once more when those one level up may sign as well. */
export const remind: Operation<{ readonly requestId: string }, true, Nobody> = async ({ tx, now }, { requestId }) => {
  const request = await requests.lock(tx, requestId)
  const remindAt = await requests.remindAt(tx, requestId)
  if (request.status !== 'pending' || !remindAt || remindAt > now) throw new Refused('already-in-state', requestId)
  const wide = request.widensAt !== null && request.widensAt <= now
  await requests.setReminder(tx, requestId, wide ? null : request.widensAt)
  const told = askedNow(await signers.of(tx, without(request)), request, now)
  const about = { subject: requestId, organisation: request.organisationId }
  return { value: true, events: [{ type: 'request.reminded', ...about, data: { ...factOf(request), wide, told } } satisfies DomainEvent] }
}

/** Takes a request up one level before its time, where too few of those it was for are there. */
export const widen: Operation<{ readonly requestId: string }, true, Nobody> = async ({ tx, now }, { requestId }) => {
  const request = await requests.lock(tx, requestId)
  const wide = request.widensAt !== null && request.widensAt <= now
  if (request.status !== 'pending' || wide || !(await leavesPlaces(tx, request))) throw new Refused('already-in-state', requestId)
  await requests.setWide(tx, requestId, now)
  const told = askedNow(await signers.of(tx, without(request)), { ...request, widensAt: now }, now)
  const about = { subject: requestId, organisation: request.organisationId }
  return { value: true, events: [{ type: 'request.widened', ...about, data: { ...factOf(request), told } }] }
}

/** With those who signed already, and those who are there, are there too few for its own level? */
const leavesPlaces = async (db: Db | Tx, request: StoredRequest): Promise<boolean> => {
  const { demand, place, signers: signed } = request
  if (!demand?.stages.some(goesUp)) return false
  return tooFew(demand.stages, [...signed, ...asActors(await present(db, without(request)))], place)
}

/** The same of a request as it stands, held by nobody. */
export const tooFewLeft = async (db: Db, requestId: string): Promise<boolean> => {
  const request = await requests.read(db, requestId)
  return request !== null && leavesPlaces(db, request)
}
