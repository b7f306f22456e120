import { decideRemovingPasskey } from '@countersign/shared/access/factors.ts'
import type { Proof } from '@countersign/shared/access/proof.ts'
import type { Operation } from '../../kernel/commit.ts'
import { orRefuse, Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { links } from '../links/links.store.ts'
import { credentials } from '../sessions/credentials.store.ts'
import { type Proving, proveForAct, type Unproven } from '../sessions/prove-again.ts'
import { sessions } from '../sessions/sessions.store.ts'
import { passkeys } from './passkeys.store.ts'

export type RemoveInput = { readonly passkeyId: string; readonly proof?: Proof | undefined }

/**
 * Takes one of one's own passkeys away, and whoever is in anywhere else out: it may have been a thief's. The last factor stays; only a
 * countersigned reset replaces that. Its owner is told by mail.
 */
export const remove =
  (proving: Proving): Operation<RemoveInput, true | Pick<Unproven, 'refusal'>> =>
  async (work, { passkeyId, proof }) => {
    const { tx, actor, now } = work
    const [row] = await accounts.lockAll(tx, [actor.id])
    if (!row) throw new Refused('not-found', passkeyId)
    const held = await passkeys.of(tx, actor.id)
    if (!held.some(({ id }) => id === passkeyId)) throw new Refused('not-found', passkeyId)
    const { totp } = await credentials.heldBy(tx, actor.id)
    orRefuse(decideRemovingPasskey({ passkeys: held.length, totp }), passkeyId)
    const proven = await proveForAct(work, proving, proof, { act: 'remove-passkey', on: passkeyId })
    if ('refusal' in proven) return { value: { refusal: proven.refusal }, events: [proven.event] }

    await passkeys.remove(tx, actor.id, passkeyId)
    const ended = await sessions.closeOthers(tx, actor.id, actor.sessionId)
    await links.make(tx, { kind: 'disown', accountId: actor.id, requestId: row.createdByRequestId, now })
    return {
      value: true,
      events: [
        proven.given,
        {
          type: 'passkey.removed',
          subject: actor.id,
          organisation: actor.organisationId,
          data: { passkeyId, assurance: proven.assurance, sessions: ended.length },
        },
      ],
    }
  }
