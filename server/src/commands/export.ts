import { open, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import type { Command } from '../cli.ts'
import { readSealingSettings, SettingsWrong } from '../env.ts'
import { months } from '../features/audit/months.store.ts'
import { NotSealed, writeBundle } from '../features/seal/bundle.ts'
import { recordBundle } from '../features/seal/record-bundle.ts'
import { nobody } from '../kernel/actor.ts'
import { runCommitted } from '../kernel/commit.ts'
import { openDb, openPool } from '../kernel/db.ts'
import { keyLine } from '../transparency/note.ts'

const usage = 'export takes: audit --out FILE [--since 2026-01-01] [--until 2026-02-01]'

const options = (args: readonly string[]) => {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { out: { type: 'string' }, since: { type: 'string' }, until: { type: 'string' } },
    })
    if (positionals.length === 1 && positionals[0] === 'audit' && values.out) return { ...values, out: values.out }
  } catch {
    throw new SettingsWrong([usage])
  }
  throw new SettingsWrong([usage])
}

const instantOf = (name: string, text: string | undefined): Date | null => {
  if (text === undefined) return null
  const instant = new Date(text)
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(instant.getTime()))
    throw new SettingsWrong([`--${name} ${text} is not a day such as 2026-01-31`])
  return instant
}

/** `countersign export audit`: everything somebody needs who checks us without trusting us or our database, in one file. */
export const exportCommand: Command = async (args) => {
  const { out, ...wanted } = options(args)
  const asked = { since: instantOf('since', wanted.since), until: instantOf('until', wanted.until) }
  if (asked.since && asked.until && asked.since >= asked.until) throw new SettingsWrong(['--until is not after --since'])
  const { DATABASE_URL, log, witness } = readSealingSettings()
  // All of the audit is read: there is no telling how long that takes.
  const pool = openPool(DATABASE_URL, 2, 0)
  const file = await open(out, 'wx', 0o600).catch((error: unknown) => {
    const there = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    throw new SettingsWrong([`${out} ${there ? 'is there already' : 'cannot be written'}`])
  })
  try {
    const db = openDb(pool)
    await months.open(db)
    await runCommitted(recordBundle, { db, actor: nobody, origin: { channel: 'cli' } }, { filter: JSON.stringify(wanted) })
    const keys = { log: keyLine(log), witnesses: witness ? [keyLine(witness)] : [] }
    const size = await writeBundle(db, asked, keys, (lines) => pipeline(Readable.from(lines), file.createWriteStream()))
    process.stdout.write(`${out}: ${size} entries sealed. Check it with: node countersign-verify.mjs ${out} --key '${keys.log}'\n`)
  } catch (error) {
    // Half a bundle is none.
    await rm(out, { force: true })
    throw error instanceof NotSealed ? new SettingsWrong([error.message]) : error
  } finally {
    await pool.end()
  }
}
