import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dropDatabase, ensureDatabase } from '@countersign/server/database/migrate.ts'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'

const folder = fileURLToPath(new URL('../../../drizzle/migrations', import.meta.url))
const name = `upgrade_${randomUUID().slice(0, 8)}`
const login = `login_${randomUUID().slice(0, 8)}`
let owner: pg.Client

/** Runs the migrations of these numbers as they stand. */
const run = async (from: number, to: number): Promise<void> => {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()
  for (const file of files.slice(from, to + 1)) {
    const statements = (await readFile(join(folder, file), 'utf8')).split('--> statement-breakpoint')
    await owner.query('begin')
    for (const statement of statements) await owner.query(statement)
    await owner.query('commit')
  }
}

beforeAll(async () => {
  await ensureDatabase(inject('adminUrl'), name)
  owner = new pg.Client({ connectionString: Object.assign(new URL(inject('adminUrl')), { pathname: `/${name}` }).href })
  await owner.connect()
})
afterAll(async () => {
  await owner.query(`drop owned by ${login}; drop role ${login}`)
  await owner.end()
  await dropDatabase(inject('adminUrl'), name)
})

test('an audit that was one table becomes the first of its months as it stands: every entry, every index, and whoever served goes on', async () => {
  await run(0, 11)
  await owner.query(`create role ${login}; grant select, insert on audit_entry to ${login}`)
  await owner.query(`insert into audit_entry (id, at, transaction_id, type, subject_id, origin, data)
    select gen_random_uuid(), now() - make_interval(days => n), '0', 'session.opened', gen_random_uuid(), '{"channel": "web"}', '{}' from generate_series(0, 800) n`)
  const indexes = async (table: string) => {
    const { rows } = await owner.query<{ columns: string }>(
      `select substring(pg_get_indexdef(indexrelid) from '\\(.*') as columns from pg_index where indrelid = $1::regclass order by 1`,
      [table],
    )
    return rows.map(({ columns }) => columns)
  }
  const before = {
    indexes: await indexes('audit_entry'),
    file: (await owner.query(`select pg_relation_filenode('audit_entry') as node`)).rows[0],
  }
  await run(12, 12)
  const { rows: months } = await owner.query<{ partition: string }>('select partition from audit_month order by until')
  const first = months[0]?.partition ?? ''
  expect(months.length).toBeGreaterThan(2)
  // The very file it was: nothing was copied, and no index was made twice.
  expect((await owner.query(`select pg_relation_filenode($1) as node`, [first])).rows[0]).toEqual(before.file)
  for (const { partition } of months) expect(await indexes(partition)).toEqual(before.indexes)
  const { rows } = await owner.query<{ entries: number; may: boolean; mayAside: boolean }>(
    `select count(*)::int as entries, has_table_privilege($1, 'audit_entry', 'select') and has_table_privilege($1, 'audit_entry', 'insert') as may, has_table_privilege($1, $2, 'select') as "mayAside" from audit_entry`,
    [login, first],
  )
  expect(rows).toEqual([{ entries: 801, may: true, mayAside: false }])
})
