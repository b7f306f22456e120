import type { Command } from '../cli.ts'
import { migrate } from '../database/migrate.ts'
import { readSettings } from '../env.ts'
import { serve } from '../serve.ts'
import { buildClient } from './demo.ts'

/** `npm start`: production. Migrates first where the owner's address is given, then never uses it again. */
export const startCommand: Command = async () => {
  const settings = readSettings()
  if (settings.DATABASE_OWNER_URL) await migrate(settings.DATABASE_OWNER_URL, settings.DATABASE_URL)
  await buildClient()
  const server = await serve(settings)
  process.stdout.write(`Countersign serves ${settings.PUBLIC_URL} on ${settings.HOST}:${settings.PORT}\n`)
  const stop = () => void server.stop().then(() => process.exit(0))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}
