import type { EventData } from '@countersign/shared/events.ts'
import { v7 as uuid } from 'uuid'
import { nobody } from '../kernel/actor.ts'
import type { Operation } from '../kernel/commit.ts'
import { history } from './history.store.ts'
import { actorOf, keyOf, type Officer, type Stage, tell } from './stage.ts'

type Told = { readonly subject: string; readonly organisation: string }

const failed: Operation<Told & { readonly failures: number }, null, unknown> = async (_work, { failures, ...about }) => ({
  value: null,
  events: [{ type: 'sign-in.failed', ...about, data: { failures } }],
})

const visited: Operation<Told, null, unknown> = async (_work, about) => {
  const sessionId = uuid()
  return {
    value: null,
    events: [
      { type: 'session.opened', ...about, data: { sessionId, method: 'password-totp' } },
      { type: 'session.closed', ...about, data: { sessionId } },
    ],
  }
}

const turnedAway: Operation<Told & EventData['attempt.refused'], null, unknown> = async (
  _work,
  { subject, organisation, operation, code, target },
) => ({
  value: null,
  events: [{ type: 'attempt.refused', subject, organisation, data: { operation, code, target } }],
})

/** What the rules will find by themselves: a password guessed near Lyon, and an account manager of Lille who tries closed doors. */
export const tellSuspicion = async (stage: Stage, officers: readonly Officer[]): Promise<void> => {
  const lyon = stage.at(keyOf({ at: 'structure', commune: '69123' }))
  const near = stage.organisations.find(
    ({ level, id, place }) =>
      level === 'structure' && id !== lyon.id && place.regionId === lyon.place.regionId && place.networkId === lyon.place.networkId,
  )
  const lille = stage.at(keyOf({ at: 'structure', commune: '59350' }))
  const guessed = (await history.accounts(stage.db)).find(
    ({ structureId, status, known }) => structureId === near?.id && status === 'active' && !known,
  )
  const prober = officers.find(({ role, over }) => role === 'account-manager' && over.id === lille.id)
  if (!near || !guessed || !prober) throw new Error('the demo network has nobody to suspect')
  const about = { subject: guessed.id, organisation: near.id }
  for (let failures = 1; failures <= 9; failures += 1)
    await tell(stage, nobody, stage.now.minus({ minutes: 22 - failures }), failed, { ...about, failures })
  await tell(stage, nobody, stage.now.minus({ minutes: 12 }), visited, about)
  for (const minutes of [7, 6, 5, 4])
    await tell(stage, actorOf(prober), stage.now.minus({ minutes }), turnedAway, {
      ...{ subject: prober.id, organisation: lille.id },
      ...{ operation: 'requests.approve', code: 'not-found' as const, target: null },
    })
}
