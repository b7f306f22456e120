import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { pino } from 'pino'
import { createApp } from './app.ts'
import { toAddress, toFile, toWitness } from './carriers/checkpoints.ts'
import { demoPost, mailCarriers, smtpPost } from './carriers/mail.ts'
import { unfitLogin } from './database/roles.ts'
import { logKeyOf, logOf, type Settings, SettingsWrong } from './env.ts'
import { months } from './features/audit/months.store.ts'
import { isSealedBy } from './features/seal/seal.ts'
import { type Sealing, startJobs } from './jobs.ts'
import { openDb, openPool } from './kernel/db.ts'
import { openLive } from './kernel/live.ts'
import { openReplica, unfitReplica } from './kernel/replica.ts'
import { metricsServer } from './metrics.ts'
import { keyLine, type PublicKeys } from './transparency/note.ts'

export type Serving = { readonly port: number; readonly logKey: string; readonly stop: () => Promise<void> }

/** What a process does: answers people, or carries mail, bulks, deadlines and suspicion. One alone does both. */
export const processRoles = ['web', 'worker'] as const
export type ProcessRole = (typeof processRoles)[number]

/** What waits to be sealed may be a million entries: nobody else waits while they are put in order. */
const backlogMilliseconds = 60_000

/** At an address that is taken, or is not this machine's, the setting is wrong. */
const listen = (server: Server, name: 'PORT' | 'METRICS_PORT', port: number, host: string): Promise<void> =>
  new Promise((done, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      failed(new SettingsWrong([`${name} ${port} cannot be listened on at ${host}: ${error.code ?? error.name}`])),
    )
    server.listen(port, host, () => done())
  })

const closing = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.close(() => done())
    server.closeAllConnections()
  })

const publicKeysOf = (settings: Settings): PublicKeys => ({
  log: keyLine(logKeyOf(settings)),
  witness: settings.WITNESS_KEY ? keyLine(settings.WITNESS_KEY) : null,
})

/** One place may be lost, or taken together with the database; two tell of each other. */
const fewestPlaces = 2

/** What seals the audit here: no worker runs without its key, or what happened would be provable to nobody. */
const sealingOf = ({
  SEALING_KEY,
  PUBLIC_URL,
  CHECKPOINT_FILE,
  CHECKPOINT_URL,
  WITNESS_URL,
  WITNESS_KEY,
}: Settings): Omit<Sealing, 'db'> => {
  if (!SEALING_KEY) throw new SettingsWrong(['SEALING_KEY is missing: 32 random bytes in base64, with which a worker seals the audit'])
  if ((WITNESS_URL === undefined) !== (WITNESS_KEY === undefined)) throw new SettingsWrong(['WITNESS_URL and WITNESS_KEY go together'])
  const carriers = [
    ...(CHECKPOINT_FILE ? [toFile(CHECKPOINT_FILE)] : []),
    ...(CHECKPOINT_URL ? [toAddress(CHECKPOINT_URL)] : []),
    ...(WITNESS_URL && WITNESS_KEY ? [toWitness(WITNESS_URL, WITNESS_KEY)] : []),
  ]
  if (carriers.length < fewestPlaces)
    throw new SettingsWrong([
      `CHECKPOINT_FILE, CHECKPOINT_URL, WITNESS_URL with WITNESS_KEY: set two of them, for a worker brings its checkpoints to ${fewestPlaces} places outside the database at least, and knows ${carriers.length}`,
    ])
  return { signer: logOf({ PUBLIC_URL, SEALING_KEY }), carriers }
}

/** Serves the built client and the API, works off what is due, or both, until stopped. Refuses to start as the owner of the tables. */
export const serve = async (settings: Settings, role: ProcessRole | null = null): Promise<Serving> => {
  const log = pino({ level: settings.LOG_LEVEL, base: null })
  const sealing = role === 'web' ? null : sealingOf(settings)
  const publicKeys = publicKeysOf(settings)
  const pool = openPool(settings.DATABASE_URL)
  const probe = await pool.connect().catch(() => {
    throw new SettingsWrong(['DATABASE_URL leads to a database that does not answer'])
  })
  const { DATABASE_READ_URL: readUrl } = settings
  const unfit = await (async () => (await unfitLogin(probe)) ?? (readUrl ? unfitReplica(probe, readUrl, log) : null))().finally(() =>
    probe.release(),
  )
  if (unfit) throw new SettingsWrong([unfit])

  const db = openDb(pool)
  if (sealing && !(await isSealedBy(db, sealing.signer)))
    throw new SettingsWrong([
      'SEALING_KEY and PUBLIC_URL are not what this log was sealed with: with another key, or at another host, it is another log',
    ])
  // Whoever takes the whole log away reads for as long as it lasts, on a connection nobody else waits for.
  const exports = openPool(settings.DATABASE_URL, 2, 0)
  // Where nobody has worked for months, there may be none to write into.
  await months
    .open(db)
    .catch((error: unknown) =>
      log.error({ error: error instanceof Error ? error.name : 'unknown' }, 'the next months of the audit could not be made'),
    )
  const live = await openLive(settings.DATABASE_URL, log)
  const replica = readUrl ? openReplica(readUrl, log) : null
  const post = settings.demo ? demoPost(db) : smtpPost(settings.SMTP_URL, settings.MAIL_FROM)
  const carriers = mailCarriers({ post, publicUrl: settings.PUBLIC_URL })
  const server = createServer(
    createApp({
      db,
      pool,
      live,
      replica,
      log,
      key: settings.SECRET_KEY,
      publicUrl: settings.PUBLIC_URL,
      publicKeys,
      exports: openDb(exports),
      demo: settings.demo,
      providers: settings.IDENTITY_PROVIDERS,
      trustedProxies: settings.TRUSTED_PROXIES,
    }),
  )
  server.requestTimeout = 10_000
  const metrics = metricsServer(db, replica)
  if (role !== 'worker') await listen(server, 'PORT', settings.PORT, settings.HOST)
  if (!settings.demo) await listen(metrics, 'METRICS_PORT', settings.METRICS_PORT, '127.0.0.1')
  const sealer = sealing && openPool(settings.DATABASE_URL, 2, backlogMilliseconds)
  const jobs = sealer ? startJobs({ db, live, carriers, sealing: { ...sealing, db: openDb(sealer) }, log }) : null

  return {
    port: settings.PORT,
    logKey: publicKeys.log,
    stop: async () => {
      await Promise.all([server, metrics].filter(({ listening }) => listening).map(closing))
      await jobs?.stop()
      await live.close()
      await replica?.close()
      await Promise.all([pool.end(), exports.end(), sealer?.end()])
    },
  }
}
