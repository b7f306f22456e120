import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { migrate } from '@countersign/server/database/migrate.ts'
import { dropMonth } from '@countersign/server/features/audit/drop-month.ts'
import { type Due, months } from '@countersign/server/features/audit/months.store.ts'
import { setRetention } from '@countersign/server/features/audit/set-retention.ts'
import { nobody } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import { openDb } from '@countersign/server/kernel/db.ts'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { makerOf, outcome, verdictOfDatabase } from '../support/make.ts'
import { aged, maintenanceUrl } from '../support/months.ts'
import { openWorld, type World } from '../support/world.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const origin = { channel: 'cli' as const }

let world: World
let make: ReturnType<typeof makerOf>
let maintenance: Awaited<ReturnType<typeof aged>>
beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  maintenance = await aged(world)
}, 120_000)
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(async () => {
  await maintenance.close()
  await world.close()
})

const oldest = async (): Promise<Due> => {
  const month = await months.due(maintenance.db)
  if (!month) throw new Error('no month is over')
  return month
}
const close = (monthId: string) => runCommitted(dropMonth, { db: maintenance.db, actor: nobody, origin }, { monthId })
/** As the console does it. */
const drop = async (monthId: string) => {
  await close(monthId)
  while (!(await months.dropClosed(maintenance.db))) await new Promise((done) => setTimeout(done, 20))
}
const keep = (kept: number, reason: string | null) =>
  runCommitted(setRetention, { db: openDb(world.owner), actor: nobody, origin }, { months: kept, reason })
const kept = async (): Promise<number> => (await world.owner.query('select 1 from audit_month where dropped_at is null')).rowCount ?? 0

/** What the database alone says of dropping this month: the entry that is asked for is there. */
const verdictOnDropping = async (monthId: string, told = true): Promise<string> => {
  const client = await maintenance.pool.connect()
  try {
    await client.query('begin')
    const verdict = await verdictOfDatabase(
      (async () => {
        await client.query('select close_audit_month($1)', [monthId])
        if (told)
          await client.query(
            `insert into audit_entry (id, at, type, subject_id, origin, data) values (gen_random_uuid(), now(), 'audit.month-dropped', $1, '{"channel":"cli"}', '{}')`,
            [monthId],
          )
        await client.query('set constraints all immediate')
      })(),
    )
    await client.query('rollback')
    return verdict
  } finally {
    client.release()
  }
}

test('each month is a partition of its own, made two months before it begins, once however many ask', async () => {
  const ahead = async () =>
    (await world.owner.query<{ ahead: boolean }>(`select max(until) > now() + interval '2 months' as ahead from audit_month`)).rows[0]
      ?.ahead
  expect(await ahead()).toBe(true)
  await world.tamper(
    `do $$ declare last text; begin select partition into last from audit_month order by until desc limit 1; execute format('drop table %I', last); delete from audit_month where partition = last; end $$`,
  )
  expect(await ahead()).toBe(false)
  // As the application: it owns nothing and may make no table.
  const made = await Promise.all(Array.from({ length: 6 }, () => months.open(world.db)))
  expect(made.sort()).toEqual([0, 0, 0, 0, 0, 1])
  expect(await ahead()).toBe(true)
})

test('a commit looks for its entry within one month, however many are kept', async () => {
  expect(await kept()).toBeGreaterThan(25)
  const { rows } = await world.owner.query<{ id: string }>(`select id from organisation where level = 'structure' limit 1`)
  const client = await world.owner.connect()
  const looks = async () => {
    const found = await client.query<{ looks: number }>(
      `select coalesce(sum(t.idx_scan + t.seq_scan), 0)::int as looks from pg_stat_xact_user_tables t join audit_month m on m.partition = t.relname where m.until < now()`,
    )
    return found.rows[0]?.looks ?? 0
  }
  /** What a commit looks at; what the connection looked at before may still be in its counters, and stays there while this runs. */
  const change = async () => {
    await client.query('begin')
    const before = await looks()
    await client.query(
      `insert into audit_entry (id, at, type, subject_id, origin, data) values (gen_random_uuid(), now(), 'organisation.changed', $1, '{"channel":"cli"}', '{}')`,
      [rows[0]?.id],
    )
    await client.query(`update organisation set phone = '+33102030405' where id = $1`, [rows[0]?.id])
    await client.query('set constraints all immediate')
    return (await looks()) - before
  }
  try {
    // One that plans may look at the ends of an index: the first of a connection, and whichever comes after a table was analysed.
    const looked: number[] = []
    for (let commits = 0; commits < 4; commits += 1) {
      await client.query('rollback')
      looked.push(await change())
    }
    expect(Math.min(...looked)).toBe(0)
    // The count counts: without the time in the question all months are looked into.
    const within = await looks()
    await client.query('select 1 from audit_entry where subject_id = $1', [rows[0]?.id])
    expect((await looks()) - within).toBeGreaterThan(20)
    await client.query('rollback')
  } finally {
    client.release()
  }
})

