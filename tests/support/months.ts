import { migrate } from '@countersign/server/database/migrate.ts'
import { type Db, openDb, openPool } from '@countersign/server/kernel/db.ts'
import pg from 'pg'
import type { World } from './world.ts'

/** The address of a login that may drop what is over, made as `countersign migrate` makes it. */
export const maintenanceUrl = (url: string): string =>
  Object.assign(new URL(url), { username: 'countersign_maintenance', password: 'of-the-tests' }).href

/** Two years of months, as if the network had been in use for so long: what it tells of its past lies in the months it tells of, written down then. */
export const layMonths = async (ownerUrl: string): Promise<void> => {
  const owner = new pg.Client({ connectionString: ownerUrl })
  await owner.connect()
  await owner.query('begin')
  await owner.query('set local session_replication_role = replica')
  const { rows } = await owner.query<{ partition: string }>('select partition from audit_month order by until')
  const [first, ...later] = rows.map(({ partition }) => owner.escapeIdentifier(partition))
  for (const each of later) await owner.query(`drop table ${each}`)
  await owner.query(`alter table audit_entry detach partition ${first}; alter table ${first} rename to as_it_was; delete from audit_month;
    create table the_first (like audit_entry including defaults, primary key (id))`)
  const until = `date_trunc('month', now(), 'UTC') - interval '24 months'`
  await owner.query(`do $$ begin execute format('alter table audit_entry attach partition the_first for values from (minvalue) to (%L)', ${until}); end $$;
    insert into audit_month (id, partition, until) values (gen_random_uuid(), 'the_first', ${until}); select open_audit_months();
    insert into audit_entry select * from as_it_was; update audit_entry set recorded_at = at; drop table as_it_was`)
  await owner.query('commit')
  await owner.end()
}

/** The months of two years, and the login that may drop those that are over. */
export const aged = async (world: World): Promise<{ db: Db; pool: pg.Pool; close: () => Promise<void> }> => {
  await layMonths(world.ownerUrl)
  const url = maintenanceUrl(world.url)
  await migrate(world.ownerUrl, world.url, url)
  const pool = openPool(url, 4)
  return { db: openDb(pool), pool, close: () => pool.end() }
}
