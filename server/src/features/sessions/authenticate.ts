import { waitUntil } from '@countersign/shared/access/lock.ts'
import type { Nobody } from '../../kernel/actor.ts'
import { type Context, runCommitted } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { sha256, unseal } from '../../kernel/secrets.ts'
import { credentials, type SignInCase } from './credentials.store.ts'
import { nobodysHash, verifyPassword } from './passwords.ts'
import { type ProvenFactor, recordFailure, signIn } from './sign-in.ts'
import { stepOfCode } from './totp.ts'

export type SignInAttempt = { readonly login: string; readonly password: string; readonly code: string | null }

/** A recovery code as typed: letters and digits, whatever the case and the dashes. */
export const plainRecoveryCode = (code: string): string => code.toLowerCase().replace(/[^a-z0-9]/g, '')

const provenFactor = async (found: SignInCase, code: string, key: Buffer): Promise<ProvenFactor | null> => {
  const typed = code.replace(/\s/g, '')
  if (!/^\d{6}$/.test(typed)) return { kind: 'recovery-code', hash: sha256(plainRecoveryCode(code)) }
  if (!found.totp) return null
  const step = await stepOfCode(unseal(key, found.totp.sealed), typed)
  return step === null ? null : { kind: 'totp', id: found.totp.id, step }
}

/**
 * Password, then second factor, then a session. An unknown login, a suspended account and a wrong password get the same answer
 * after the same work; so does a right password while the account waits, or waiting would tell which guess was right. Every attempt of a known account is written down.
 */
export const authenticate = async (
  context: Context<Nobody>,
  key: Buffer,
  { login, password, code }: SignInAttempt,
): Promise<{ token: string }> => {
  const found = await credentials.forSignIn(context.db, login)
  const right = await verifyPassword(found?.passwordHash ?? (await nobodysHash), password)
  if (!found) throw new Refused('sign-in-failed')
  const about = { accountId: found.id, organisationId: found.organisationId }
  const wait = waitUntil(found.failures, found.lastFailureAt)
  if (wait && wait > new Date()) throw new Refused('sign-in-failed')
  if (!right || !found.passwordHash) {
    await runCommitted(recordFailure, context, about)
    throw new Refused('sign-in-failed')
  }
  if (!found.totp) return runCommitted(signIn, context, { ...about, factor: { kind: 'none' } })
  if (code === null) throw new Refused('second-factor-needed')

  const factor = await provenFactor(found, code, key)
  try {
    if (!factor) throw new Refused('code-wrong')
    return await runCommitted(signIn, context, { ...about, factor })
  } catch (error) {
    if (error instanceof Refused && error.code === 'code-wrong') await runCommitted(recordFailure, context, about)
    throw error
  }
}
