import { parseArgs } from 'node:util'
import type { Command } from '../cli.ts'
import { migrate } from '../database/migrate.ts'
import { readSettings, SettingsWrong } from '../env.ts'
import { type ProcessRole, processRoles, serve } from '../serve.ts'
import { buildClient } from './demo.ts'

const roleOf = (args: readonly string[]): ProcessRole | null => {
  const wrong = new SettingsWrong([`start takes: --role ${processRoles.join(' or --role ')}`])
  try {
    const { role } = parseArgs({ args: [...args], options: { role: { type: 'string' } } }).values
    if (role === undefined) return null
    const found = processRoles.find((one) => one === role)
    if (found) return found
  } catch {
    throw wrong
  }
  throw wrong
}

/** `npm start`: production. Migrates first where the owner's address is given, then never uses it again. */
export const startCommand: Command = async (args) => {
  const role = roleOf(args)
  const settings = readSettings()
  if (settings.DATABASE_OWNER_URL) await migrate(settings.DATABASE_OWNER_URL, settings.DATABASE_URL)
  if (role !== 'worker') await buildClient()
  const server = await serve(settings, role)
  process.stdout.write(
    role === 'worker'
      ? 'Countersign works off what is due\n'
      : `Countersign serves ${settings.PUBLIC_URL} on ${settings.HOST}:${settings.PORT}\n`,
  )
  if (role !== 'web') process.stdout.write(`The log is sealed with the key ${server.logKey}\n`)
  const stop = () => void server.stop().then(() => process.exit(0))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}
