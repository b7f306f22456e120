import { parseArgs } from 'node:util'
import { justification } from '@countersign/shared/text/fields.ts'
import type { Command } from '../cli.ts'
import { readDatabaseSettings, SettingsWrong } from '../env.ts'
import { logins } from '../features/accounts/logins.store.ts'
import { suspendFromConsole } from '../features/accounts/suspend-from-console.ts'
import { months } from '../features/audit/months.store.ts'
import { nobody } from '../kernel/actor.ts'
import { runCommitted } from '../kernel/commit.ts'
import { openDb, openPool } from '../kernel/db.ts'

/** As many as somebody reads through before pressing the key. */
const most = 100

const options = (args: readonly string[]) => {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { because: { type: 'string' }, apply: { type: 'boolean', default: false } },
    })
    return { ...values, logins: [...new Set(positionals)] }
  } catch (error) {
    throw new SettingsWrong([error instanceof Error ? error.message : String(error)])
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** `countersign suspend`: the way to put accounts out when nobody may sign in any more. Shows whom first; all or none of the names are known. */
export const suspendCommand: Command = async (args) => {
  const asked = options(args)
  const because = justification.safeParse(asked.because ?? '')
  if (!because.success) throw new SettingsWrong(['--because "…" is missing: the reason stands in the audit, in three characters at least'])
  if (asked.logins.length === 0 || asked.logins.length > most)
    throw new SettingsWrong([`Name the logins to put out, ${most} at most: countersign suspend paul.martin nadia.roux --because "…"`])
  const pool = openPool(readDatabaseSettings().DATABASE_URL, 1)
  try {
    const db = openDb(pool)
    const found = await logins.named(db, asked.logins)
    const unknown = asked.logins.filter((login) => !found.has(login))
    if (unknown.length > 0) throw new SettingsWrong([`Nobody is called ${unknown.join(', ')}: nothing was done.`])
    for (const [login, { status }] of found) say(`  ${login.padEnd(30)} ${status}`)
    if (!asked.apply) return say('Nobody was put out: this was the dry run. Add --apply to suspend them.')
    await months.open(db)
    const context = { db, actor: nobody, origin: { channel: 'cli' as const } }
    const ids = [...found.values()].map(({ id }) => id)
    const answer = await runCommitted(suspendFromConsole, context, { accountIds: ids, because: because.data })
    const names = new Map([...found].map(([login, { id }]) => [id, login]))
    for (const { id, refusal } of answer) say(`  ${(names.get(id) ?? id).padEnd(30)} ${refusal ? `stays: ${refusal}` : 'suspended'}`)
  } finally {
    await pool.end()
  }
}
