import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Command } from '../cli.ts'
import { SettingsWrong } from '../env.ts'
import { keyLine, readKeyLine, type Signer, signingKey, verifierOf } from '../transparency/note.ts'
import { holdFolder } from '../witness/hold.ts'
import { openMemory, openWitness, witnessServer } from '../witness/witness.ts'

const usage = 'witness takes: --name NAME --state FOLDER --log KEY-OF-THE-LOG [--port N] [--host ADDRESS]'

const options = (args: readonly string[]) => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        name: { type: 'string' },
        state: { type: 'string' },
        log: { type: 'string' },
        port: { type: 'string', default: '3001' },
        host: { type: 'string', default: '127.0.0.1' },
      },
    })
    const log = readKeyLine(values.log ?? '')
    const port = Number(values.port)
    if (
      values.name &&
      /^[^\s+]+$/.test(values.name) &&
      values.state &&
      log?.kind === 'log' &&
      Number.isInteger(port) &&
      port > 0 &&
      port < 65_536
    )
      return { ...values, name: values.name, state: values.state, log, port }
  } catch {
    throw new SettingsWrong([usage])
  }
  throw new SettingsWrong([usage])
}

/** The witness's own key, made the first time. */
export const witnessSigner = async (name: string, folder: string): Promise<Signer> => {
  const file = join(folder, 'key')
  await mkdir(folder, { recursive: true })
  await writeFile(file, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  })
  const seed = Buffer.from(await readFile(file, 'utf8'), 'base64')
  if (seed.length !== 32) throw new SettingsWrong([`${file} is no key`])
  return { name, key: signingKey(seed) }
}

/** `countersign witness`: on another machine, in other hands; sees that the log only ever grows, and signs that it saw it. Needs no database. */
export const witnessCommand: Command = async (args) => {
  const { name, state, log, port, host } = options(args)
  const signer = await witnessSigner(name, state)
  await holdFolder(state).catch((error: unknown) => {
    throw new SettingsWrong([error instanceof Error ? error.message : String(error)])
  })
  const memory = await openMemory(state, log)
  const server = witnessServer(openWitness({ log, signer, memory, now: () => new Date() }))
  await new Promise<void>((done, failed) => {
    server.once('error', failed)
    server.listen(port, host, done)
  })
  process.stdout.write(
    `The witness ${name} watches ${log.name} on http://${host}:${port}, from ${memory.seen().size} entries on.\nIts public key, for WITNESS_KEY and for auditors:\n${keyLine(verifierOf(signer, 'witness'))}\n`,
  )
  const stop = () => void server.close(() => process.exit(0))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}
