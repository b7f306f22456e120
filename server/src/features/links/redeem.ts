import { randomBytes } from 'node:crypto'
import { generateURI, ScureBase32Plugin } from 'otplib'
import type { Nobody } from '../../kernel/actor.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { derived, seal, sha256 } from '../../kernel/secrets.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { enrol } from '../passkeys/enrol.ts'
import { newNonce } from '../passkeys/nonces.ts'
import { type MadePasskey, registrationOptions } from '../passkeys/relying-party.ts'
import { plainRecoveryCode } from '../sessions/authenticate.ts'
import { credentials } from '../sessions/credentials.store.ts'
import { hashPassword, objectionToPassword } from '../sessions/passwords.ts'
import type { Proving } from '../sessions/prove-again.ts'
import { sessions } from '../sessions/sessions.store.ts'
import { stepOfCode } from '../sessions/totp.ts'
import { links, type OpenLink } from './links.store.ts'

export type RedeemInput = {
  readonly token: string
  readonly password: string | null
  readonly code: string | null
  /** In the place of the code: a passkey that was just made. */
  readonly passkey?: MadePasskey | undefined
}
export type Redeemed = { readonly login: string; readonly recoveryCodes: readonly string[] }

const recoveryCodes = 10
const base32 = new ScureBase32Plugin()

/** What the page of a link asks for: a password unless it is only a factor that is missing; a second factor for holders of roles. */
export const asksFor = (link: OpenLink) => ({
  password: link.kind !== 'enrolment',
  secondFactor: link.kind === 'enrolment' || link.roles > 0,
})

/**
 * A passkey opens the door by itself: only a link that sets the password too may bring one, or the mailbox alone would be enough. Whoever
 * holds no role is offered one here as well, since nobody adds their first second factor with a password alone.
 */
export const takesPasskey = (link: OpenLink): boolean => asksFor(link).password && link.kind !== 'disown'

/** The TOTP secret this link will enrol, and its address for the authenticator's camera. */
export const totpOf = (key: Buffer, link: OpenLink): { secret: string; uri: string } => {
  const secret = base32.encode(derived(key, `totp:${link.id}`), { padding: false })
  return { secret, uri: generateURI({ issuer: 'Countersign', label: link.login, secret }) }
}

const newRecoveryCode = (): string =>
  randomBytes(10)
    .toString('hex')
    .replace(/(.{5})(?=.)/g, '$1-')

/** What a link sets, checked: a password its owner chose, a factor they hold. Refuses at the field. */
const provenBy = async (key: Buffer, link: OpenLink, { password, code, passkey }: RedeemInput) => {
  const asked = asksFor(link)
  const weak = asked.password ? objectionToPassword(password ?? '', [link.login, link.givenName]) : null
  if (weak) throw new Refused(weak, link.accountId, [{ field: 'password', refusal: weak }])
  const totp = totpOf(key, link)
  const byPasskey = passkey !== undefined && takesPasskey(link)
  const byCode = asked.secondFactor && !byPasskey
  const step = byCode ? await stepOfCode(totp.secret, code ?? '') : null
  if (byCode && step === null) throw new Refused('code-wrong', link.accountId, [{ field: 'code', refusal: 'code-wrong' }])
  const codes = byCode || byPasskey ? Array.from({ length: recoveryCodes }, newRecoveryCode) : []
  const set = [
    ...(asked.password ? [{ kind: 'password' as const, secret: await hashPassword(password ?? '') }] : []),
    ...(step === null ? [] : [{ kind: 'totp' as const, secret: seal(key, totp.secret), lastStep: step }]),
    ...codes.map((one) => ({ kind: 'recovery-code' as const, secret: sha256(plainRecoveryCode(one)) })),
  ]
  return { set, codes, replaced: asked.password ? everything : factorsOnly }
}

const everything = ['password', 'totp', 'recovery-code'] as const
const factorsOnly = ['totp', 'recovery-code'] as const

/** What a browser needs to make a passkey for whoever holds this link. */
export const passkeyOptions = async ({ key, relyingParty }: Proving, link: OpenLink) => {
  const nonce = newNonce(key, `link:${link.id}`)
  const owner = { id: link.accountId, login: link.login, name: link.login }
  return { nonce, options: await registrationOptions(relyingParty, owner, nonce, []) }
}

/** Sets what only its owner ever knows, through a link that serves once (P1, P9). Bound to the key that seals second factors. */
export const redeem =
  (proving: Proving): Operation<RedeemInput, Redeemed, Nobody> =>
  async ({ tx, now }, input) => {
    const found = await links.open(tx, input.token)
    if (!found || found.kind === 'disown') throw new Refused('link-dead')
    await accounts.lockAll(tx, [found.accountId])
    // Read again under the lock: a role that was given meanwhile asks for a second factor.
    const link = await links.open(tx, input.token)
    if (!link) throw new Refused('link-dead')
    const { set, codes, replaced } = await provenBy(proving.key, link, input)

    if (!(await links.use(tx, link.id, now))) throw new Refused('link-dead')
    // Whoever is still in came in with what is replaced now.
    await accounts.endSessions(tx, link.accountId)
    await links.voidUnused(tx, link.accountId, now)
    await sessions.forgetFailures(tx, link.accountId)
    await credentials.replace(tx, { accountId: link.accountId, linkId: link.id, now }, replaced, set)

    const owner = { id: link.accountId, organisationId: link.organisationId }
    const made = takesPasskey(link) ? input.passkey : undefined
    const added = made ? [await enrol(tx, { proving, owner, made, holder: `link:${link.id}`, linkId: link.id, assurance: null, now })] : []
    const data = { linkId: link.id, factors: [...new Set(set.map(({ kind }) => kind)), ...(made ? ['passkey'] : [])] }
    return {
      value: { login: link.login, recoveryCodes: codes },
      events: [{ type: 'account.enrolled', subject: link.accountId, organisation: link.organisationId, data }, ...added],
    }
  }
