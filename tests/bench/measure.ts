export type Call = () => Promise<unknown>
export type Times = { readonly p50: number; readonly p95: number; readonly p99: number }

export const quantilesOf = (took: readonly number[]): Times => {
  const sorted = took.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

const millisecondsEach = 3_000

/** So many clients, each asking again as soon as it is answered; what began in the first tenth of the time is not counted. */
export const measured = async (clients: number, callOf: (client: number) => Call, milliseconds = millisecondsEach): Promise<Times> => {
  const took: number[] = []
  const calls = Array.from({ length: clients }, (_, index) => callOf(index))
  await Promise.all(calls.map((call) => call()))
  const began = performance.now()
  const client = async (call: Call) => {
    for (let now = performance.now(); now - began < milliseconds; now = performance.now()) {
      await call()
      if (now - began > milliseconds / 10) took.push(performance.now() - now)
    }
  }
  await Promise.all(calls.map(client))
  return quantilesOf(took)
}

/** Work that can be done once each: every client has a list of its own, whose first is not counted. */
export const measuredOnceEach = async (lists: readonly (readonly Call[])[]): Promise<Times> => {
  const took: number[] = []
  const client = async (works: readonly Call[]) => {
    for (const [index, work] of works.entries()) {
      const now = performance.now()
      await work()
      if (index > 0) took.push(performance.now() - now)
    }
  }
  await Promise.all(lists.map(client))
  return quantilesOf(took)
}

const milliseconds = (value: number): string => value.toFixed(value < 10 ? 1 : 0)
export const shown = ({ p50, p95, p99 }: Times): string => [p50, p95, p99].map(milliseconds).join(' / ')

/** How many times the bare statement takes, at the median. */
export const ratio = (ours: Times | null, bare: Times | null): string => (ours && bare ? (ours.p50 / bare.p50).toFixed(1) : '–')

/** A line of the table, on standard output; what goes on meanwhile is told on the other one. */
export const row = (...cells: readonly string[]): void => void process.stdout.write(`| ${cells.join(' | ')} |\n`)
export const note = (line: string): void => void process.stderr.write(`${line}\n`)
