import type { DomainEvent } from '@countersign/shared/events.ts'
import { fillsNow } from '@countersign/shared/requests/approval.ts'
import { emptyPlaces, goesUp } from '@countersign/shared/requests/stages.ts'
import type { Nobody } from '../../kernel/actor.ts'
import type { Operation } from '../../kernel/commit.ts'
import type { Db, Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { factOf } from './facts.ts'
import { requests, type StoredRequest } from './requests.store.ts'
import { asActors, type Signable, type Signer, signers } from './signers.store.ts'

/** So many are told, the nearest first: what everybody is told nobody answers. */
const mostTold = 10

const without = (request: StoredRequest): Signable => ({
  ...request,
  except: [request.requesterId, request.subjectId, request.requesterId === null ? request.callerId : null, ...request.approverIds],
})

/** Where those who are there today cannot fill its stages, those one level up may sign from the beginning: nobody is skipped, and nobody waits. */
export const tooFewPresent = async (tx: Db | Tx, asked: Signable): Promise<boolean> => {
  const { demand, place } = asked
  if (!demand?.stages.some(goesUp)) return false
  const present = (await signers.of(tx, asked)).filter(({ away }) => !away)
  return emptyPlaces(demand.stages, asActors(present), { place, wide: false }) > 0
}

/** Who is asked: those who may sign now and are there, and in the place of whoever is away the one they named. */
const askedNow = (found: readonly Signer[], request: StoredRequest, now: Date): readonly string[] => {
  const able = asActors(found).filter((one) => fillsNow(one, request, now))
  const instead = new Map(found.map(({ id, away, delegateId }) => [id, away ? delegateId : id]))
  const may = new Set(able.map(({ id }) => id))
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
  if (request.status !== 'pending' || wide || !(await tooFewLeft(tx, request))) throw new Refused('already-in-state', requestId)
  await requests.setWide(tx, requestId, now)
  const told = askedNow(await signers.of(tx, without(request)), { ...request, widensAt: now }, now)
  const about = { subject: requestId, organisation: request.organisationId }
  return { value: true, events: [{ type: 'request.widened', ...about, data: { ...factOf(request), told } }] }
}

/** With those who signed already, and those who are there, could its stages be filled? */
const tooFewLeft = async (tx: Tx, request: StoredRequest): Promise<boolean> => {
  const { demand, place, signers: signed } = request
  if (!demand?.stages.some(goesUp)) return false
  const present = (await signers.of(tx, without(request))).filter(({ away }) => !away)
  return emptyPlaces(demand.stages, [...signed, ...asActors(present)], { place, wide: false }) > 0
}
