import {
  linkingState,
  oldestSignInHours,
  printable,
  providerAddress,
  type SecondFactorOf,
  type SignedInThrough,
} from '@countersign/shared/access/provider.ts'
import * as openid from 'openid-client'
import type { Logger } from 'pino'
import { z } from 'zod'
import { Refused } from '../../kernel/refused.ts'

const named = z.string().min(1).max(200)
const onLoopback = (address: string): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(address).hostname)

/** One identity provider (OpenID Connect): ProConnect, a Keycloak, any other. */
export const providerSetting = z.strictObject({
  /** Part of the address people come back to, which the provider is told once. */
  id: z.string().regex(/^[a-z0-9-]{1,40}$/, 'has an id that is not of small letters, digits and dashes'),
  /** As people know it. */
  name: named.max(60),
  issuer: z.string().regex(providerAddress, 'has an issuer that is no address over https'),
  clientId: named,
  clientSecret: named,
  /** Is it asked how old a sign-in there may be? Some know the question and answer an error (ProConnect); the answer is checked in any case. */
  maxAge: z.boolean().default(true),
  /** What of its acr and amr stands for a second factor; `mfa` among its methods (RFC 8176) where nothing is said. */
  secondFactor: z.strictObject({ acr: z.array(named).default([]), amr: z.array(named).default([]) }).default({ acr: [], amr: ['mfa'] }),
  /** Of a hub: the claim in which it says which of its providers it was, asked for as a scope of that name (ProConnect: `idp_id`). */
  behind: z
    .string()
    .regex(/^[a-z_]{1,40}$/, 'names a claim that is not of small letters and underscores')
    .optional(),
})
export type ProviderSetting = z.infer<typeof providerSetting>

/** Made in the browser's cookie and in the request at once: the answer has to fit all of it. */
export type Asked = { readonly state: string; readonly nonce: string; readonly verifier: string }

/** Who the provider says it was: its own name for them, and how they showed it. */
export type Known = { readonly subject: string; readonly through: SignedInThrough }

export type Provider = Pick<ProviderSetting, 'id' | 'name' | 'issuer'> & {
  readonly secondFactor: SecondFactorOf
  /** Where the browser is sent to sign in there, and what its answer will be held against. */
  readonly begin: (linking: boolean) => Promise<{ readonly url: string; readonly asked: Asked }>
  /** Takes the answer the browser brought back, and redeems it. Refuses one that was refused there, forged, late, or meant for somewhere else. */
  readonly redeem: (answer: string, asked: Asked) => Promise<Known>
}

const seconds = 8
const clockSkew = 5
const keptMilliseconds = 3_600_000
/** No answer of a provider is longer; what is sent packed is counted unpacked. */
const mostBytes = 262_144

/** Reads no more than any honest answer has: a provider that sends more is cut off before it is understood. */
const bounded: openid.CustomFetch = async (url, options) => {
  const response = await fetch(url, options as RequestInit)
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of response.body ?? []) {
    bytes += piece.byteLength
    if (bytes > mostBytes) throw new TypeError('an answer of a provider is too long')
    pieces.push(piece)
  }
  const { status, statusText, headers } = response
  return new Response(status === 204 || status === 304 ? null : Buffer.concat(pieces), { status, statusText, headers })
}

/** What it says of itself leads where people and secrets may go; it goes by the very name it was given. */
const isFit = (
  { issuer, authorization_endpoint: authorize, token_endpoint: token, jwks_uri: keys, userinfo_endpoint: about }: openid.ServerMetadata,
  { issuer: wanted, behind }: ProviderSetting,
) =>
  issuer === wanted &&
  [authorize, token, keys, ...(behind ? [about] : [])].every(
    (one) => typeof one === 'string' && URL.canParse(one) && (one.startsWith('https://') || (one.startsWith('http://') && onLoopback(one))),
  )
const oldest = oldestSignInHours * 3600

/** Only what went wrong there or on the way is the provider's; everything else is a bug of ours. */
const refusalOf = (error: unknown): Refused | null => {
  if (error instanceof openid.AuthorizationResponseError) return new Refused('provider-refused')
  if (error instanceof openid.ResponseBodyError || error instanceof openid.WWWAuthenticateChallengeError)
    return new Refused('provider-answer-wrong')
  if (error instanceof openid.ClientError)
    return new Refused(error.code === 'OAUTH_TIMEOUT' || error.cause instanceof TypeError ? 'provider-silent' : 'provider-answer-wrong')
  if (error instanceof TypeError) return new Refused('provider-silent')
  return null
}

type Tokens = Awaited<ReturnType<typeof openid.authorizationCodeGrant>>

const printableUpTo = (most: number) => z.string().regex(printable).max(most)

