import { waitUntil } from '@countersign/shared/access/lock.ts'
import { type Act, type Assurance, actText, type Proof } from '@countersign/shared/access/proof.ts'
import type { DomainEvent, SignedWith } from '@countersign/shared/events.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import type { Person } from '../../kernel/actor.ts'
import type { Work } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { readNonce } from '../passkeys/nonces.ts'
import { passkeys } from '../passkeys/passkeys.store.ts'
import { challengeOf, plainKey, type RelyingParty, verifiedAssertion } from '../passkeys/relying-party.ts'
import { provenFactor } from './authenticate.ts'
import { credentials } from './credentials.store.ts'
import { sessions } from './sessions.store.ts'
import { consumed } from './sign-in.ts'

/** What proofs are held against: the key under our nonces and sealed seeds, and the name authenticators know us by. */
export type Proving = { readonly key: Buffer; readonly relyingParty: RelyingParty }

/** How sure it is now, what was signed, and for how many seconds the person had looked at it, where they said since when. */
export type Proven = { readonly assurance: Assurance; readonly signed: SignedWith | null; readonly seconds: number | null }

/** What was wrong, and what is written down of it: the operation answers it, for a failure that is thrown is counted nowhere. */
export type Unproven = { readonly refusal: RefusalCode; readonly event: DomainEvent }

type Same = Pick<Work<Person>, 'tx' | 'actor' | 'now'>
type Of<K extends Proof['kind']> = Extract<Proof, { kind: K }>
type Right = Pick<Proven, 'assurance' | 'signed'>

const byCode = async ({ tx, actor, now }: Same, { key }: Proving, { code }: Of<'code'>): Promise<Right | null> => {
  const factor = await provenFactor(await credentials.totpOf(tx, actor.id), code, key)
  if (!factor || !(await consumed(tx, actor.id, factor, now))) return null
  return { assurance: factor.kind, signed: null }
}

const byPasskey = async (
  { tx, actor, now }: Same,
  { relyingParty }: Proving,
  { kind: _kind, nonce, ...given }: Of<'passkey'>,
  text: string,
): Promise<Right> => {
  if (!(await passkeys.spend(tx, nonce, now))) throw new Refused('proof-stale')
  const held = await passkeys.find(tx, actor.id, Buffer.from(given.credentialId, 'base64url'))
  const answer = held && (await verifiedAssertion(relyingParty, held, given, challengeOf(text)))
  // Nobody guesses a signature: a wrong one is refused and written down, and counted against nobody.
  if (!held || !answer || !(await passkeys.used(tx, held.id, answer.signCount, now))) throw new Refused('passkey-wrong')
  return { assurance: 'passkey', signed: { ...given, nonce, passkeyId: held.id, publicKey: plainKey(held.publicKey) } }
}

/**
 * Guesses are counted for the session they come from: whoever sits at one that was left open guesses no more often than at the door, and
 * guesses of strangers at the door keep nobody from their work.
 */
const byGuessable = async (same: Same, proving: Proving, proof: Of<'code'>): Promise<Right | Unproven> => {
  const { tx, actor, now } = same
  const { failures, lastAt } = await sessions.proofFailures(tx, actor.sessionId)
  const wait = waitUntil(failures, lastAt)
  if (wait !== null && wait > now) throw new Refused('too-many')
  const right = await byCode(same, proving, proof)
  await sessions.proofFailed(tx, actor.sessionId, right ? 0 : failures + 1, now)
  if (right) return right
  return {
    refusal: 'code-wrong',
    event: { type: 'sign-in.failed', subject: actor.id, organisation: actor.organisationId, data: { failures: failures + 1 } },
  }
}

/** When the nonce was given to this session, for this request where it is about one; a proof that names another, or one of long ago, is of no worth. */
const givenAt = ({ actor }: Same, { key }: Proving, nonce: string, requestId: string | null): Date => {
  const at = readNonce(key, requestId ? `request:${actor.sessionId}:${requestId}` : `session:${actor.sessionId}`, nonce)
  if (!at) throw new Refused('proof-stale')
  return at
}

/**
 * Asks once more whether it is they: a passkey over this very text, or a code; nothing where there is neither, which only the demo's
 * one-click people have. Every proof serves once.
 */
export const proveAgain = async (
  same: Same,
  proving: Proving,
  proof: Proof | undefined,
  textOf: (nonce: string) => string,
  requestId: string | null = null,
): Promise<Proven | Unproven> => {
  const { tx, actor, now } = same
  const since = proof ? givenAt(same, proving, proof.nonce, requestId) : null
  const seconds = since && Math.max(0, Math.round((now.getTime() - since.getTime()) / 100) / 10)
  if (!proof || proof.kind === 'none') {
    const { secondFactor, passwordHash } = await credentials.heldBy(tx, actor.id)
    if (secondFactor || passwordHash) throw new Refused('second-factor-needed')
    return { assurance: 'session', signed: null, seconds }
  }
  const answer =
    proof.kind === 'passkey' ? await byPasskey(same, proving, proof, textOf(proof.nonce)) : await byGuessable(same, proving, proof)
  return 'refusal' in answer ? answer : { ...answer, seconds }
}

/** The same for an act, with the entry that says how sure it was. */
export const proveForAct = async (
  same: Same,
  proving: Proving,
  proof: Proof | undefined,
  { act, on }: { readonly act: Act; readonly on: string },
): Promise<{ readonly given: DomainEvent; readonly assurance: Assurance } | Unproven> => {
  const answer = await proveAgain(same, proving, proof, (nonce) => actText(act, on, nonce))
  if ('refusal' in answer) return answer
  const { assurance, signed } = answer
  const { id, organisationId } = same.actor
  return { assurance, given: { type: 'proof.given', subject: id, organisation: organisationId, data: { act, on, assurance, signed } } }
}
