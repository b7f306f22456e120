import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Origin } from '@countersign/drizzle/schema/audit-entry.ts'
import { mostText } from '@countersign/shared/bulks/bulk.ts'
import { createExpressMiddleware } from '@trpc/server/adapters/express'
import { parseCookie, stringifySetCookie } from 'cookie'
import express, { type RequestHandler } from 'express'
import helmet from 'helmet'
import type pg from 'pg'
import type { Logger } from 'pino'
import { exportList } from './features/accounts/export-list.ts'
import { exportAudit } from './features/audit/export.ts'
import { exportReport } from './features/bulks/report.ts'
import { type ProviderSetting, providerOf } from './features/identities/providers.ts'
import { exportIncident } from './features/incidents/export.ts'
import { relyingPartyOf } from './features/passkeys/relying-party.ts'
import { exportBundle } from './features/seal/export-bundle.ts'
import { exportProof } from './features/seal/export-proof.ts'
import { sessions } from './features/sessions/sessions.store.ts'
import { callerOfToken, type Person } from './kernel/actor.ts'
import type { Db } from './kernel/db.ts'
import { openLimits } from './kernel/limits.ts'
import type { Live } from './kernel/live.ts'
import type { Replica } from './kernel/replica.ts'
import { hashToken, newToken, sha256 } from './kernel/secrets.ts'
import { appRouter } from './router.ts'
import type { PublicKeys } from './transparency/note.ts'
import type { Request as Ours } from './trpc.ts'

export type Parts = {
  readonly db: Db
  readonly pool: pg.Pool
  /** Where the whole log is read from when an auditor takes it away. */
  readonly exports: Db
  readonly live: Live
  /** Where lists are read from; null where there is no second database. */
  readonly replica: Replica | null
  readonly log: Logger
  readonly key: Buffer
  readonly publicUrl: string
  readonly publicKeys: PublicKeys
  readonly demo: boolean
  /** Where people may sign in besides here. */
  readonly providers: readonly ProviderSetting[]
  /** The proxies whose word on where a request came from is taken; none means the connection itself says it. */
  readonly trustedProxies: readonly string[]
}

/** What a browser is known by, whoever signs in there: a random key it keeps for as long as browsers keep anything. */
const deviceCookieSeconds = 400 * 24 * 3600

/** A sign-in elsewhere is ended where it was begun, or not at all. */
const flowSeconds = 600

const largestBody = 200_000
/** Letters of two bytes, and what JSON puts before a quote; names are of one. */
const largestList = mostText * 2

const client = fileURLToPath(new URL('../../client/dist', import.meta.url))

/** `__Host-` wants https; on loopback the plain name serves. */
const cookieOf = (publicUrl: string) => {
  const secure = publicUrl.startsWith('https:')
  const named = (name: string) => (secure ? `__Host-${name}` : name)
  return { name: named('session'), device: named('device'), flow: named('sign-in'), secure }
}

/** A request from another site is refused before anything reads it: SameSite=Strict, and the origin asked once more. */
const sameOrigin =
  (publicUrl: string, demo: boolean): RequestHandler =>
  (request, response, next) => {
    const origin = request.headers.origin
    const own = new URL(publicUrl).origin
    const loopback = demo && origin !== undefined && /^http:\/\/(localhost|127\.0\.0\.1|\[::1\]):\d+$/.test(origin)
    if (request.method === 'GET' || origin === undefined || origin === own || loopback) next()
    else response.status(403).json({ refusal: 'not-permitted' })
  }

/** Calls and files are for our own pages: what another site has a browser ask for is neither answered nor counted at a public door. */
const fromOurPages: RequestHandler = (request, response, next) => {
  const site = request.headers['sec-fetch-site']
  response.setHeader('Cache-Control', 'no-store')
  if (site === undefined || site === 'same-origin' || site === 'none') next()
  else response.status(403).json({ refusal: 'not-permitted' })
}

/** Everything is asked by POST, which other sites cannot send; only a stream is opened by GET, as browsers open them. */
const byPost: RequestHandler = (request, response, next) => {
  if (request.method !== 'GET' || request.path === '/live.changes') next()
  else response.status(405).json({ refusal: 'not-permitted' })
}

/** Behind a proxy that is not named everybody has one address, and shares one limit. */
const warnOfProxy = (log: Logger): RequestHandler => {
  let warned = false
  return (request, _response, next) => {
    if (!warned && request.headers['x-forwarded-for'] !== undefined) {
      warned = true
      log.warn('requests come through a proxy that TRUSTED_PROXIES does not name: all of them count as one address')
    }
    next()
  }
}

/** The hash of the browser's key, as sessions, requests and entries keep it. */
const deviceKeyOf = (person: Person | null, device: string): Pick<Origin, 'deviceKey'> => {
  const key = person ? person.device : sha256(device)
  return key ? { deviceKey: key } : {}
}

/** One for each answer: what an attacker could have seen before is worth nothing in the next. */
const nonceOf = (response: express.Response): string => {
  response.locals['nonce'] ??= newToken()
  return response.locals['nonce'] as string
}