test('a month stays while an entry of it was recorded lately, or an open incident reaches into it; and the database agrees', async () => {
  const month = await oldest()
  const inside = new Date(month.until.getTime() - 86_400_000).toISOString()
  const refuses = async (code: string, promise: string) => {
    expect(await outcome(drop(month.id))).toBe(code)
    expect(await verdictOnDropping(month.id)).toBe(promise)
  }
  const agent = await make.agentOf('Mission locale de Lyon', 0)
  const entry = '00000000-0000-4000-8000-00000000aaaa'
  await world.tamper(
    `insert into audit_entry (id, at, recorded_at, type, subject_id, origin, data, transaction_id) values ($1, $2, now(), 'session.opened', $3, '{}', '{}', '0')`,
    [entry, inside, agent],
  )
  await refuses('month-recorded-lately', 'P6')
  await world.tamper('update audit_entry set recorded_at = at where id = $1', [entry])

  await world.tamper(
    `insert into outbox (id, entry_id, destination, account_id, sequence, run_after) values (gen_random_uuid(), $1, 'mail.ended', $2, 1, now())`,
    [entry, agent],
  )

  const olivier = await world.as('olivier.perrin')
  const { incidentId } = await olivier.call.cascade.contain({
    accountIds: [agent],
    suspectId: agent,
    since: inside,
    justification: 'Doute',
    under: { name: 'Ancien' },
  })
  await refuses('month-of-open-incident', 'P6')
  await olivier.call.incidents.close({ incidentId, note: 'Terminé' })
  expect(await verdictOnDropping(month.id)).toBe('allowed')
})

test('only the oldest month that is over leaves, and not without its entry', async () => {
  const first = await oldest()
  const { rows: later } = await world.owner.query<{ id: string }>('select id from audit_month where until > $1 order by until limit 1', [
    first.until,
  ])
  expect(await outcome(close(later[0]?.id ?? ''))).toBe('changed-since')
  expect(await verdictOnDropping(later[0]?.id ?? '')).toBe('P6')
  const { rows } = await world.owner.query<{ id: string }>(
    `select m.id from audit_month m, retention r where m.until > now() - make_interval(months => r.months) order by m.until limit 1`,
  )
  expect(await verdictOnDropping(rows[0]?.id ?? '')).toBe('P6')
  expect(await verdictOnDropping(first.id, false)).toBe('P6')
})

test('a month of which something has no place in the sealed log stays', async () => {
  const { id } = await oldest()
  await world.tamper(
    `insert into audit_leaf (position, entry_id, at, transaction_id, hash) select 0, id, at, transaction_id, decode(repeat('00', 32), 'hex') from audit_entry order by at desc limit 1`,
  )
  expect(await verdictOfDatabase(close(id))).toBe('P6')
  await world.tamper('delete from audit_leaf')
})

test('a month that leaves takes its entries and what was sent of them; that it was there stays, told to the whole nation', async () => {
  const month = await oldest()
  const entriesOf = async () => {
    const { rows } = await world.owner.query<{ entries: string; messages: string }>(
      `select count(*) as entries, (select count(*) from outbox o where not exists (select 1 from audit_entry e where e.id = o.entry_id)) as messages from audit_entry where at < $1`,
      [month.until],
    )
    return [Number(rows[0]?.entries), Number(rows[0]?.messages)]
  }
  expect((await entriesOf())[0]).toBe(month.entries)
  expect(month.entries).toBeGreaterThan(0)
  await drop(month.id)
  expect(await entriesOf()).toEqual([0, 0])
  expect([month.messages, month.unsent]).toEqual([1, 0])
  expect(await world.entriesAbout(month.id)).toEqual(['audit.month-dropped'])
  const auditor = await world.as('isabelle.carpentier')
  const shown = await auditor.call.audit.kept()
  expect(shown).toMatchObject({ months: 12, reason: null, droppedUntil: month.until.toISOString(), droppedEntries: month.entries })
  expect((await auditor.call.audit.list({ type: 'audit.month-dropped' })).rows[0]?.data).toMatchObject({ entries: month.entries })
})

