import { strangersBeforeLock, waitUntil } from '@countersign/shared/access/lock.ts'
import type { SignedInThrough } from '@countersign/shared/access/provider.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import type { Nobody } from '../../kernel/actor.ts'
import type { Operation, Outcome } from '../../kernel/commit.ts'
import type { Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { hashToken, newToken } from '../../kernel/secrets.ts'
import { identities } from '../identities/identities.store.ts'
import { links } from '../links/links.store.ts'
import { passkeys } from '../passkeys/passkeys.store.ts'
import { credentials } from './credentials.store.ts'
import { sessions } from './sessions.store.ts'

export type ProvenFactor =
  | { readonly kind: 'none' }
  | { readonly kind: 'totp'; readonly id: string; readonly step: number }
  | { readonly kind: 'recovery-code'; readonly hash: string }
  | { readonly kind: 'passkey'; readonly id: string; readonly nonce: string; readonly signCount: number }
  /** What an identity provider vouched for; `state` is what that one sign-in was asked with. */
  | {
      readonly kind: 'provider' | 'provider-two-factor'
      readonly id: string
      readonly state: string
      readonly through: SignedInThrough
    }

/** What the attempt proved, before anybody has asked whether it may count. */
export type Proof =
  | { readonly wrong: 'sign-in-failed' | 'code-wrong' | 'provider-one-factor' }
  | { readonly missing: 'code' }
  | { readonly factor: ProvenFactor }

export type SignInInput = {
  readonly accountId: string
  readonly organisationId: string
  readonly epoch: number
  readonly proof: Proof /** Too many wrong answers have come from their network. */
  readonly crowded?: boolean
}
export type SignInAnswer = { readonly token: string } | { readonly refusal: RefusalCode }

const methods = {
  none: 'password',
  totp: 'password-totp',
  'recovery-code': 'password-recovery-code',
  passkey: 'passkey',
  provider: 'provider',
  'provider-two-factor': 'provider-two-factor',
} as const satisfies Record<ProvenFactor['kind'], string>

/** Nobody guesses a signature: a passkey's, or a provider's under its answer. */
const guessed = (proof: Proof): boolean =>
  'factor' in proof ? !['passkey', 'provider', 'provider-two-factor'].includes(proof.factor.kind) : !isWeak(proof)
/** Right as far as it goes, and too little. */
const isWeak = (proof: Proof): boolean => 'wrong' in proof && proof.wrong === 'provider-one-factor'

type Held = {
  readonly stranger: boolean
  readonly failures: number
  readonly lastAt: Date | null
  readonly ofStrangers: number
  readonly proof: Proof
  readonly crowded: boolean
}

/**
 * Guesses wait for those before them; from a network that guesses none is looked at, but for a browser the owner uses. What is not
 * guessed does not wait: guesses of strangers at the password do not keep its owner out.
 */
const mustWait = ({ stranger, failures, lastAt, ofStrangers, proof, crowded }: Held, now: Date): boolean => {
  if (!guessed(proof)) return false
  const wait = waitUntil(failures, lastAt)
  return (wait !== null && wait > now) || (stranger && (crowded || ofStrangers >= strangersBeforeLock))
}

/** A browser nobody knew: its owner learns of it at once, and may say that it was not them. */
const isNews = async (tx: Tx, accountId: string, deviceKey: string, now: Date): Promise<boolean> => {
  if ((await sessions.meet(tx, accountId, deviceKey, now)) === 'known') return false
  await links.make(tx, { kind: 'disown', accountId, requestId: await sessions.madeBy(tx, accountId), now })
  return true
}

/**
 * Opens a session for somebody who proved enough, or counts a failure. Attempts on one account take turns, and one that comes
 * while the account waits is not even told whether it was right: any number of guesses at the same instant are worth as many as the
 * counter allows. The second factor is consumed here, so that it serves once. A failure is written down, hence answered and not thrown.
 */
export const signIn: Operation<SignInInput, SignInAnswer, Nobody> = async (
  { tx, now, origin },
  { accountId, organisationId, epoch, proof, crowded = false },
) => {
  // Every failure on a known account is written down, those that are not even looked at included.
  const refused = (refusal: RefusalCode, count: number): Outcome<SignInAnswer> => ({
    value: { refusal },
    events: [{ type: 'sign-in.failed', subject: accountId, organisation: organisationId, data: { failures: count } }],
  })
  const from = { deviceKey: origin.deviceKey ?? null, address: origin.address ?? '' }
  const { epoch: present, source, ...counted } = await sessions.holdFailures(tx, accountId, from)
  const { failures } = counted
  if (mustWait({ ...counted, proof, crowded }, now)) return refused('sign-in-failed', failures)
  // Proven against a password that was forgotten meanwhile.
  if (present !== epoch) throw new Refused('sign-in-failed')
  if ('missing' in proof) throw new Refused('second-factor-needed')

  if (isWeak(proof)) return refused('provider-one-factor', failures)
  const spent = 'factor' in proof && (await consumed(tx, accountId, proof.factor, now))
  if (!spent) {
    return refused(
      'wrong' in proof ? proof.wrong : 'code-wrong',
      await sessions.failed(tx, accountId, { source, stranger: counted.stranger }, now),
    )
  }
  const token = newToken()
  const method = methods[proof.factor.kind]
  const through = 'through' in proof.factor ? proof.factor.through : null
  const session = await sessions.open(tx, {
    accountId,
    tokenHash: hashToken(token),
    method,
    through,
    device: origin.device ?? '',
    deviceKey: origin.deviceKey ?? null,
    address: origin.address ?? '',
    now,
  })
  if (!session) throw new Refused('sign-in-failed')
  await sessions.forgetFailures(tx, accountId, source)
  const newDevice = origin.deviceKey !== undefined && (await isNews(tx, accountId, origin.deviceKey, now))

  return {
    value: { token },
    events: [
      {
        type: 'session.opened',
        subject: accountId,
        organisation: organisationId,
        data: { sessionId: session.id, method, ...(through ? { through } : {}), ...(newDevice ? { newDevice: true as const } : {}) },
      },
    ],
  }
}

/** Spends a factor, so that it serves once; false where it was spent already. */
export const consumed = async (tx: Tx, accountId: string, factor: ProvenFactor, now: Date): Promise<boolean> => {
  if (factor.kind === 'totp') return credentials.useTotpStep(tx, factor.id, factor.step)
  if ('through' in factor) {
    if (!(await passkeys.spend(tx, factor.state, now)) || !(await identities.used(tx, factor.id, now))) throw new Refused('sign-in-stale')
    return true
  }
  if (factor.kind === 'passkey') {
    if (!(await passkeys.spend(tx, factor.nonce, now))) throw new Refused('passkey-wrong')
    if (!(await passkeys.used(tx, factor.id, factor.signCount, now))) throw new Refused('passkey-wrong')
    return true
  }
  if (factor.kind === 'recovery-code') return credentials.useRecoveryCode(tx, accountId, factor.hash, now)
  return true
}
