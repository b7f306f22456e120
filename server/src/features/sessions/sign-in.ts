import type { Nobody } from '../../kernel/actor.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { hashToken, newToken } from '../../kernel/secrets.ts'
import { credentials } from './credentials.store.ts'
import { sessions } from './sessions.store.ts'

export type ProvenFactor =
  | { readonly kind: 'none' }
  | { readonly kind: 'totp'; readonly id: string; readonly step: number }
  | { readonly kind: 'recovery-code'; readonly hash: string }
export type SignInInput = { readonly accountId: string; readonly organisationId: string; readonly factor: ProvenFactor }

const methods = { none: 'password', totp: 'password-totp', 'recovery-code': 'password-recovery-code' } as const

/** Opens a session for somebody whose password was right; the second factor is consumed here, so that it serves once. */
export const signIn: Operation<SignInInput, { readonly token: string }, Nobody> = async (
  { tx, now, origin },
  { accountId, organisationId, factor },
) => {
  if (factor.kind === 'totp' && !(await credentials.useTotpStep(tx, factor.id, factor.step))) throw new Refused('code-wrong')
  if (factor.kind === 'recovery-code' && !(await credentials.useRecoveryCode(tx, accountId, factor.hash, now)))
    throw new Refused('code-wrong')
  const token = newToken()
  const method = methods[factor.kind]
  const sessionId = await sessions.open(tx, {
    accountId,
    tokenHash: hashToken(token),
    method,
    device: origin.device ?? '',
    address: origin.address ?? '',
    now,
  })
  if (!sessionId) throw new Refused('sign-in-failed')
  await sessions.forgetFailures(tx, accountId)

  return {
    value: { token },
    events: [{ type: 'session.opened', subject: accountId, organisation: organisationId, data: { sessionId, method } }],
  }
}

/** A wrong password or code, counted by account id. */
export const recordFailure: Operation<{ readonly accountId: string; readonly organisationId: string }, number, Nobody> = async (
  { tx, now },
  { accountId, organisationId },
) => {
  const failures = await sessions.failed(tx, accountId, now)
  return { value: failures, events: [{ type: 'sign-in.failed', subject: accountId, organisation: organisationId, data: { failures } }] }
}
