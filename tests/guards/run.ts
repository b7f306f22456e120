import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { guards } from './guards.ts'
import type { Guard, Suite } from './suites.ts'

/**
 * `npm run test:guards`: takes every guard out, one at a time, and looks which test notices. A guard that nobody misses is a test
 * that is missing. It changes sources and puts them back, so it wants a checkout without changes.
 */
const root = fileURLToPath(new URL('../..', import.meta.url))
const results = join(root, 'tests/results')

type Report = { testResults: { assertionResults: { status: string; fullName: string }[]; status: string; message: string }[] }

/** The tests that fail; a suite that cannot even begin counts as one. */
const failing = ({ project, file }: Suite, takenOut: string): readonly string[] => {
  const output = join(results, 'guard.json')
  rmSync(output, { force: true })
  const args = ['run', '--project', project, file, '--reporter=json', `--outputFile.json=${output}`]
  spawnSync(join(root, 'node_modules/.bin/vitest'), args, {
    cwd: root,
    stdio: 'ignore',
    env: { ...process.env, COUNTERSIGN_KEEP_TEMPLATE: 'true', COUNTERSIGN_TAKEN_OUT: takenOut },
  })
  const { testResults } = JSON.parse(readFileSync(output, 'utf8')) as Report
  return testResults.flatMap(({ assertionResults, status, message }) => {
    const failed = assertionResults.filter((one) => one.status === 'failed').map(({ fullName }) => fullName)
    return failed.length === 0 && status === 'failed' ? [`the suite itself: ${message.slice(0, 80)}`] : failed
  })
}

const missedBy = (guard: Guard): readonly string[] => {
  if ('sql' in guard) return firstThatFails(guard.suites, guard.sql)
  const path = join(root, guard.file)
  const whole = readFileSync(path, 'utf8')
  const [from, to] = guard.out
  if (whole.split(from).length !== 2) return [`! ${guard.file} does not hold this guard exactly once`]
  const restore = () => writeFileSync(path, whole)
  process.once('SIGINT', restore)
  try {
    writeFileSync(
      path,
      whole.replace(from, () => to),
    )
    return firstThatFails(guard.suites, '')
  } finally {
    restore()
    process.off('SIGINT', restore)
  }
}
const firstThatFails = (suites: readonly Suite[], takenOut: string): readonly string[] => {
  for (const suite of suites) {
    const found = failing(suite, takenOut)
    if (found.length > 0) return found
  }
  return []
}

mkdirSync(results, { recursive: true })
const changes = spawnSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' }).stdout
if (changes !== '') {
  process.stderr.write('There are changes that are not committed: this run changes sources and puts them back.\n')
  process.exit(2)
}
// The template every guard is taken out of is made of these very sources, not of what a run before this one left.
spawnSync(join(root, 'node_modules/.bin/vitest'), ['run', '--project', 'integration', 'database/promises', '-t', 'no such test'], {
  cwd: root,
  stdio: 'ignore',
})
/** A name, or some with | between. */
const only = new RegExp(process.argv[2] ?? '')
let unmissed = 0
for (const guard of guards.filter(({ name }) => only.test(name))) {
  const found = missedBy(guard)
  const wrong = found.length === 0 || found[0]?.startsWith('!')
  if (wrong) unmissed += 1
  process.stdout.write(`${wrong ? 'NOT MISSED' : String(found.length).padStart(2)}  ${guard.name.padEnd(48)} ${found[0] ?? ''}\n`)
}
process.stdout.write(`${unmissed} guards that nobody misses\n`)
process.exit(unmissed > 0 ? 1 : 0)
