import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as runMigrations } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { grants } from './roles.ts'

const folder = fileURLToPath(new URL('../../../drizzle/migrations', import.meta.url))

/** What PostgreSQL is asked to keep quiet about: that a thing is there already. */
const quietly = { options: '-c client_min_messages=warning' }

/** Makes the database `name` where it is missing. */
export const ensureDatabase = async (adminUrl: string, name: string): Promise<void> => {
  const client = new pg.Client({ connectionString: adminUrl, ...quietly })
  await client.connect()
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name])
    if (!rowCount) await client.query(`create database ${client.escapeIdentifier(name)}`)
  } finally {
    await client.end()
  }
}

/**
 * Brings the schema to the newest version as its owner and gives the logins of the application and of maintenance what they need and nothing
 * more. A login is made where it is missing. Two processes that migrate at once take turns.
 */
export const migrate = async (ownerUrl: string, applicationUrl: string, maintenanceUrl?: string): Promise<void> => {
  const client = new pg.Client({ connectionString: ownerUrl, ...quietly })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock(7203001)')
    // Whoever reads a table for long would hold up the migration, and everybody behind it: it gives up and is run again.
    await client.query(`set lock_timeout = '10s'`)
    await runMigrations(drizzle({ client }), { migrationsFolder: folder, migrationsSchema: 'public', migrationsTable: 'schema_migration' })
    await client.query('select open_audit_months()')
    await grants(client, 'application', new URL(applicationUrl))
    if (maintenanceUrl) await grants(client, 'maintenance', new URL(maintenanceUrl))
  } finally {
    await client.end()
  }
}

/** Removes a database, whoever is connected. For the demo's --reset and for tests. */
export const dropDatabase = async (adminUrl: string, name: string): Promise<void> => {
  const client = new pg.Client({ connectionString: adminUrl, ...quietly })
  await client.connect()
  try {
    await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`)
  } finally {
    await client.end()
  }
}

/** Tells the planner what a seed or an import has filled. */
export const analyse = async (ownerUrl: string): Promise<void> => {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    await client.query('analyze')
  } finally {
    await client.end()
  }
}