test('two consoles that drop the same month drop it once', async () => {
  const { id } = await oldest()
  const before = await kept()
  const outcomes = await Promise.all([outcome(close(id)), outcome(close(id))])
  expect(outcomes.sort()).toEqual(['allowed', 'changed-since'])
  expect(await kept()).toBe(before - 1)
})

test('people go on working while a month is given up, and nothing is filed under an incident or decided about the retention meanwhile', async () => {
  const olivier = await world.as('olivier.perrin')
  const agent = await make.agentOf('Mission locale de Lille', 0)
  const month = await oldest()
  const inside = new Date(month.until.getTime() - 86_400_000).toISOString()
  const client = await maintenance.pool.connect()
  try {
    await client.query('begin')
    await client.query('select close_audit_month($1)', [month.id])
    expect(await outcome(olivier.call.accounts.suspend({ accountIds: [agent] }))).toBe('allowed')
    expect((await olivier.call.audit.list({})).rows.length).toBeGreaterThan(0)
    const late = [
      outcome(keep(24, 'Enquête')),
      outcome(
        olivier.call.cascade.contain({
          accountIds: [agent],
          suspectId: agent,
          since: inside,
          justification: 'Doute',
          under: { name: 'Tard' },
        }),
      ),
    ]
    const waiting = await Promise.race([Promise.all(late), new Promise((done) => setTimeout(() => done('they wait'), 500))])
    expect(waiting).toBe('they wait')
    await client.query('rollback')
    await Promise.all(late)
  } finally {
    client.release()
  }
  await keep(12, null)
  const { rows } = await world.owner.query<{ id: string }>('select id from incident where closed_at is null')
  for (const { id } of rows) await olivier.call.incidents.close({ incidentId: id, note: 'Terminé' })
})

test('the room of a month is freed between two readers of the audit, and gives way to one who is at it', async () => {
  await close((await oldest()).id)
  const reader = await world.pool.connect()
  try {
    await reader.query('begin')
    await reader.query('select 1 from audit_entry limit 1')
    expect(await months.dropClosed(maintenance.db)).toBe(false)
    await reader.query('commit')
  } finally {
    reader.release()
  }
  expect(await months.dropClosed(maintenance.db)).toBe(true)
})

test('how long the audit is kept is set by the owner alone: a year to three, beyond a year for a written reason, and told', async () => {
  expect(await outcome(keep(11, 'Moins'))).toBe('retention-out-of-range')
  expect(await outcome(keep(37, 'Plus'))).toBe('retention-out-of-range')
  expect(await outcome(keep(24, null))).toBe('retention-without-reason')
  expect(await outcome(keep(12, null))).toBe('nothing-to-do')
  expect(await months.due(maintenance.db)).not.toBeNull()
  await keep(36, 'Enquête en cours')
  expect(await months.due(maintenance.db)).toBeNull()
  const { rows } = await world.owner.query<{ id: string }>('select id from retention')
  expect(await world.entriesAbout(rows[0]?.id ?? '')).toContain('audit.retention-set')
  await keep(12, null)
  const without = (sql: string) => verdictOfDatabase(world.owner.query(sql))
  expect(await without(`update retention set months = 36, reason = 'Sans trace'`)).toBe('P6')
  expect(await without('update retention set months = 24')).toBe('23514')
  expect(await without(`update retention set months = 11, reason = 'Court'`)).toBe('23514')
  expect(await without('delete from retention')).toBe('P6')
})

/** A month that is kept for long yet. */
const ofMonth = async (sql: string): Promise<string> => {
  const { rows } = await world.owner.query<{ partition: string }>('select partition from audit_month order by until desc limit 1')
  return sql.replace('MONTH', rows[0]?.partition ?? '')
}

const beyond = [
  ['reads an entry', 'select data from audit_entry limit 1'],
  ['reads an account', 'select 1 from account limit 1'],
  ['deletes an entry', 'delete from audit_entry'],
  ['shortens the retention', 'update retention set months = 12'],
  ['calls a month dropped', `update audit_month set dropped_at = now(), entries = 0, messages = 0`],
  ['makes an account', 'insert into account (id) values (gen_random_uuid())'],
  ['drops a partition by hand', 'drop table MONTH'],
] as const
test.each(beyond)('the maintenance login %s: refused', async (_, sql) => {
  expect(await verdictOfDatabase(maintenance.pool.query(await ofMonth(sql)))).toBe('42501')
})

