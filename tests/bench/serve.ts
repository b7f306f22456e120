import { freePort } from '@countersign/server/database/embedded.ts'
import { processRoles, serve } from '@countersign/server/serve.ts'
import { openPlaces } from '../support/places.ts'

/** The whole server with its jobs, in a process of its own, so that what it costs is its own; told where by its parent. */
const [port, metrics, places] = await Promise.all([freePort(), freePort(), openPlaces()])
const server = await serve(
  {
    DATABASE_URL: process.env['DATABASE_URL'] ?? '',
    DATABASE_OWNER_URL: undefined,
    DATABASE_READ_URL: undefined,
    PUBLIC_URL: process.env['PUBLIC_URL'] ?? `http://localhost:${port}`,
    SMTP_URL: '',
    MAIL_FROM: '',
    SECRET_KEY: Buffer.alloc(32),
    SEALING_KEY: Buffer.alloc(32, 11),
    ...places.settings,
    PORT: port,
    HOST: '127.0.0.1',
    METRICS_PORT: metrics,
    IDENTITY_PROVIDERS: [],
    TRUSTED_PROXIES: ['127.0.0.1'],
    LOG_LEVEL: 'warn',
    demo: true,
  },
  processRoles.find((one) => one === process.env['ROLE']) ?? null,
)
let peak = 0
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage().rss)
}, 100)
process.on('message', (word) => {
  if (word === 'memory') process.send?.({ peak })
  else void Promise.all([server.stop(), places.close()]).then(() => process.exit(0))
})
process.send?.({ port: server.port })
