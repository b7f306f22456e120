import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Command } from '../cli.ts'
import { readDatabaseSettings, SettingsWrong } from '../env.ts'
import { months } from '../features/audit/months.store.ts'
import { planImport } from '../features/organisations/import.ts'
import { compare, plant } from '../features/organisations/plant.ts'
import { tree } from '../features/organisations/tree.store.ts'
import { nobody } from '../kernel/actor.ts'
import { runCommitted } from '../kernel/commit.ts'
import { openDb, openPool } from '../kernel/db.ts'

const shown = 50

/** `countersign import organisations FILE [--apply]`: says what it would do; does all of it or nothing. */
export const importCommand: Command = async (args) => {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { apply: { type: 'boolean', default: false } },
  })
  const [what, file] = positionals
  if (what !== 'organisations' || !file) throw new SettingsWrong(['import takes: organisations FILE [--apply]'])
  // It is read twice: a pipe cannot be.
  const isFile = await stat(file).then(
    (found) => found.isFile(),
    () => false,
  )
  if (!isFile) throw new SettingsWrong([`${file} is not a file`])
  const { plan, problems, fileHash } = await planImport(() => createReadStream(file)).catch((error: unknown) => {
    throw error instanceof Error && 'syscall' in error ? new SettingsWrong([`${file} cannot be read`]) : error
  })

  const pool = openPool(readDatabaseSettings().DATABASE_URL, 2)
  try {
    const db = openDb(pool)
    await months.open(db)
    const { created, changed, unchanged, moved } = compare(
      plan,
      await tree.standing(
        db,
        plan.map(({ externalId }) => externalId),
      ),
    )
    const refused = [
      ...problems,
      ...moved.map(({ externalId, name }) => ({
        line: null,
        column: 'id',
        reason: `${name} (${externalId}) stands elsewhere in the tree; a move is not an import`,
      })),
    ]
    const lines = [
      ...created.slice(0, shown).map(({ level, name }) => `  created    ${level.padEnd(12)} ${name}`),
      ...changed.slice(0, shown).map(({ becomes }) => `  changed    ${becomes.level.padEnd(12)} ${becomes.name}`),
      ...refused.map(({ line, column, reason }) => `  refused    ${line ? `line ${line}` : ''} ${column}: ${reason}`),
      `${created.length} created, ${changed.length} changed, ${unchanged} unchanged, ${refused.length} refused`,
    ]
    process.stdout.write(`${lines.join('\n')}\n`)
    if (refused.length > 0) throw new SettingsWrong(['Nothing was written: mend the lines above first.'])
    if (!values.apply) process.stdout.write('Nothing was written: this was the dry run. Add --apply to do it.\n')
    else if (created.length + changed.length > 0)
      await runCommitted(plant, { db, actor: nobody, origin: { channel: 'cli' } }, { plan, fileHash })
    if (values.apply) process.stdout.write('Done.\n')
  } finally {
    await pool.end()
  }
}