test('the maintenance login tells of months and of nothing else, nobody else tells of them, and an entry is of now', async () => {
  const entry = (type: string) =>
    verdictOfDatabase(
      maintenance.pool.query(
        `insert into audit_entry (id, at, type, subject_id, origin, data) values (gen_random_uuid(), now(), $1, gen_random_uuid(), '{"channel":"web"}', '{}')`,
        [type],
      ),
    )
  expect(await entry('session.opened')).toBe('P6')
  expect(await entry('account.suspended')).toBe('P6')
  const told = (type: string, at: string) =>
    verdictOfDatabase(
      world.pool.query(
        `insert into audit_entry (id, at, type, subject_id, origin, data, transaction_id) values (gen_random_uuid(), ${at}, $1, gen_random_uuid(), '{"channel":"seed"}', '{}', '0')`,
        [type],
      ),
    )
  expect(await told('audit.month-dropped', 'now()')).toBe('P6')
  expect(await told('session.opened', `now() - interval '2 hours'`)).toBe('P6')
})

test('no invented time zone makes a month older than it is', async () => {
  const client = await maintenance.pool.connect()
  try {
    const keptFrom = async () =>
      (await client.query<{ kept: number }>('select extract(epoch from kept_from)::float8 as kept from due_audit_month()')).rows[0]?.kept ??
      0
    const honest = await keptFrom()
    await client.query(`set timezone = 'AAA167BBB-167,M1.1.1/0,M11.5.1/0'`)
    expect(Math.abs((await keptFrom()) - honest)).toBeLessThan(60)
    await client.query('reset timezone')
  } finally {
    client.release()
  }
})

test('a login that owns the tables is made neither the application’s nor that of maintenance', async () => {
  await expect(migrate(world.ownerUrl, world.url, world.ownerUrl)).rejects.toThrow('owns the tables')
  await expect(migrate(world.ownerUrl, world.ownerUrl)).rejects.toThrow('owns the tables')
})

test('rights are given anew without anybody noticing', async () => {
  let asked = 0
  let going = true
  const asking = (async () => {
    for (; going; asked += 1) await world.pool.query('select 1 from audit_entry, account limit 1')
  })()
  for (let times = 0; times < 5; times += 1) await migrate(world.ownerUrl, world.url, maintenanceUrl(world.url))
  going = false
  await asking
  expect(asked).toBeGreaterThan(5)
})

const notOfTheApplication = [
  ['asks what is over', 'select * from due_audit_month()'],
  ['frees a month', 'select drop_closed_audit_months()'],
  ['drops a month', 'select close_audit_month(gen_random_uuid())'],
  ['detaches a month', 'alter table audit_entry detach partition MONTH'],
  ['reads a partition past the table', 'select 1 from MONTH'],
  ['writes into a partition past the table', 'insert into MONTH select * from audit_entry limit 1'],
  ['sets the retention', `update retention set months = 12`],
] as const
test.each(notOfTheApplication)('the application’s login %s: refused', async (_, sql) => {
  expect(await verdictOfDatabase(world.pool.query(await ofMonth(sql)))).toBe('42501')
})

test('an entry of any month is never changed, not even by the owner, nor by way of its partition', async () => {
  const { rows } = await world.owner.query<{ partition: string }>('select partition from audit_month where dropped_at is null')
  for (const { partition } of rows) {
    expect(await verdictOfDatabase(world.owner.query(`update ${partition} set data = '{}'`))).toBe('P6')
    expect(await verdictOfDatabase(world.owner.query(`truncate ${partition}`))).toBe('P6')
  }
})

test('the console shows the months, says what it would drop, and drops it when told to', async () => {
  const run = async (...args: readonly string[]) => {
    const env = { ...process.env, DATABASE_MAINTENANCE_URL: maintenanceUrl(world.url), DATABASE_OWNER_URL: world.ownerUrl }
    const ran = await promisify(execFile)(process.execPath, ['server/src/cli.ts', 'retention', ...args], { cwd: root, env }).catch(
      (error: { stderr: string }) => ({ stdout: error.stderr }),
    )
    return ran.stdout
  }
  const before = await kept()
  expect(await run()).toMatch(/kept for 12 months\.[\s\S]*dropped \d{4}-\d\d-\d\d, \d+ entries[\s\S]*kept/)
  expect(await run('--drop')).toContain('would be dropped')
  expect(await kept()).toBe(before)
  expect(await run('--keep', '24')).toBe('refused: retention-without-reason\n')
  expect(await run('--keep', 'abc')).toBe('refused: retention-out-of-range\n')
  expect(await run('--keep', '13', '--because', 'Contrôle de la CNIL')).toContain('13 months: Contrôle de la CNIL')
  expect(await run('--drop', '--apply')).toMatch(/(until .* dropped\n)+$/)
  expect(await months.due(maintenance.db)).toBeNull()
  expect(await run('--drop', '--apply')).toBe('No month is over yet: nothing to drop.\n')
})
