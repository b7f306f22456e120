import { type Proof, signInText } from '@countersign/shared/access/proof.ts'
import { startAuthentication, startRegistration } from '@simplewebauthn/browser'
import type { Outputs } from './trpc.ts'

/** Whether this browser knows passkeys at all; one on a page without https does not. */
export const passkeysKnown = (): boolean => typeof window.PublicKeyCredential === 'function'

const base64url = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

const digest = (text: string): Promise<ArrayBuffer> => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))

/** SHA-256 of a text in hex, as the server and the audit write it. */
export const sha256 = async (text: string): Promise<string> =>
  [...new Uint8Array(await digest(text))].map((byte) => byte.toString(16).padStart(2, '0')).join('')

type Given = { readonly rpId: string; readonly credentialIds: readonly string[] }

const assertionFor = async (challenge: string, { rpId, credentialIds }: Given) => {
  const { id, response } = await startAuthentication({
    optionsJSON: {
      challenge,
      rpId,
      userVerification: 'required',
      allowCredentials: credentialIds.map((one) => ({ id: one, type: 'public-key' })),
    },
  })
  return {
    credentialId: id,
    authenticatorData: response.authenticatorData,
    clientData: response.clientDataJSON,
    signature: response.signature,
  }
}

/** Asks the authenticator to sign this text: its SHA-256 is the challenge. */
export const signText = async (text: string, nonce: string, given: Given): Promise<Proof> => ({
  kind: 'passkey',
  nonce,
  ...(await assertionFor(base64url(await digest(text)), given)),
})

/** Asks for any passkey there is for this place: the authenticator knows whose. */
export const signIn = async ({ challenge, rpId }: Outputs['sessions']['passkeyChallenge']) => ({
  nonce: challenge,
  // Never what the server sends as it is: what signs in must not be what decides.
  ...(await assertionFor(base64url(await digest(signInText(challenge))), { rpId, credentialIds: [] })),
})

const transports = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'] as const

/** Has the authenticator make a passkey. */
export const makePasskey = async (optionsJSON: Outputs['passkeys']['options']['options']) => {
  const { id, response } = await startRegistration({ optionsJSON })
  return {
    credentialId: id,
    clientData: response.clientDataJSON,
    attestation: response.attestationObject,
    transports: transports.filter((one) => response.transports?.includes(one)),
  }
}

/** Somebody closed the authenticator's own window, or it knows no passkey for here: nothing happened. */
export const dismissed = (error: unknown): boolean => error instanceof Error && ['NotAllowedError', 'AbortError'].includes(error.name)
