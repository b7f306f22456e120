import { decideLinkingIdentity } from '@countersign/shared/access/factors.ts'
import { identityNamed, type Proof } from '@countersign/shared/access/proof.ts'
import { v7 as uuid } from 'uuid'
import type { Person } from '../../kernel/actor.ts'
import type { Operation } from '../../kernel/commit.ts'
import type { Db, Tx } from '../../kernel/db.ts'
import { orRefuse, Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { links } from '../links/links.store.ts'
import { passkeys } from '../passkeys/passkeys.store.ts'
import { credentials } from '../sessions/credentials.store.ts'
import { type Proving, proveForAct, type Unproven } from '../sessions/prove-again.ts'
import { identities } from './identities.store.ts'

/** Refuses where the rules of linking do, before the person is sent away in vain and again when it is kept. */
export const mayLink = async (db: Db | Tx, accountId: string, issuer: string, taken: boolean, now: Date): Promise<void> => {
  const { secondFactor, passwordHash } = await credentials.heldBy(db, accountId)
  const held = await identities.of(db, accountId)
  orRefuse(
    decideLinkingIdentity({
      password: passwordHash !== null,
      secondFactor,
      resetLately: await passkeys.resetLately(db, accountId, now),
      linked: held.some((one) => one.issuer === issuer),
      taken,
    }),
  )
}

export type LinkInput = {
  /** Whom the provider knew, in the browser of this very session, and the state of that sign-in: it links once. */
  readonly answered: { readonly sessionId: string; readonly issuer: string; readonly subject: string; readonly state: string }
  readonly proof?: Proof | undefined
}

/**
 * Links an identity to one's own account, proven by what one held before: whoever finds a session open cannot leave themselves a way back.
 * Its owner is told by mail, with "this was not me".
 */
export const link =
  (proving: Proving): Operation<LinkInput, true | Pick<Unproven, 'refusal'>, Person> =>
  async (work, { answered, proof }) => {
    const { tx, actor, now } = work
    const { sessionId, state, issuer, subject } = answered
    if (sessionId !== actor.sessionId) throw new Refused('sign-in-stale')
    const [row] = await accounts.lockAll(tx, [actor.id])
    if (!row) throw new Refused('not-found')
    await mayLink(tx, actor.id, issuer, await identities.isTaken(tx, { issuer, subject }), now)
    const proven = await proveForAct(work, proving, proof, { act: 'link-identity', on: identityNamed({ issuer, subject }) })
    if ('refusal' in proven) return { value: { refusal: proven.refusal }, events: [proven.event] }

    if (!(await passkeys.spend(tx, state, now))) throw new Refused('sign-in-stale')
    const id = uuid()
    if (!(await identities.link(tx, { id, accountId: actor.id, issuer, subject, linkedAt: now }))) throw new Refused('identity-taken')
    await links.make(tx, { kind: 'disown', accountId: actor.id, requestId: row.createdByRequestId, now })
    return {
      value: true,
      events: [
        proven.given,
        {
          type: 'identity.linked',
          subject: actor.id,
          organisation: actor.organisationId,
          data: { identityId: id, issuer, subject, assurance: proven.assurance },
        },
      ],
    }
  }
