import type { Proof } from '@countersign/shared/access/proof.ts'
import { v7 as uuid } from 'uuid'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { links } from '../links/links.store.ts'
import { type Proving, proveForAct, type Unproven } from '../sessions/prove-again.ts'
import { readNonce } from './nonces.ts'
import { passkeys } from './passkeys.store.ts'
import { type Registration, verifiedRegistration } from './relying-party.ts'

/** More than anybody carries. */
const most = 10

export type AddInput = {
  readonly name: string
  readonly nonce: string
  readonly registration: Registration
  /** By what the person held before: a passkey or a code, or their password where that was all. */
  readonly proof?: Proof | undefined
}
export type Added = { readonly passkeyId: string } | Pick<Unproven, 'refusal'>

/**
 * Adds a passkey to one's own account, proven by what one held before: an open session is not enough to stay. Not within a day of a reset.
 * Its owner is told by mail, with "this was not me".
 */
export const add =
  (proving: Proving): Operation<AddInput, Added> =>
  async (work, { name, nonce, registration, proof }) => {
    const { tx, actor, now } = work
    const [row] = await accounts.lockAll(tx, [actor.id])
    if (!row) throw new Refused('not-found')
    if (await passkeys.resetLately(tx, actor.id, now)) throw new Refused('factor-after-reset')
    if ((await passkeys.of(tx, actor.id)).length >= most) throw new Refused('passkeys-enough')
    const proven = await proveForAct(work, proving, proof, { act: 'add-passkey', on: name })
    if ('refusal' in proven) return { value: { refusal: proven.refusal }, events: [proven.event] }

    const made =
      readNonce(proving.key, `session:${actor.sessionId}`, nonce) && (await verifiedRegistration(proving.relyingParty, registration, nonce))
    if (!made || !(await passkeys.spend(tx, nonce, now))) throw new Refused('passkey-wrong')
    const { plainKey, ...key } = made
    const id = uuid()
    const owned = { id, accountId: actor.id, name, transports: [...registration.transports], linkId: null, createdAt: now }
    if (!(await passkeys.add(tx, { ...key, ...owned }))) throw new Refused('passkey-wrong')
    await links.make(tx, { kind: 'disown', accountId: actor.id, requestId: row.createdByRequestId, now })
    const told = { passkeyId: id, credentialId: key.credentialId.toString('base64url'), publicKey: plainKey, synced: key.synced }
    return {
      value: { passkeyId: id },
      events: [
        proven.given,
        {
          type: 'passkey.added',
          subject: actor.id,
          organisation: actor.organisationId,
          data: { ...told, via: 'session', assurance: proven.assurance },
        },
      ],
    }
  }
