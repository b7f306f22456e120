import type { Proof } from '@countersign/shared/access/proof.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { links } from '../links/links.store.ts'
import { type Proving, proveForAct, type Unproven } from '../sessions/prove-again.ts'
import { sessions } from '../sessions/sessions.store.ts'
import { identities } from './identities.store.ts'

export type UnlinkInput = { readonly identityId: string; readonly proof?: Proof | undefined }

/** Takes away a way into one's own account, and whoever is in anywhere else out: it may have been a thief's. Its owner is told by mail. */
export const unlink =
  (proving: Proving): Operation<UnlinkInput, true | Pick<Unproven, 'refusal'>> =>
  async (work, { identityId, proof }) => {
    const { tx, actor, now } = work
    const [row] = await accounts.lockAll(tx, [actor.id])
    const held = (await identities.of(tx, actor.id)).find(({ id }) => id === identityId)
    if (!row || !held) throw new Refused('not-found', identityId)
    const proven = await proveForAct(work, proving, proof, { act: 'unlink-identity', on: identityId })
    if ('refusal' in proven) return { value: { refusal: proven.refusal }, events: [proven.event] }

    await identities.unlink(tx, actor.id, identityId)
    const ended = await sessions.closeOthers(tx, actor.id, actor.sessionId)
    await links.make(tx, { kind: 'disown', accountId: actor.id, requestId: row.createdByRequestId, now })
    const { issuer, subject } = held
    return {
      value: true,
      events: [
        proven.given,
        {
          type: 'identity.unlinked',
          subject: actor.id,
          organisation: actor.organisationId,
          data: { identityId, issuer, subject, assurance: proven.assurance, sessions: ended.length },
        },
      ],
    }
  }
