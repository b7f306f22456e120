import { signalRules } from '@countersign/shared/signals/finding.ts'
import { evaluate, type Report } from '../support/signals/evaluate.ts'
import { stories } from '../support/signals/stories.ts'

/** `npm run signals`: thresholds are fitted on the odd seeds; what is reported here are the even ones. */
const seeds = (process.argv[2] === 'fitting' ? [1, 3, 5] : [2, 4, 6]) as readonly number[]
const [size, days] = [20_000, 90]

const reports: Report[] = []
for (const seed of seeds) {
  const began = performance.now()
  reports.push(evaluate(seed, size, days))
  process.stderr.write(`seed ${seed}: ${Math.round((performance.now() - began) / 1000)} s\n`)
}
const personDays = reports.reduce((sum, report) => sum + report.personDays, 0)
const lines: string[] = ['| Story | Caught | Minutes | By |', '|---|---|---|---|']
for (const name of Object.keys(stories)) {
  const found = reports.flatMap(({ caught }) => caught[name] ?? [])
  const minutes = found.map((one) => one.minutes).join(' / ')
  lines.push(
    `| ${name} | ${found.length} of ${reports.length} | ${minutes} | ${[...new Set(found.flatMap(({ rules }) => rules))].join(', ')} |`,
  )
}
lines.push('', '| Rule | False alarms per 1,000 person-days |', '|---|---|')
let total = 0
for (const rule of signalRules) {
  const alarms = reports.reduce((sum, { falseAlarms }) => sum + (falseAlarms[rule] ?? 0), 0)
  total += alarms
  lines.push(`| ${rule} | ${((alarms / personDays) * 1000).toFixed(4)} |`)
}
lines.push(`| **all** | **${((total / personDays) * 1000).toFixed(4)}** |`)
process.stdout.write(`${lines.join('\n')}\n`)
