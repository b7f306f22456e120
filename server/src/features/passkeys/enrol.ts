import type { Assurance } from '@countersign/shared/access/proof.ts'
import type { DomainEvent } from '@countersign/shared/events.ts'
import { v7 as uuid } from 'uuid'
import type { Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { type NonceFor, readNonce } from './nonces.ts'
import { passkeys } from './passkeys.store.ts'
import { type MadePasskey, type RelyingParty, verifiedRegistration } from './relying-party.ts'

type Enrolling = {
  readonly proving: { readonly key: Buffer; readonly relyingParty: RelyingParty }
  readonly owner: { readonly id: string; readonly organisationId: string }
  readonly made: MadePasskey
  /** For whom the nonce was made: the session, or the link. */
  readonly holder: NonceFor
  /** The link it comes through, or null; and how sure it was who added it. */
  readonly linkId: string | null
  readonly assurance: Assurance | null
  readonly now: Date
}

/** Keeps a passkey that was made just now, here and by its verified owner; tells whose it is and its public key. */
export const enrol = async (tx: Tx, { proving, owner, made, holder, linkId, assurance, now }: Enrolling): Promise<DomainEvent> => {
  const { name, nonce, registration } = made
  const verified = readNonce(proving.key, holder, nonce) && (await verifiedRegistration(proving.relyingParty, registration, nonce))
  if (!verified || !(await passkeys.spend(tx, nonce, now))) throw new Refused('passkey-wrong')
  const { plainKey, ...key } = verified
  const id = uuid()
  const owned = { id, accountId: owner.id, name, transports: [...registration.transports], linkId, createdAt: now }
  if (!(await passkeys.add(tx, { ...key, ...owned }))) throw new Refused('passkey-wrong')
  const told = { passkeyId: id, credentialId: key.credentialId.toString('base64url'), publicKey: plainKey, synced: key.synced }
  return {
    type: 'passkey.added',
    subject: owner.id,
    organisation: owner.organisationId,
    data: { ...told, via: linkId ? 'link' : 'session', assurance },
  }
}
