import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  type Act,
  actText,
  type Decision,
  decisionText,
  type Proof,
  requirementText,
  signInText,
} from '@countersign/shared/access/proof.ts'
import { isoCBOR } from '@simplewebauthn/server/helpers'
import type { Caller } from './caller.ts'
import { proving } from './caller.ts'

/** Somebody who is signed in. */
type Holder = { readonly call: Caller }

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest()
const { id: rpId, origin } = proving.relyingParty

/** User present, user verified, and whether a credential follows. */
const flags = { seen: 0x05, touched: 0x01, made: 0x45 }

const clientData = (type: 'webauthn.create' | 'webauthn.get', challenge: string, at = origin) =>
  Buffer.from(JSON.stringify({ type, challenge, origin: at, crossOrigin: false }))

const coseKey = (key: KeyObject) => {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'))
  return isoCBOR.encode(
    new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ]),
  )
}

/** An authenticator in software, as a phone would be: one passkey, its owner's finger always on it. One that is synced counts nothing. */
export const openAuthenticator = ({ synced = false } = {}) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const credentialId = randomBytes(32)
  let count = 0
  const authenticatorData = (with_: number, host = rpId) => {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(count)
    return Buffer.concat([sha256(host), Buffer.from([with_]), counter])
  }
  type Bent = { readonly origin?: string; readonly host?: string; readonly flags?: number }
  const assertion = (challenge: string, bent: Bent = {}) => {
    count += synced ? 0 : 1
    const data = authenticatorData(bent.flags ?? flags.seen, bent.host)
    const said = clientData('webauthn.get', challenge, bent.origin)
    const signature = sign('sha256', Buffer.concat([data, sha256(said)]), privateKey)
    return {
      credentialId: credentialId.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      clientData: said.toString('base64url'),
      signature: signature.toString('base64url'),
    }
  }
  const signed = (text: string, nonce: string, bent: Bent = {}): Proof => ({
    kind: 'passkey',
    nonce,
    ...assertion(sha256(text).toString('base64url'), bent),
  })
  return {
    /** Signs its owner in. */
    signIn: (challenge: string) => ({ nonce: challenge, ...assertion(sha256(signInText(challenge)).toString('base64url')) }),
    /** Signs whatever it is asked to. */
    assertion,
    /** What a browser sends when this authenticator made a passkey for that nonce. */
    made: (nonce: string, bent: Bent = {}) => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(credentialId.length)
      const authData = Buffer.concat([
        authenticatorData(bent.flags ?? flags.made, bent.host),
        ...[Buffer.alloc(16), length, credentialId, Buffer.from(coseKey(publicKey))],
      ])
      const attestation = isoCBOR.encode(
        new Map<string, string | Map<string, never> | Uint8Array>([
          ['fmt', 'none'],
          ['attStmt', new Map<string, never>()],
          ['authData', new Uint8Array(authData)],
        ]),
      )
      return {
        credentialId: credentialId.toString('base64url'),
        clientData: clientData('webauthn.create', nonce, bent.origin).toString('base64url'),
        attestation: Buffer.from(attestation).toString('base64url'),
        transports: ['internal' as const],
      }
    },
    /** Signs an act, with a nonce of this session's. */
    act: async ({ call }: Holder, act: Act, on: string, bent: Bent = {}): Promise<Proof> => {
      const nonce = await call.passkeys.nonce()
      return signed(actText(act, on, nonce), nonce, bent)
    },
    /** Signs a decision about a request as it is shown; what is bent is signed otherwise. */
    decide: async (
      { call }: Holder,
      requestId: string,
      decision: Decision,
      other: Partial<Parameters<typeof decisionText>[0]> & Bent = {},
    ): Promise<Proof> => {
      const { contentHash, nonce, ...shown } = await call.requests.get({ requestId })
      const requirementHash = sha256(requirementText(shown)).toString('hex')
      const { origin: at, host, flags: with_, ...said } = other
      const bent = { ...(at ? { origin: at } : {}), ...(host ? { host } : {}), ...(with_ === undefined ? {} : { flags: with_ }) }
      return signed(decisionText({ requestId, contentHash, requirementHash, decision, nonce, ...said }), said.nonce ?? nonce, bent)
    },
  }
}

export type Authenticator = ReturnType<typeof openAuthenticator>

/** Somebody of the cast with a passkey of their own. */
export const withPasskey = async (signed: Holder, name = 'Mon téléphone'): Promise<Authenticator> => {
  const authenticator = openAuthenticator()
  const { nonce } = await signed.call.passkeys.options()
  await signed.call.passkeys.add({ name, nonce, registration: authenticator.made(nonce) })
  return authenticator
}
