import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromiumPath } from './support/chromium.ts'

/** `npm test`: everything, in the order that tells the most the soonest, and one plain summary line at the end. */
const root = fileURLToPath(new URL('..', import.meta.url))
const results = join(root, 'tests/results')
const bin = (name: string) => join(root, 'node_modules/.bin', name)
const long = process.argv.includes('--long')
const databaseOnly = process.argv.includes('--database-only')

type Counts = { passed: number; failed: number; skipped: number }
type Step = { readonly name: string; readonly run: () => Promise<Counts> }

const say = (line: string) => process.stdout.write(`${line}\n`)

const execute = (command: string, args: readonly string[], cwd = root): Promise<boolean> =>
  new Promise((done) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, COUNTERSIGN_LONG: String(long) },
    })
    child.once('exit', (code) => done(code === 0))
  })

/** A tool that says yes or no counts as one test. */
const check = (name: string, command: string, ...args: readonly string[]): Step => ({
  name,
  run: async () => ((await execute(command, args)) ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }),
})

type VitestReport = { numPassedTests: number; numFailedTests: number; numPendingTests: number; numTodoTests: number; success: boolean }

const vitest = (project: string, ...more: readonly string[]): Step => ({
  name: project,
  run: async () => {
    const file = join(results, `${project}.json`)
    rmSync(file, { force: true })
    const ok = await execute(bin('vitest'), [
      'run',
      '--project',
      project,
      '--reporter=dot',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...more,
    ])
    if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 }
    const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport
    const failed = report.numFailedTests + (ok || report.numFailedTests > 0 ? 0 : 1)
    return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests }
  },
})

type PlaywrightReport = { stats: { expected: number; unexpected: number; flaky: number; skipped: number } }

const browser: Step = {
  name: 'browser',
  run: async () => {
    chromiumPath()
    const ok = await execute(join(root, 'tests/node_modules/.bin/playwright'), ['test'], join(root, 'tests'))
    const file = join(results, 'e2e.json')
    if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 }
    const { stats } = JSON.parse(readFileSync(file, 'utf8')) as PlaywrightReport
    return { passed: stats.expected, failed: stats.unexpected + stats.flaky + (ok || stats.unexpected > 0 ? 0 : 1), skipped: stats.skipped }
  },
}

const database: readonly Step[] = [vitest('integration'), vitest('attack'), vitest('races')]
const steps: readonly Step[] = databaseOnly
  ? database
  : [
      check('format and lint', bin('biome'), 'check', '.'),
      ...(['shared', 'drizzle', 'server', 'client', 'tests'] as const).map((folder) =>
        check(`types of ${folder}`, bin('tsc'), '-p', folder),
      ),
      vitest('unit'),
      ...database,
      vitest('failure'),
      browser,
    ]

mkdirSync(results, { recursive: true })
const began = performance.now()
const total: Counts = { passed: 0, failed: 0, skipped: 0 }
const lines: string[] = []
for (const { name, run } of steps) {
  const start = performance.now()
  say(`\n── ${name}`)
  const counts = await run()
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key]
  lines.push(
    `${name.padEnd(18)} ${String(counts.passed).padStart(4)} passed ${String(counts.failed).padStart(3)} failed ${String(counts.skipped).padStart(3)} skipped ${((performance.now() - start) / 1000).toFixed(0).padStart(5)} s`,
  )
}
const skippedUnderCi = process.env['CI'] === 'true' && total.skipped > 0
say(`\n${lines.join('\n')}\n${((performance.now() - began) / 60_000).toFixed(1)} minutes`)
if (skippedUnderCi) say('Under CI no test may be skipped.')
say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exit(total.failed > 0 || skippedUnderCi ? 1 : 0)
