import { waitUntil } from '@countersign/shared/access/lock.ts'
import type { DomainEvent } from '@countersign/shared/events.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import type { Person } from '../../kernel/actor.ts'
import type { Work } from '../../kernel/commit.ts'
import type { Db } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { provenFactor } from './authenticate.ts'
import { credentials } from './credentials.store.ts'
import { sessions } from './sessions.store.ts'
import { consumed, type ProvenFactor } from './sign-in.ts'

/** `unneeded` where there is no second factor to ask for: the demo's one-click sign-in, and nobody else who holds a role. */
export type Again = { readonly factor: ProvenFactor } | 'unneeded' | 'missing' | 'wrong'

/** What a code proves of the person who is signed in, before anybody has asked whether it may count. */
export const proofAgain = async (db: Db, key: Buffer, person: Person, code: string | null): Promise<Again> => {
  const totp = await credentials.totpOf(db, person.id)
  if (!totp) return 'unneeded'
  if (code === null) return 'missing'
  const factor = await provenFactor(totp, code, key)
  return factor ? { factor } : 'wrong'
}

/**
 * Holds that proof against the counter of failures, as a sign-in is held: whoever sits at a session that was left open guesses no more
 * often than at the door. Null where it counts; else the refusal, and what is written down of it, which the operation answers.
 */
export const heldAgain = async (
  { tx, actor, now }: Pick<Work<Person>, 'tx' | 'actor' | 'now'>,
  again: Again,
): Promise<{ readonly refusal: RefusalCode; readonly event: DomainEvent } | null> => {
  if (again === 'unneeded') return null
  if (again === 'missing') throw new Refused('second-factor-needed')
  const { failures, lastAt } = await sessions.holdFailures(tx, actor.id)
  const wait = waitUntil(failures, lastAt)
  const waiting = wait !== null && wait > now
  if (!waiting && again !== 'wrong' && (await consumed(tx, actor.id, again.factor, now))) {
    await sessions.forgetFailures(tx, actor.id)
    return null
  }
  const count = waiting ? failures : await sessions.failed(tx, actor.id, now)
  return {
    refusal: 'code-wrong',
    event: { type: 'sign-in.failed', subject: actor.id, organisation: actor.organisationId, data: { failures: count } },
  }
}
