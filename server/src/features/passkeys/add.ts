import { decideAddingPasskey } from '@countersign/shared/access/factors.ts'
import type { Proof } from '@countersign/shared/access/proof.ts'
import type { Operation } from '../../kernel/commit.ts'
import type { Db, Tx } from '../../kernel/db.ts'
import { orRefuse, Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { links } from '../links/links.store.ts'
import { credentials } from '../sessions/credentials.store.ts'
import { type Proving, proveForAct, type Unproven } from '../sessions/prove-again.ts'
import { enrol } from './enrol.ts'
import { passkeys } from './passkeys.store.ts'
import type { MadePasskey } from './relying-party.ts'

/** Refuses where the rules of adding a passkey do, before a device makes one in vain and again when it is kept. */
export const mayAdd = async (db: Db | Tx, accountId: string, now: Date): Promise<void> => {
  const { secondFactor, passwordHash, passkeys: held } = await credentials.heldBy(db, accountId)
  const resetLately = await passkeys.resetLately(db, accountId, now)
  orRefuse(decideAddingPasskey({ password: passwordHash !== null, secondFactor, passkeys: held.length, resetLately }))
}

/** Proven by what the person held before: a passkey or a code. */
export type AddInput = MadePasskey & { readonly proof?: Proof | undefined }

/**
 * Adds a passkey to one's own account, proven by what one held before: an open session is not enough to stay. Not within a day of a reset.
 * Its owner is told by mail, with "this was not me".
 */
export const add =
  (proving: Proving): Operation<AddInput, true | Pick<Unproven, 'refusal'>> =>
  async (work, { proof, ...made }) => {
    const { tx, actor, now } = work
    const [row] = await accounts.lockAll(tx, [actor.id])
    if (!row) throw new Refused('not-found')
    await mayAdd(tx, actor.id, now)
    const proven = await proveForAct(work, proving, proof, { act: 'add-passkey', on: made.name })
    if ('refusal' in proven) return { value: { refusal: proven.refusal }, events: [proven.event] }

    const { assurance } = proven
    const added = await enrol(tx, { proving, owner: actor, made, holder: `session:${actor.sessionId}`, linkId: null, assurance, now })
    await links.make(tx, { kind: 'disown', accountId: actor.id, requestId: row.createdByRequestId, now })
    return { value: true, events: [proven.given, added] }
  }
