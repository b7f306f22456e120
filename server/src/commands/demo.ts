import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Command } from '../cli.ts'
import { type Embedded, freePort, startEmbedded } from '../database/embedded.ts'
import { analyse, dropDatabase, ensureDatabase, migrate } from '../database/migrate.ts'
import { forgetSeal, openSeal } from '../demo/sealing.ts'
import { seedDemo } from '../demo/seed.ts'
import { childEnvironment, readIdentityProviders, SettingsWrong } from '../env.ts'
import { cast } from '../features/sessions/cast.store.ts'
import { openDb, openPool } from '../kernel/db.ts'
import { serve } from '../serve.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const most = 1_000_000

const options = (args: readonly string[]) => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        reset: { type: 'boolean', default: false },
        port: { type: 'string', default: '3000' },
        accounts: { type: 'string', default: '20000' },
        data: { type: 'string', default: join(root, '.data') },
      },
    })
    const port = Number(values.port)
    const accounts = Number(values.accounts)
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new SettingsWrong([`--port ${values.port} is not a port`])
    if (!Number.isInteger(accounts) || accounts < 6_000 || accounts > most)
      throw new SettingsWrong([`--accounts ${values.accounts} is not a number from 6000 to ${most}`])
    return { ...values, port, accounts }
  } catch (error) {
    throw error instanceof SettingsWrong ? error : new SettingsWrong([error instanceof Error ? error.message : String(error)])
  }
}

const steps = () => {
  const began = performance.now()
  return (line: string) => process.stdout.write(`${`${((performance.now() - began) / 1000).toFixed(1)} s`.padStart(8)}  ${line}\n`)
}

const newest = async (folder: string): Promise<number> => {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) => one.isFile())
  const times = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).mtimeMs))
  return Math.max(...times)
}

/** Built, and nothing it is made of is newer. */
const isBuilt = async (folder: string): Promise<boolean> => {
  const built = await stat(join(folder, 'dist/index.html')).catch(() => null)
  if (!built) return false
  const sources = [join(folder, 'src'), join(folder, 'public'), join(root, 'shared/src')]
  const single = [join(root, 'pnpm-lock.yaml'), join(folder, 'index.html'), join(folder, 'vite.config.ts')]
  const times = [
    ...(await Promise.all(sources.map(newest))),
    ...(await Promise.all(single.map(async (file) => (await stat(file)).mtimeMs))),
  ]
  return Math.max(...times) < built.mtimeMs
}

/** Builds the client where it was never built, or where a source is newer than the build: another process may be serving it. */
export const buildClient = async (): Promise<void> => {
  const folder = join(root, 'client')
  if (await isBuilt(folder)) return
  const vite = join(dirname(createRequire(join(folder, 'package.json')).resolve('vite/package.json')), 'bin/vite.js')
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
      cwd: folder,
      env: childEnvironment(),
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.once('exit', (code) => (code === 0 ? done() : failed(new SettingsWrong(['the client could not be built']))))
  })
}

/** Only one demo may use a folder: a second would end the first one's database. */
const claim = async (data: string): Promise<() => Promise<void>> => {
  const file = join(data, 'demo.json')
  const running = await readFile(file, 'utf8')
    .then((text) => JSON.parse(text) as { pid: number })
    .catch(() => null)
  if (running) {
    const command = await readFile(`/proc/${running.pid}/cmdline`, 'utf8').catch(() => '')
    if (running.pid !== process.pid && command.includes('demo'))
      throw new SettingsWrong([`A demo from this folder is already running (process ${running.pid}). Stop it first.`])
  }
  await mkdir(data, { recursive: true })
  await writeFile(file, JSON.stringify({ pid: process.pid }))
  return () => rm(file, { force: true })
}

const secretOf = async (data: string): Promise<Buffer> => {
  const file = join(data, 'key')
  if (!existsSync(file)) await writeFile(file, randomBytes(32).toString('base64'), { mode: 0o600 })
  return Buffer.from(await readFile(file, 'utf8'), 'base64')
}

type Preparation = { readonly database: Embedded; readonly data: string; readonly reset: boolean; readonly accounts: number }

const prepare = async ({ database, data, reset, accounts }: Preparation, say: (line: string) => void): Promise<string> => {
  const owner = database.url('countersign')
  // Written when the seed is whole: a network that was cut short while it was made is made again.
  const whole = join(data, 'seeded')
  if (reset || !existsSync(whole)) {
    if (!reset && existsSync(join(data, 'key'))) say('the network in this folder is not whole: it is made again')
    await rm(whole, { force: true })
    await dropDatabase(database.url('postgres'), 'countersign')
    await forgetSeal(data)
  }
  await ensureDatabase(database.url('postgres'), 'countersign')
  const application = new URL(owner)
  application.username = 'countersign_application'
  say('migrating')
  await migrate(owner, application.href)
  // It is begun again if it is cut short, so none of its thousands of commits has to wait for the disk.
  const pool = openPool(`${application.href}?options=-c%20synchronous_commit%3Doff`, 4)
  try {
    await seedDemo({ db: openDb(pool), accounts, report: (line) => say(`seeding: ${line}`) })
  } finally {
    await pool.end()
  }
  await analyse(owner)
  await writeFile(whole, '')
  return application.href
}

/** `npm run demo`: everything from nothing to a network one can click through, and back to nothing on Ctrl-C. */
export const demoCommand: Command = async (args) => {
  const { data, reset, port: wanted, accounts } = options(args)
  const say = steps()
  const release = await claim(data)
  let database: Embedded | null = null
  let stopping = false
  const stop = async (code: number, server?: { stop: () => Promise<void> }) => {
    if (stopping) return
    stopping = true
    await server?.stop()
    await database?.stop()
    await release()
    process.exit(code)
  }
  process.once('SIGINT', () => void stop(0))
  process.once('SIGTERM', () => void stop(0))
  try {
    say('building the client')
    await buildClient()
    say('starting PostgreSQL')
    database = await startEmbedded(join(data, 'postgres'), ['-c', 'max_wal_size=2GB', '-c', 'shared_buffers=512MB'])
    const url = await prepare({ database, data, reset, accounts }, say)
    const port = await freePort(wanted)
    if (port !== wanted) say(`port ${wanted} is taken, using ${port}`)
    const address = `http://localhost:${port}`
    const sealing = await openSeal(data, address)
    const server = await serve({
      ...sealing,
      DATABASE_URL: url,
      DATABASE_OWNER_URL: undefined,
      DATABASE_READ_URL: undefined,
      PUBLIC_URL: address,
      SMTP_URL: '',
      MAIL_FROM: '',
      SECRET_KEY: await secretOf(data),
      PORT: port,
      HOST: '127.0.0.1',
      METRICS_PORT: 9464,
      TRUSTED_PROXIES: [],
      IDENTITY_PROVIDERS: readIdentityProviders(),
      LOG_LEVEL: 'warn',
      demo: true,
    })
    process.removeAllListeners('SIGINT')
    process.removeAllListeners('SIGTERM')
    process.once('SIGINT', () => void stop(0, server))
    process.once('SIGTERM', () => void stop(0, server))
    const pool = openPool(url, 1)
    const members = await cast.list(openDb(pool))
    await pool.end()
    say('ready')
    process.stdout.write(
      `\n  Countersign is at ${address}   (Ctrl-C stops it)\n\n  Sign in with one click as:\n${members.map(({ name, roles, place }) => `    ${name.padEnd(22)}${(roles.join(', ') || 'agent').padEnd(18)}${place}`).join('\n')}\n\n`,
    )
  } catch (error) {
    await database?.stop()
    await release()
    throw error
  }
}
