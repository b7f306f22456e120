import type { Nobody } from '../../kernel/actor.ts'
import { type Context, runCommitted } from '../../kernel/commit.ts'
import type { Limits } from '../../kernel/limits.ts'
import { Refused } from '../../kernel/refused.ts'
import { sha256, unseal } from '../../kernel/secrets.ts'
import { credentials, type SignInCase } from './credentials.store.ts'
import { nobodysHash, verifyPassword } from './passwords.ts'
import { type Proof, type ProvenFactor, signIn } from './sign-in.ts'
import { stepOfCode } from './totp.ts'

export type SignInAttempt = { readonly login: string; readonly password: string; readonly code: string | null }

/** A recovery code as typed: letters and digits, whatever the case and the dashes. */
export const plainRecoveryCode = (code: string): string => code.toLowerCase().replace(/[^a-z0-9]/g, '')

type CodeFactor = Extract<ProvenFactor, { kind: 'totp' | 'recovery-code' }>

/** The factor a typed code stands for; null where it stands for none. */
export const provenFactor = async (totp: SignInCase['totp'], code: string, key: Buffer): Promise<CodeFactor | null> => {
  const typed = code.replace(/\s/g, '')
  if (!/^\d{6}$/.test(typed)) return { kind: 'recovery-code', hash: sha256(plainRecoveryCode(code)) }
  const step = totp && (await stepOfCode(unseal(key, totp.sealed), typed))
  return !totp || step === null ? null : { kind: 'totp', id: totp.id, step }
}

const proofOf = async ({ totp, passkeys }: SignInCase, right: boolean, code: string | null, key: Buffer): Promise<Proof> => {
  if (!right) return { wrong: 'sign-in-failed' }
  // Whoever has a passkey does not come in by their password alone.
  if (!totp && passkeys === 0) return { factor: { kind: 'none' } }
  if (code === null) return { missing: 'code' }
  const factor = await provenFactor(totp, code, key)
  return factor ? { factor } : { wrong: 'code-wrong' }
}

/**
 * Password, then second factor, then a session. An unknown login, a suspended account and a wrong password get the same answer
 * after the same work; so does a right password while the account waits, or waiting would tell which guess was right. Every failure of a known account is written
 * down; a right password without its code, which is the first half of every honest sign-in, is none.
 */
export const authenticate = async (
  context: Context<Nobody> & { readonly limits: Limits },
  key: Buffer,
  { login, password, code }: SignInAttempt,
): Promise<{ token: string }> => {
  const address = context.origin.address ?? ''
  const [found, crowded] = await Promise.all([credentials.forSignIn(context.db, login), context.limits.spent('sign-in-failed', address)])
  const matches = await verifyPassword(found?.passwordHash ?? (await nobodysHash), password)
  const failed = () => context.limits.allow('sign-in-failed', address)
  if (!found) {
    await failed()
    throw new Refused('sign-in-failed')
  }
  const proof = await proofOf(found, matches && found.passwordHash !== null, code, key)
  const { id: accountId, organisationId, epoch } = found
  const answer = await runCommitted(signIn, context, { accountId, organisationId, epoch, proof, crowded })
  if ('refusal' in answer) {
    await failed()
    throw new Refused(answer.refusal)
  }
  return answer
}