/** What is not written as the standard has it is no answer: the subject is at most 255 ASCII characters (section 2). */
const claims = z.object({
  iss: z.string(),
  sub: printableUpTo(255),
  acr: printableUpTo(200).optional(),
  amr: z.array(printableUpTo(100)).max(20).optional(),
  auth_time: z.number(),
})

/** Asks for what is needed and no more: who it is, when, where and how they showed it. No name, no address. */
const wanted = ({ secondFactor: { acr }, maxAge, behind }: ProviderSetting): Record<string, string> => ({
  scope: behind ? `openid ${behind}` : 'openid',
  // Whoever left a session open there is not let in by it: at a shared desk the next person would be.
  prompt: 'login',
  ...(maxAge ? { max_age: String(oldest) } : {}),
  claims: JSON.stringify({ id_token: { auth_time: { essential: true }, amr: { essential: true }, acr: null } }),
  ...(acr.length > 0 ? { acr_values: acr.join(' ') } : {}),
})

/** Which of a hub's providers it was: said in the ID token or, by ProConnect, to whoever asks about its bearer. */
const providerBehind = async (found: openid.Configuration, tokens: Tokens, claim: string): Promise<string> => {
  const own = tokens.claims()
  if (!own) throw new Refused('provider-answer-wrong')
  const read = printableUpTo(200).safeParse(own[claim] ?? (await openid.fetchUserInfo(found, tokens.access_token, own.sub))[claim])
  if (!read.success) throw new Refused('provider-answer-wrong')
  return read.data
}

/** What went wrong, for whoever keeps the server: codes of the standard and of the library, and nothing anybody typed or is called. */
const told = (error: unknown): object => {
  const { name, code, error: said } = error as { name?: string; code?: unknown; error?: unknown }
  const cause = error instanceof Error && error.cause instanceof Error && 'code' in error.cause ? error.cause.code : undefined
  return { error: name, code, said, cause }
}

/** Found out when it is first needed and kept for an hour: a provider that does not answer keeps nobody else from signing in. */
export const providerOf = (setting: ProviderSetting, publicUrl: string, log: Logger): Provider => {
  const { id, name, issuer, clientId, clientSecret, secondFactor } = setting
  const back = `${publicUrl}/through/${id}`
  const orRefused = async <T>(attempt: Promise<T>): Promise<T> => {
    try {
      return await attempt
    } catch (error) {
      const refused = error instanceof Refused ? error : refusalOf(error)
      if (refused && refused.code !== 'provider-refused')
        log.warn({ provider: id, ...told(error) }, 'an identity provider’s answer was not taken')
      throw refused ?? error
    }
  }
  let known: Promise<openid.Configuration> | null = null
  let since = 0
  const discovered = async (): Promise<openid.Configuration> => {
    const found = await openid.discovery(
      new URL(issuer),
      clientId,
      { client_secret: clientSecret, [openid.clockTolerance]: clockSkew },
      undefined,
      {
        timeout: seconds,
        [openid.customFetch]: bounded,
        // The token is held against the provider's published keys even though it came from the provider itself: what stands in between is not trusted.
        execute: [openid.enableNonRepudiationChecks, ...(onLoopback(issuer) ? [openid.allowInsecureRequests] : [])],
      },
    )
    if (!isFit(found.serverMetadata(), setting)) throw new Refused('provider-answer-wrong')
    return found
  }
  const configuration = () => {
    if (Date.now() - since > keptMilliseconds) known = null
    if (known) return known
    since = Date.now()
    known = discovered()
    known.catch(() => {
      known = null
    })
    return known
  }
  return {
    id,
    name,
    issuer,
    secondFactor,
    begin: async (linking) => {
      const asked = {
        state: `${linking ? linkingState : ''}${openid.randomState()}`,
        nonce: openid.randomNonce(),
        verifier: openid.randomPKCECodeVerifier(),
      }
      const url = openid.buildAuthorizationUrl(await orRefused(configuration()), {
        ...wanted(setting),
        redirect_uri: back,
        state: asked.state,
        nonce: asked.nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(asked.verifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, asked }
    },
    redeem: async (answer, { state, nonce, verifier }) => {
      const found = await orRefused(configuration())
      const tokens = await orRefused(
        openid.authorizationCodeGrant(found, new URL(answer, back), {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          maxAge: oldest,
          idTokenExpected: true,
        }),
      )
      const read = claims.safeParse(tokens.claims())
      if (!read.success || read.data.auth_time > Date.now() / 1000 + clockSkew) throw new Refused('provider-answer-wrong')
      const { iss, sub, acr = null, amr = [] } = read.data
      const behind = setting.behind ? { behind: await orRefused(providerBehind(found, tokens, setting.behind)) } : {}
      return { subject: sub, through: { issuer: iss, ...behind, acr, amr } }
    },
  }
}
