import { type Assertion, signInText } from '@countersign/shared/access/proof.ts'
import type { Nobody } from '../../kernel/actor.ts'
import { type Context, runCommitted } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { readNonce } from '../passkeys/nonces.ts'
import { passkeys } from '../passkeys/passkeys.store.ts'
import { challengeOf, verifiedAssertion } from '../passkeys/relying-party.ts'
import type { Proving } from './prove-again.ts'
import { type SignInAnswer, signIn } from './sign-in.ts'

/**
 * Opens a session for whoever holds a passkey and has shown its authenticator who they are: two factors in one. An unknown passkey, one
 * of somebody who is out and a wrong signature get the same answer. Nobody guesses a signature, so nothing is counted against anybody.
 */
export const enterWithPasskey = async (
  context: Context<Nobody>,
  { key, relyingParty }: Proving,
  { nonce, ...given }: Assertion & { readonly nonce: string },
): Promise<SignInAnswer> => {
  const credentialId = Buffer.from(given.credentialId, 'base64url')
  const found = await passkeys.forSignIn(context.db, credentialId)
  const held = found && (await passkeys.find(context.db, found.accountId, credentialId))
  if (!held || !readNonce(key, 'sign-in', nonce)) throw new Refused('passkey-wrong')
  const answer = await verifiedAssertion(relyingParty, held, given, challengeOf(signInText(nonce)))
  if (!answer) throw new Refused('passkey-wrong')
  const factor = { kind: 'passkey' as const, id: held.id, nonce, signCount: answer.signCount }
  return runCommitted(signIn, context, { ...found, proof: { factor } })
}
