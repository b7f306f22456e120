import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEmbedded } from '@countersign/server/database/embedded.ts'
import { analyse, dropDatabase, ensureDatabase, migrate } from '@countersign/server/database/migrate.ts'
import { seedDemo } from '@countersign/server/demo/seed.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
import pg from 'pg'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    adminUrl: string
    template: string
  }
}

/** The smallest demo network: everybody of the cast, every structure, and a few agents. */
const accounts = 6000

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A superuser's address: a PostgreSQL of our own, or the one TEST_DATABASE_ADMIN_URL names (`.ci/run` gives PostgreSQL 15). */
const server = async (): Promise<{ url: (database: string) => string; stop: () => Promise<void> }> => {
  const given = process.env['TEST_DATABASE_ADMIN_URL']
  if (!given) return startEmbedded(join(root, '.data/test'), ['-c', 'fsync=off', '-c', 'max_connections=300'])
  const url = (database: string) => Object.assign(new URL(given), { pathname: `/${database}` }).href
  return { url, stop: async () => undefined }
}

/** The template is made again when anything that makes it has changed, and every half day, because its "today" grows old. */
const fingerprint = async (): Promise<string> => {
  const hash = createHash('sha256').update(String(Math.floor(Date.now() / 43_200_000)))
  for (const folder of ['drizzle/migrations', 'drizzle/seed', 'server/src', 'shared/src']) {
    for (const file of (await readdir(join(root, folder), { recursive: true, withFileTypes: true })).filter((one) => one.isFile())) {
      hash.update(await readFile(join(file.parentPath, file.name)))
    }
  }
  return hash.digest('hex').slice(0, 12)
}

/** Migrates and seeds one database and seals it; every test file works on a clone of it. */
export default async ({ provide }: TestProject) => {
  const { url, stop } = await server()
  const admin = new pg.Client({ connectionString: url('postgres') })
  await admin.connect()
  const { rows } = await admin.query<{ name: string; sealed: boolean }>(
    `select datname as name, not datallowconn as sealed from pg_database where datname like 'template\\_%' or datname like 'world\\_%'`,
  )
  // When guards are taken out of the sources the template stays as it was made with them.
  const kept =
    process.env['COUNTERSIGN_KEEP_TEMPLATE'] === 'true' ? rows.find(({ name, sealed }) => sealed && name.startsWith('template_')) : null
  const template = kept?.name ?? `template_${await fingerprint()}`
  for (const { name } of rows.filter((one) => one.name !== template || !one.sealed)) {
    await admin.query(`update pg_database set datallowconn = true where datname = $1`, [name])
    await dropDatabase(url('postgres'), name)
  }
  if (!rows.some((one) => one.name === template && one.sealed)) {
    await ensureDatabase(url('postgres'), template)
    const application = applicationUrl(url(template))
    await migrate(url(template), application)
    const pool = openPool(application, 4)
    await seedDemo({ db: openDb(pool), accounts, report: () => undefined })
    await pool.end()
    await analyse(url(template))
    await admin.query(`update pg_database set datallowconn = false where datname = $1`, [template])
  }
  await admin.end()
  provide('adminUrl', url('postgres'))
  provide('template', template)
  return stop
}

/** The same address with the application's own login. */
export const applicationUrl = (owner: string): string =>
  Object.assign(new URL(owner), { username: 'countersign_application', password: 'countersign-tests' }).href
