import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { whyMonthStays } from '@countersign/shared/audit/retention.ts'
import type { Command } from '../cli.ts'
import { readRetentionSettings, SettingsWrong } from '../env.ts'
import { dropMonth } from '../features/audit/drop-month.ts'
import { type Month, months } from '../features/audit/months.store.ts'
import { setRetention } from '../features/audit/set-retention.ts'
import { nobody } from '../kernel/actor.ts'
import { runCommitted } from '../kernel/commit.ts'
import { type Db, openDb, openPool } from '../kernel/db.ts'

const options = (args: readonly string[]) => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { drop: { type: 'boolean' }, apply: { type: 'boolean' }, keep: { type: 'string' }, because: { type: 'string' } },
    })
    return values
  } catch (error) {
    throw new SettingsWrong([error instanceof Error ? error.message : String(error)])
  }
}

const withDatabase = async (url: string, work: (db: Db) => Promise<void>): Promise<void> => {
  // A month may be tens of millions of entries: there is no telling how long it takes to read.
  const pool = openPool(url, 1, 0)
  try {
    await work(openDb(pool))
  } finally {
    await pool.end()
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const day = (date: Date): string => date.toISOString().slice(0, 10)
const context = (db: Db) => ({ db, actor: nobody, origin: { channel: 'cli' as const } })

const told = ({ since, until, droppedAt, entries }: Month): string =>
  `  ${since ? day(since).slice(0, 7) : `before ${day(until)}`}`.padEnd(22) +
  (droppedAt ? `dropped ${day(droppedAt)}, ${entries} entries` : 'kept')

const show = async (db: Db): Promise<void> => {
  const { months: kept, reason } = await months.retention(db)
  say(`The audit is kept for ${kept} months${reason ? `: ${reason}` : ''}.`)
  for (const month of await months.all(db)) say(told(month))
}

/** Somebody always reads the audit: tried again until there is a fifth of a second in which nobody does. */
const free = async (db: Db): Promise<void> => {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await months.dropClosed(db)) return
    await wait(300)
  }
  throw new SettingsWrong(['The audit is being read without a pause: the room of what was dropped could not be freed. Run it again later.'])
}

const drop = async (db: Db, apply: boolean): Promise<void> => {
  if (apply) await free(db)
  for (let first = true; ; first = false) {
    const month = await months.due(db)
    if (!month) return first ? say('No month is over yet: nothing to drop.') : undefined
    const reason = whyMonthStays(month)
    const line = `  until ${day(month.until)}   ${month.entries} entries`
    // The ledger has no hole: what is younger than a month that stays, stays.
    if (reason) return say(`${line}   stays: ${reason}`)
    if (!apply)
      return say(`${line}   would be dropped\nNothing was dropped: this was the dry run, which looks at the oldest. Add --apply to do it.`)
    await runCommitted(dropMonth, context(db), { monthId: month.id })
    await free(db)
    say(`${line}   dropped`)
  }
}

const keep = async (text: string, because: string | undefined, url: string): Promise<void> => {
  await withDatabase(url, async (db) => {
    await runCommitted(setRetention, context(db), { months: Number(text), reason: because?.trim() || null })
    await show(db)
  })
}

/** `countersign retention`: the owner says how long the audit is kept; the maintenance login, which can do nothing else, drops what is over. */
export const retentionCommand: Command = async (args) => {
  const { drop: dropping = false, apply = false, keep: wanted, because } = options(args)
  const { DATABASE_OWNER_URL, DATABASE_MAINTENANCE_URL } = readRetentionSettings()
  if (apply && !dropping) throw new SettingsWrong(['--apply goes with --drop'])
  if (because !== undefined && wanted === undefined) throw new SettingsWrong(['--because goes with --keep'])
  if (wanted !== undefined) {
    if (dropping) throw new SettingsWrong(['--keep and --drop are two hands: run them one after the other'])
    if (!DATABASE_OWNER_URL) throw new SettingsWrong(['DATABASE_OWNER_URL is missing: only the owner of the tables sets the retention'])
    return keep(wanted, because, DATABASE_OWNER_URL)
  }
  if (!DATABASE_MAINTENANCE_URL)
    throw new SettingsWrong(['DATABASE_MAINTENANCE_URL is missing: the login that may drop a month, which "migrate" makes where it is set'])
  await withDatabase(DATABASE_MAINTENANCE_URL, (db) => (dropping ? drop(db, apply) : show(db)))
}
