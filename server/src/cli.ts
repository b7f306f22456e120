import { demoCommand } from './commands/demo.ts'
import { exportCommand } from './commands/export.ts'
import { importCommand } from './commands/import.ts'
import { initCommand } from './commands/init.ts'
import { migrateCommand } from './commands/migrate.ts'
import { retentionCommand } from './commands/retention.ts'
import { startCommand } from './commands/start.ts'
import { suspendCommand } from './commands/suspend.ts'
import { witnessCommand } from './commands/witness.ts'
import { SettingsWrong } from './env.ts'
import { codeOf } from './kernel/db.ts'
import { Refused } from './kernel/refused.ts'

export type Command = (args: readonly string[]) => Promise<void>

const commands: Record<string, { readonly run: Command; readonly help: string }> = {
  demo: { run: demoCommand, help: 'the demo network on this machine  [--reset] [--port N] [--accounts N]' },
  start: { run: startCommand, help: 'production, with the settings of the environment  [--role web | --role worker], both without' },
  migrate: { run: migrateCommand, help: 'bring the database of DATABASE_OWNER_URL to the newest version' },
  init: { run: initCommand, help: 'found the network: two policy owners, two links  --founder "Given;Family;login;email;phone" twice' },
  suspend: {
    run: suspendCommand,
    help: 'for emergencies: puts accounts out, and can give nothing  LOGIN [LOGIN …] --because TEXT [--apply]',
  },
  retention: {
    run: retentionCommand,
    help: 'the months the audit is kept in  [--drop [--apply]] drops those whose time is over  [--keep MONTHS [--because TEXT]]',
  },
  export: { run: exportCommand, help: 'audit --out FILE [--since DAY] [--until DAY]: everything an auditor checks without trusting us' },
  witness: {
    run: witnessCommand,
    help: 'on another machine: sees that the audit only grows  --name NAME --state FOLDER --log KEY [--port N] [--host H]',
  },
  import: { run: importCommand, help: 'organisations FILE [--apply]: a dry run first, then all or nothing' },
}

const [name = '', ...args] = process.argv.slice(2).filter((arg, index) => !(arg === '--' && index === 0))
const command = commands[name]
if (!command) {
  process.stdout.write(
    `countersign\n\n${Object.entries(commands)
      .map(([verb, { help }]) => `  ${verb.padEnd(9)} ${help}`)
      .join('\n')}\n`,
  )
  process.exit(name === '' || name === 'help' ? 0 : 2)
}
try {
  await command.run(args)
} catch (error) {
  // A table, or a function, that is not there yet.
  const unmade = ['42P01', '42883'].includes(codeOf(error) ?? '')
  if (unmade) process.stderr.write('The database is not at the newest version: run "countersign migrate" first.\n')
  else if (error instanceof Refused) process.stderr.write(`refused: ${error.code}\n`)
  else if (error instanceof SettingsWrong) process.stderr.write(`${error.message}\n`)
  else throw error
  process.exit(1)
}
