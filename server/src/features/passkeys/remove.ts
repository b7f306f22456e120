import type { Proof } from '@countersign/shared/access/proof.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { credentials } from '../sessions/credentials.store.ts'
import { type Proving, proveForAct, type Unproven } from '../sessions/prove-again.ts'
import { passkeys } from './passkeys.store.ts'

export type RemoveInput = { readonly passkeyId: string; readonly proof?: Proof | undefined }

/** Takes one of one's own passkeys away; whoever holds a role keeps one factor, which only a countersigned reset replaces. */
export const remove =
  (proving: Proving): Operation<RemoveInput, true | Pick<Unproven, 'refusal'>> =>
  async (work, { passkeyId, proof }) => {
    const { tx, actor } = work
    await accounts.lockAll(tx, [actor.id])
    const held = await passkeys.of(tx, actor.id)
    if (!held.some(({ id }) => id === passkeyId)) throw new Refused('not-found', passkeyId)
    const { totp, passwordHash } = await credentials.heldBy(tx, actor.id)
    if (held.length === 1 && !totp && (!passwordHash || (await passkeys.holdsRole(tx, actor.id))))
      throw new Refused('last-factor', passkeyId)
    const proven = await proveForAct(work, proving, proof, { act: 'remove-passkey', on: passkeyId })
    if ('refusal' in proven) return { value: { refusal: proven.refusal }, events: [proven.event] }

    await passkeys.remove(tx, actor.id, passkeyId)
    return {
      value: true,
      events: [
        proven.given,
        {
          type: 'passkey.removed',
          subject: actor.id,
          organisation: actor.organisationId,
          data: { passkeyId, assurance: proven.assurance },
        },
      ],
    }
  }
