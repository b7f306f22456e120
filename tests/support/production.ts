import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort, startEmbedded } from '@countersign/server/database/embedded.ts'
import { dropDatabase, ensureDatabase } from '@countersign/server/database/migrate.ts'
import { SMTPServer } from 'smtp-server'
import { openPlaces } from './places.ts'
import { applicationUrl } from './template.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

type Mail = { readonly recipient: string; readonly text: string }

/** A mail server that delivers to this test, and knows nobody at the addresses given up. Quoted-printable is undone as far as a link needs it. */
export const startPost = async (givenUp: ReadonlySet<string> = new Set()) => {
  const mails: Mail[] = []
  const port = await freePort()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo: ({ address }, _session, done) =>
      done(givenUp.has(address) ? Object.assign(new Error('no such mailbox'), { responseCode: 550 }) : null),
    onData: (stream, session, done) => {
      let raw = ''
      stream.setEncoding('utf8')
      stream.on('data', (chunk: string) => {
        raw += chunk
      })
      stream.on('end', () => {
        const text = raw.replace(/=\r\n/g, '').replace(/=3D/g, '=')
        for (const { address } of session.envelope.rcptTo) mails.push({ recipient: address, text })
        done()
      })
    },
  })
  // A worker that is killed resets its connection; only the mail it did not deliver is lost, and it is delivered again.
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET') throw error
  })
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready))
  return { url: `smtp://127.0.0.1:${port}`, mails, stop: () => new Promise<void>((done) => server.close(() => done())) }
}

/** `npm start` on an empty database of its own, with the commands of the console beside it: no demo, no one-click sign-in. */
export const startProduction = async () => {
  const [database, post, places, port, metrics] = await Promise.all([
    startEmbedded(join(root, '.data/production'), ['-c', 'fsync=off']),
    startPost(),
    openPlaces(),
    freePort(),
    freePort(),
  ])
  await dropDatabase(database.url('postgres'), 'countersign')
  await ensureDatabase(database.url('postgres'), 'countersign')
  const address = `http://localhost:${port}`
  const env = {
    ...process.env,
    DATABASE_OWNER_URL: database.url('countersign'),
    DATABASE_URL: applicationUrl(database.url('countersign')),
    PUBLIC_URL: address,
    SMTP_URL: post.url,
    MAIL_FROM: 'countersign@example.org',
    SECRET_KEY: Buffer.alloc(32, 5).toString('base64'),
    SEALING_KEY: Buffer.alloc(32, 11).toString('base64'),
    ...places.settings,
    PORT: String(port),
    METRICS_PORT: String(metrics),
    LOG_LEVEL: 'warn',
  }
  const server: ChildProcess = spawn(process.execPath, ['server/src/cli.ts', 'start'], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise<void>((ready, failed) => {
    server.stdout?.on('data', (chunk: Buffer) => chunk.toString().includes('Countersign serves') && ready())
    server.once('exit', () => failed(new Error('npm start ended before it served')))
  })
  return {
    address,
    ownerUrl: database.url('countersign'),
    cli: async (...args: readonly string[]) =>
      (await promisify(execFile)(process.execPath, ['server/src/cli.ts', ...args], { cwd: root, env })).stdout,
    /** The token in the newest mail to somebody, once it has arrived; of those that came before `after` none. */
    tokenMailedTo: async (recipient: string, after = 0): Promise<string> => {
      for (const end = Date.now() + 15_000; Date.now() < end; ) {
        const mail = post.mails.slice(after).findLast((one) => one.recipient === recipient && one.text.includes(`${address}/link#`))
        const [, token] = /\/link#([\w-]{43})/.exec(mail?.text ?? '') ?? []
        if (token) return token
        await new Promise((done) => setTimeout(done, 100))
      }
      throw new Error(`no link was mailed to ${recipient}`)
    },
    mailed: () => post.mails.length,
    stop: async () => {
      const gone = new Promise((done) => server.once('exit', done))
      server.kill('SIGINT')
      await gone
      await post.stop()
      await places.close()
      await database.stop()
    },
  }
}

export type Production = Awaited<ReturnType<typeof startProduction>>
