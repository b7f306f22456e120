import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { absences } from './absences.store.ts'

/** Back already, or not going. */
export const withdraw: Operation<{ readonly absenceId: string }, true> = async ({ tx, actor, now }, { absenceId }) => {
  if (!(await absences.withdraw(tx, actor.id, absenceId, now))) throw new Refused('not-found', absenceId)
  return {
    value: true,
    events: [{ type: 'absence.withdrawn', subject: actor.id, organisation: actor.organisationId, data: { absenceId } }],
  }
}
