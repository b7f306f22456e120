import type { Nobody } from '../../kernel/actor.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { requests } from './requests.store.ts'

/** Silence is a refusal: what nobody answered in time is closed (P4). */
export const expire: Operation<{ readonly requestIds: readonly string[] }, number, Nobody> = async ({ tx, now }, { requestIds }) => {
  const expired = await requests.expire(tx, requestIds, now)
  if (expired.length === 0) throw new Refused('already-decided')

  return {
    value: expired.length,
    events: told(
      expired.map(({ id, organisationId, reference, kind, subjectId }) => ({
        type: 'request.expired' as const,
        subject: id,
        organisation: organisationId,
        data: { reference, kind, accountId: subjectId },
      })),
    ),
  }
}
