import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ProviderSetting } from '@countersign/server/features/identities/providers.ts'
import { Provider } from 'oidc-provider'

/** Whom the provider takes whoever comes for, and what it says of how they showed it. Nobody: they give up there. */
export type SignsIn = { readonly subject: string; readonly acr?: string; readonly amr?: readonly string[]; readonly behind?: string } | null

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The claims of an ID token, unchecked. */
export const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>

/** A browser's cookies on the way through the provider, and back to where it sends it. */
const travel = async (url: string, back: string): Promise<string> => {
  const cookies = new Map<string, string>()
  let at = url
  for (let step = 0; step < 10 && !at.startsWith(back); step += 1) {
    const response = await fetch(at, { redirect: 'manual', headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') } })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s)
      cookies.set(name, value)
    }
    const to = response.headers.get('location')
    if (!to) throw new Error(`the provider stopped at ${at}: ${response.status} ${await response.text()}`)
    at = new URL(to, at).href
  }
  return new URL(at).search
}

type Opening = { readonly publicUrl: string; readonly id: string; readonly port?: number; readonly hub?: boolean }

/** A real OpenID Connect provider on loopback, which signs in whoever it is told to and asks nobody anything. */
export const openProvider = async ({ publicUrl, id, port = 0, hub = false }: Opening) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = privateKey.export({ format: 'jwk' })
  const kid = createHash('sha256')
    .update(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }))
    .digest('base64url')
  let signsIn: SignsIn = null
  let swap: ((token: string) => string) | null = null

  const server = createServer()
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const back = `${publicUrl}/through/${id}`
  const setting: ProviderSetting = {
    id,
    name: `Fournisseur ${id}`,
    issuer,
    clientId: 'countersign',
    clientSecret: 'a secret between the two of them',
    maxAge: true,
    secondFactor: { acr: ['eidas2'], amr: ['mfa'] },
    ...(hub ? { behind: 'idp_id' } : {}),
  }
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: setting.clientId,
        client_secret: setting.clientSecret,
        redirect_uris: [back],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    jwks: { keys: [{ ...jwk, kid, use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['for tests alone'] },
    pkce: { required: () => true },
    acrValues: ['eidas1', 'eidas2'],
    claims: { openid: ['sub'], idp_id: ['idp_id'], acr: null, amr: null, auth_time: null, iss: null, sid: null },
    features: { devInteractions: { enabled: false }, claimsParameter: { enabled: true } },
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId, idp_id: signsIn?.behind }) }),
    loadExistingGrant: async ({ oidc }) => {
      const grant = new provider.Grant({ clientId: oidc.client?.clientId ?? '', accountId: oidc.session?.accountId ?? '' })
      grant.addOIDCScope('openid idp_id')
      grant.addOIDCClaims(['acr', 'amr', 'auth_time'])
      await grant.save()
      return grant
    },
  })
  provider.use(async (context, next) => {
    await next()
    const { oidc, body } = context as { oidc?: { route: string }; body?: { id_token?: string } }
    if (swap && oidc?.route === 'token' && body?.id_token) body.id_token = swap(body.id_token)
  })
  const answer = provider.callback()
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return answer(request, response)
    const result = signsIn
      ? { login: { accountId: signsIn.subject, ...(signsIn.acr ? { acr: signsIn.acr } : {}), amr: [...(signsIn.amr ?? [])] } }
      : { error: 'access_denied' }
    return provider.interactionFinished(request, response, result)
  })
  return {
    setting,
    issuer,
    signsIn: (who: SignsIn) => {
      signsIn = who
    },
    /** What it answers instead of the ID tokens it makes; null for the truth. */
    swaps: (with_: ((token: string) => string) | null) => {
      swap = with_
    },
    /** An ID token with its own signature over whatever claims. */
    signed: (claims: object): string => {
      const text = `${base64url({ alg: 'RS256', kid, typ: 'JWT' })}.${base64url(claims)}`
      return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`
    },
    /** Goes there as a browser does, and says what it comes back with. */
    visit: (url: string) => travel(url, back),
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
}
export type TestProvider = Awaited<ReturnType<typeof openProvider>>
