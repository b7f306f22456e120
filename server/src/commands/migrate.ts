import type { Command } from '../cli.ts'
import { migrate } from '../database/migrate.ts'
import { readDatabaseSettings, SettingsWrong } from '../env.ts'

export const migrateCommand: Command = async () => {
  const { DATABASE_URL, DATABASE_OWNER_URL, DATABASE_MAINTENANCE_URL } = readDatabaseSettings()
  if (!DATABASE_OWNER_URL) throw new SettingsWrong(['DATABASE_OWNER_URL is missing: the owner of the tables'])
  const userOf = (address: string) => decodeURIComponent(new URL(address).username)
  if (DATABASE_MAINTENANCE_URL && userOf(DATABASE_MAINTENANCE_URL) === userOf(DATABASE_URL))
    throw new SettingsWrong(['DATABASE_MAINTENANCE_URL signs in as the application: what may drop the audit must not serve'])
  await migrate(DATABASE_OWNER_URL, DATABASE_URL, DATABASE_MAINTENANCE_URL)
  process.stdout.write('The database is at the newest version.\n')
}
