import { oldestSignInHours, type SecondFactorOf, type SignedInThrough } from '@countersign/shared/access/provider.ts'
import * as openid from 'openid-client'
import { z } from 'zod'
import { Refused } from '../../kernel/refused.ts'

const named = z.string().min(1).max(200)
const onLoopback = (issuer: string): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(issuer).hostname)

/** One identity provider (OpenID Connect): ProConnect, a Keycloak, any other. */
export const providerSetting = z.strictObject({
  /** Part of the address people come back to, which the provider is told once. */
  id: z.string().regex(/^[a-z0-9-]{1,40}$/, 'has an id that is not of small letters, digits and dashes'),
  /** As people know it. */
  name: named.max(60),
  issuer: z
    .url('has an issuer that is no address')
    .refine((issuer) => issuer.startsWith('https:') || onLoopback(issuer), 'has an issuer that is not reached over https'),
  clientId: named,
  clientSecret: named,
  /** What of its acr and amr stands for a second factor; `mfa` among its methods (RFC 8176) where nothing is said. */
  secondFactor: z.strictObject({ acr: z.array(named).default([]), amr: z.array(named).default([]) }).default({ acr: [], amr: ['mfa'] }),
})
export type ProviderSetting = z.infer<typeof providerSetting>

/** Made in the browser's cookie and in the request at once: the answer has to fit all of it. */
export type Asked = { readonly state: string; readonly nonce: string; readonly verifier: string }

/** Who the provider says it was: its own name for them, and how they showed it. */
export type Known = { readonly subject: string; readonly through: SignedInThrough }

export type Provider = Pick<ProviderSetting, 'id' | 'name' | 'issuer'> & {
  readonly secondFactor: SecondFactorOf
  /** Where the browser is sent to sign in there, and what its answer will be held against. */
  readonly begin: () => Promise<{ readonly url: string; readonly asked: Asked }>
  /** Takes the answer the browser brought back, and redeems it. Refuses one that was refused there, forged, late, or meant for somewhere else. */
  readonly redeem: (answer: string, asked: Asked) => Promise<Known>
}

const seconds = 8
const clockSkew = 5
const oldest = oldestSignInHours * 3600

/** Only what went wrong there or on the way is the provider's; everything else is a bug of ours. */
const refusalOf = (error: unknown): Refused | null => {
  if (error instanceof openid.AuthorizationResponseError || error instanceof openid.ResponseBodyError)
    return new Refused('provider-refused')
  if (error instanceof openid.ClientError)
    return new Refused(error.code === 'OAUTH_TIMEOUT' || error.cause instanceof TypeError ? 'provider-silent' : 'provider-answer-wrong')
  if (error instanceof TypeError) return new Refused('provider-silent')
  return null
}

const orRefused = async <T>(attempt: Promise<T>): Promise<T> => {
  try {
    return await attempt
  } catch (error) {
    throw refusalOf(error) ?? error
  }
}

const claims = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(255),
  acr: z.string().max(200).optional().catch(undefined),
  amr: z.array(z.string().max(100)).max(20).optional().catch(undefined),
})

/** Asks for what is needed and no more: who it is, when and how they showed it. No name, no address. */
const wanted = ({ acr }: SecondFactorOf): Record<string, string> => ({
  scope: 'openid',
  max_age: String(oldest),
  claims: JSON.stringify({ id_token: { auth_time: { essential: true }, amr: { essential: true }, acr: null } }),
  ...(acr.length > 0 ? { acr_values: acr.join(' ') } : {}),
})

/** Found out when it is first needed and kept: a provider that does not answer keeps nobody else from signing in. */
export const providerOf = (setting: ProviderSetting, publicUrl: string): Provider => {
  const { id, name, issuer, clientId, clientSecret, secondFactor } = setting
  const back = `${publicUrl}/through/${id}`
  let known: Promise<openid.Configuration> | null = null
  const configuration = () => {
    known ??= openid.discovery(new URL(issuer), clientId, { client_secret: clientSecret, [openid.clockTolerance]: clockSkew }, undefined, {
      timeout: seconds,
      // The token is held against the provider's published keys even though it came from the provider itself: what stands in between is not trusted.
      execute: [openid.enableNonRepudiationChecks, ...(onLoopback(issuer) ? [openid.allowInsecureRequests] : [])],
    })
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
    begin: async () => {
      const asked = { state: openid.randomState(), nonce: openid.randomNonce(), verifier: openid.randomPKCECodeVerifier() }
      const url = openid.buildAuthorizationUrl(await orRefused(configuration()), {
        ...wanted(secondFactor),
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
      const { iss, sub, acr = null, amr = [] } = claims.parse(tokens.claims())
      return { subject: sub, through: { issuer: iss, acr, amr } }
    },
  }
}
