import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { sessions } from './sessions.store.ts'

/** Ends one of one's own sessions; the present one where none is named. */
export const signOut: Operation<{ readonly sessionId: string | null }, true> = async ({ tx, actor }, { sessionId }) => {
  const ending = sessionId ?? actor.sessionId
  if (!(await sessions.close(tx, actor.id, ending))) throw new Refused('not-found', ending)
  return {
    value: true,
    events: [{ type: 'session.closed', subject: actor.id, organisation: actor.organisationId, data: { sessionId: ending } }],
  }
}