export const createApp = ({
  db,
  pool,
  exports,
  live,
  replica,
  log,
  key,
  publicUrl,
  publicKeys,
  demo,
  trustedProxies,
  providers,
}: Parts): express.Express => {
  const app = express()
  const cookie = cookieOf(publicUrl)
  const limits = openLimits(pool)
  const relyingParty = relyingPartyOf(publicUrl)
  const elsewhere = providers.map((setting) => providerOf(setting, publicUrl, log))
  const kept = { httpOnly: true, secure: cookie.secure, sameSite: 'strict', path: '/' } as const

  const contextOf = async (request: express.Request, response: express.Response): Promise<Ours> => {
    const { [cookie.name]: token, [cookie.device]: known, [cookie.flow]: flow } = parseCookie(request.headers.cookie ?? '')
    const device = known && /^[\w-]{43}$/.test(known) ? known : newToken()
    const found = token && /^[\w-]{43}$/.test(token) ? await callerOfToken(db, hashToken(token)) : null
    const person = found?.person ?? null
    if (found?.unseen) await sessions.touch(db, found.person.sessionId)
    return {
      db,
      live,
      log,
      person,
      reading: async () => (found && replica ? replica.showing(found.position) : null),
      key,
      relyingParty,
      providers: elsewhere,
      flow: {
        sealed: flow ?? null,
        keep: (sealed) =>
          void response.appendHeader(
            'Set-Cookie',
            stringifySetCookie({ name: cookie.flow, value: sealed ?? '', ...kept, maxAge: sealed ? flowSeconds : 0 }),
          ),
      },
      demo,
      limits,
      publicKeys,
      origin: {
        channel: 'web',
        address: request.ip ?? '',
        device: (request.headers['user-agent'] ?? '').slice(0, 200),
        // Of whoever is signed in it is the one they signed in with.
        ...deviceKeyOf(person, device),
        ...(person ? { sessionId: person.sessionId } : {}),
      },
      setSession: (fresh) => {
        response.appendHeader(
          'Set-Cookie',
          stringifySetCookie({ name: cookie.name, value: fresh ?? '', ...kept, ...(fresh ? {} : { maxAge: 0 }) }),
        )
        // Kept when its owner leaves: the next to sign in here is at the same one.
        response.appendHeader(
          'Set-Cookie',
          stringifySetCookie({ name: cookie.device, value: device, ...kept, maxAge: deviceCookieSeconds }),
        )
      },
    }
  }

  app.disable('x-powered-by')
  if (trustedProxies.length > 0) app.set('trust proxy', trustedProxies)
  else app.use(warnOfProxy(log))
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          'default-src': ["'none'"],
          'script-src': ["'self'"],
          // Sheets that are made in the browser carry what this very page was given; nothing else that is written into it counts.
          'style-src': ["'self'", (_request, response) => `'nonce-${nonceOf(response as express.Response)}'`],
          'font-src': ["'self'"],
          'img-src': ["'self'", 'data:'],
          'connect-src': ["'self'"],
          'form-action': ["'self'"],
          'base-uri': ["'none'"],
          'frame-ancestors': ["'none'"],
        },
      },
      strictTransportSecurity: cookie.secure,
      referrerPolicy: { policy: 'no-referrer' },
    }),
  )
  app.get('/healthz', (_request, response) => void response.json({ ok: true }))
  app.get('/readyz', (_request, response) => {
    pool
      .query('select 1')
      .then(() => response.json({ ok: true }))
      .catch(() => response.status(503).json({ ok: false }))
  })
  app.use(sameOrigin(publicUrl, demo))
  app.use(['/api', '/export'], fromOurPages)
  app.use('/api', byPost)
  app.get(
    '/export/audit.:format',
    exportAudit((request, response) => contextOf(request as express.Request, response as express.Response)),
  )
  app.post(
    '/export/accounts.csv',
    express.json({ limit: largestBody }),
    exportList((request, response) => contextOf(request, response)),
  )
  app.get(
    '/export/bulk/:bulkId.csv',
    exportReport((request, response) => contextOf(request, response)),
  )
  app.get(
    '/export/incident/:incidentId/:format',
    exportIncident((request, response) => contextOf(request, response)),
  )
  app.get(
    '/export/proof/:entryId.json',
    exportProof((request, response) => contextOf(request, response)),
  )
  app.get(
    '/export/bundle.ndjson',
    exportBundle(exports, (request, response) => contextOf(request, response)),
  )
  const api = (maxBodySize: number) =>
    createExpressMiddleware({
      router: appRouter,
      createContext: ({ req, res }) => contextOf(req, res),
      allowMethodOverride: true,
      maxBodySize,
      maxBatchSize: 20,
    })
  const [plain, listing] = [api(largestBody), api(largestList)]
  // A list of accounts is a long text; nothing else may be.
  app.use('/api', (request, response, next) => (request.path === '/bulks.preview' ? listing : plain)(request, response, next))
  if (existsSync(client)) {
    app.use(
      express.static(client, {
        index: false,
        setHeaders: (response, path) =>
          void (path.includes('/assets/') && response.setHeader('Cache-Control', 'public, max-age=31536000, immutable')),
      }),
    )
    const page = readFileSync(join(client, 'index.html'), 'utf8')
    app.get('/{*path}', (_request, response) => {
      const given = `<meta name="style-nonce" content="${nonceOf(response)}" />`
      response.type('html').setHeader('Cache-Control', 'no-store')
      response.send(page.replace('<head>', `<head>${given}`))
    })
  }
  // Whatever breaks on the way says nothing of itself to whoever asked.
  app.use((error: Error & { status?: number }, _request: express.Request, response: express.Response, next: express.NextFunction) => {
    const { status = 500 } = error
    // A body or an address nobody can read is the asker's, and no line in the log: anybody can send one.
    if (status >= 500) log.error({ error: error.name }, 'a request broke')
    if (response.headersSent) next(error)
    else response.status(status).json({ refusal: status < 500 ? 'not-found' : 'unavailable' })
  })
  return app
}
