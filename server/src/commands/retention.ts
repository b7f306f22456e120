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
  const pool = openPool(url, 1)
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

const drop = async (db: Db, apply: boolean): Promise<void> => {
  const due = await months.due(db)
  if (due.length === 0) return say('No month is over yet: nothing to drop.')
  for (const { id, until, entries, ...facts } of due) {
    const reason = whyMonthStays(facts)
    const line = `  until ${day(until)}   ${entries} entries`
    // The ledger has no hole: what is younger than a month that stays, stays.
    if (reason) return say(`${line}   stays: ${reason}`)
    if (apply) await runCommitted(dropMonth, context(db), { monthId: id })
    say(`${line}   ${apply ? 'dropped' : 'would be dropped'}`)
  }
  if (!apply) say('Nothing was dropped: this was the dry run. Add --apply to do it.')
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
  if (wanted !== undefined) {
    if (dropping) throw new SettingsWrong(['--keep and --drop are two hands: run them one after the other'])
    if (!DATABASE_OWNER_URL) throw new SettingsWrong(['DATABASE_OWNER_URL is missing: only the owner of the tables sets the retention'])
    return keep(wanted, because, DATABASE_OWNER_URL)
  }
  if (!DATABASE_MAINTENANCE_URL)
    throw new SettingsWrong(['DATABASE_MAINTENANCE_URL is missing: the login that may drop a month, which "migrate" makes where it is set'])
  await withDatabase(DATABASE_MAINTENANCE_URL, (db) => (dropping ? drop(db, apply) : show(db)))
}
