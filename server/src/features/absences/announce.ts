import { type AbsenceAsked, decideAbsence } from '@countersign/shared/absences/absence.ts'
import { permissions } from '@countersign/shared/access/permissions.ts'
import type { Role } from '@countersign/shared/access/roles.ts'
import type { Actor, Grant } from '@countersign/shared/access/scope.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { todayInParis } from '../requests/working-hours.ts'
import { absences } from './absences.store.ts'

/** Where the form has to be corrected; what is not here was no slip, and is an attempt. */
const atField: Partial<Record<RefusalCode, keyof AbsenceAsked>> = {
  'absence-past': 'from',
  'absence-ends-first': 'until',
  'absence-long': 'until',
  'absence-overlaps': 'from',
  'delegate-away': 'delegateId',
}

/** The roles by which somebody countersigns. */
export const signingGrants = ({ grants }: Actor): readonly Grant[] => {
  const signing: readonly Role[] = permissions['request:countersign']
  return grants.filter(({ role }) => signing.includes(role))
}

/**
 * Says from when until when one is away, and who is asked instead. Whoever is named may sign all of it already: nobody is given a right by
 * it, and what waits goes up one level where nobody is left (P1, P10).
 */
export const announce: Operation<AbsenceAsked, string> = async ({ tx, actor, now }, asked) => {
  await accounts.lockAll(tx, [actor.id])
  const { from, until, delegateId } = asked
  const candidates = delegateId ? await absences.delegates(tx, actor.id, signingGrants(actor)) : []
  const verdict = decideAbsence({
    actorId: actor.id,
    asked,
    today: todayInParis(now),
    overlaps: await absences.overlaps(tx, actor.id, from, until),
    delegateSigns: candidates.some(({ id }) => id === delegateId),
    delegateAway: delegateId !== null && (await absences.overlaps(tx, delegateId, from, until)),
  })
  if (!verdict.ok) {
    const field = atField[verdict.refusal]
    throw new Refused(verdict.refusal, null, field ? [{ field, refusal: verdict.refusal }] : [])
  }
  const id = await absences.announce(tx, { accountId: actor.id, from, until, delegateId, now })
  return {
    value: id,
    events: [
      {
        type: 'absence.announced',
        subject: actor.id,
        organisation: actor.organisationId,
        data: { absenceId: id, from, until, delegateId },
      },
    ],
  }
}
