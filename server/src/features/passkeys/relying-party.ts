import { createHash, createPublicKey, verify } from 'node:crypto'
import { type Assertion, nonceText } from '@countersign/shared/access/proof.ts'
import { passkeyName } from '@countersign/shared/text/fields.ts'
import { generateRegistrationOptions, verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'
import { cose, decodeCredentialPublicKey } from '@simplewebauthn/server/helpers'
import { z } from 'zod'
import type { StoredPasskey } from './passkeys.store.ts'

/** Who asks authenticators here: the host people type, and the origin their browser says they are at. */
export type RelyingParty = { readonly id: string; readonly origin: string }

export const relyingPartyOf = (publicUrl: string): RelyingParty => {
  const { hostname, origin } = new URL(publicUrl)
  return { id: hostname, origin }
}

/** ES256, Ed25519 and what Windows Hello has, RS256. */
const algorithms = [-7, -8, -257]

/** What a browser answers when a passkey was made, no more of it than is read. */
export const registration = z.strictObject({
  credentialId: z.string().regex(/^[\w-]{1,1400}$/),
  clientData: z.string().regex(/^[\w-]{1,8000}$/),
  attestation: z.string().regex(/^[\w-]{1,20000}$/),
  transports: z.array(z.enum(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'])).max(7),
})
export type Registration = z.infer<typeof registration>

/** A passkey that was just made: what its owner calls it, and for which nonce. */
export const madePasskey = z.strictObject({ name: passkeyName, nonce: nonceText, registration })
export type MadePasskey = z.infer<typeof madePasskey>

type Owner = { readonly id: string; readonly login: string; readonly name: string }

/** What a browser needs to make one: kept by the authenticator, only with its owner's finger or code, and saying nothing of its maker. */
export const registrationOptions = async (party: RelyingParty, owner: Owner, nonce: string, known: readonly StoredPasskey[]) => {
  const { extensions: _extensions, ...options } = await generateRegistrationOptions({
    rpName: 'Countersign',
    rpID: party.id,
    userID: new Uint8Array(createHash('sha256').update(owner.id).digest()),
    userName: owner.login,
    userDisplayName: owner.name,
    challenge: new Uint8Array(Buffer.from(nonce, 'base64url')),
    attestationType: 'none',
    excludeCredentials: known.map(({ credentialId }) => ({ id: credentialId.toString('base64url') })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: algorithms,
  })
  return options
}

const number = (value: number | undefined): number => {
  if (value === undefined) throw new Error('a key without its kind')
  return value
}

/** The public key as anybody's tools read it: SubjectPublicKeyInfo in base64. */
export const plainKey = (coseKey: Uint8Array): string => {
  const key = decodeCredentialPublicKey(new Uint8Array(coseKey))
  const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('base64url')
  const jwk = cose.isCOSEPublicKeyEC2(key)
    ? { kty: 'EC', crv: 'P-256', x: text(key.get(cose.COSEKEYS.x)), y: text(key.get(cose.COSEKEYS.y)) }
    : cose.isCOSEPublicKeyOKP(key)
      ? { kty: 'OKP', crv: 'Ed25519', x: text(key.get(cose.COSEKEYS.x)) }
      : cose.isCOSEPublicKeyRSA(key)
        ? { kty: 'RSA', n: text(key.get(cose.COSEKEYS.n)), e: text(key.get(cose.COSEKEYS.e)) }
        : null
  if (!jwk) throw new Error(`a key of kind ${number(key.get(cose.COSEKEYS.kty))}`)
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' }).toString('base64')
}

/** A passkey that was made for this very nonce, here, with its owner verified; null for anything else. */
export const verifiedRegistration = async (party: RelyingParty, given: Registration, nonce: string) => {
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        id: given.credentialId,
        rawId: given.credentialId,
        type: 'public-key',
        response: { clientDataJSON: given.clientData, attestationObject: given.attestation },
        clientExtensionResults: {},
      },
      expectedChallenge: nonce,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    })
    if (!verified) return null
    const { credential, credentialDeviceType } = registrationInfo
    return {
      credentialId: Buffer.from(credential.id, 'base64url'),
      publicKey: Buffer.from(credential.publicKey),
      plainKey: plainKey(credential.publicKey),
      signCount: credential.counter,
      synced: credentialDeviceType === 'multiDevice',
    }
  } catch {
    // Whatever a browser sends that is no such answer is refused alike.
    return null
  }
}

/** The challenge that stands for a text: its SHA-256, as WebAuthn writes bytes. */
export const challengeOf = (text: string): string => createHash('sha256').update(text, 'utf8').digest('base64url')

/** The challenge an answer says it is over; null where it says none. */
export const challengeIn = ({ clientData }: Pick<Assertion, 'clientData'>): string | null => {
  try {
    return z.object({ challenge: z.string() }).parse(JSON.parse(Buffer.from(clientData, 'base64url').toString('utf8'))).challenge
  } catch {
    return null
  }
}

/**
 * What an auditor's tools would say of it, who read more strictly than a library for all authenticators must: what only a lenient reader
 * takes for a signature would stand in the audit for ever as one that is wrong.
 */
const holdsForAnybody = (publicKey: Buffer, { authenticatorData, clientData, signature }: Assertion): boolean => {
  const parts = [authenticatorData, clientData, signature].map((text) => Buffer.from(text, 'base64url'))
  const [data = Buffer.of(), said = Buffer.of(), signed = Buffer.of()] = parts
  if (parts.some((bytes, at) => bytes.toString('base64url') !== [authenticatorData, clientData, signature][at])) return false
  JSON.parse(said.toString('utf8'))
  const key = createPublicKey({ key: Buffer.from(plainKey(publicKey), 'base64'), format: 'der', type: 'spki' })
  const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const signedBytes = Buffer.concat([data, createHash('sha256').update(said).digest()])
  return verify(algorithm, signedBytes, key, signed)
}

/** The new count where this passkey signed this challenge here, with its owner verified; null for anything else. */
export const verifiedAssertion = async (
  party: RelyingParty,
  passkey: StoredPasskey,
  { credentialId, authenticatorData, clientData, signature }: Assertion,
  challenge: string,
): Promise<{ readonly signCount: number } | null> => {
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id: credentialId,
        rawId: credentialId,
        type: 'public-key',
        response: { clientDataJSON: clientData, authenticatorData, signature },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      credential: { id: credentialId, publicKey: new Uint8Array(passkey.publicKey), counter: passkey.signCount },
      requireUserVerification: true,
    })
    const given = { credentialId, authenticatorData, clientData, signature }
    return verified && holdsForAnybody(passkey.publicKey, given) ? { signCount: authenticationInfo.newCounter } : null
  } catch {
    return null
  }
}
