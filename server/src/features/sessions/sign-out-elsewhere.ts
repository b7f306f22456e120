import type { DomainEvent } from '@countersign/shared/events.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { sessions } from './sessions.store.ts'

/** Ends all of one's own sessions but the present one; answers how many there were. */
export const signOutElsewhere: Operation<void, number> = async ({ tx, actor }) => {
  const ended = await sessions.closeOthers(tx, actor.id, actor.sessionId)
  if (ended.length === 0) throw new Refused('nothing-to-do')
  const events = ended.map(
    (sessionId): DomainEvent => ({ type: 'session.closed', subject: actor.id, organisation: actor.organisationId, data: { sessionId } }),
  )
  return { value: ended.length, events: told(events) }
}
