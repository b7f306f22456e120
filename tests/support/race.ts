import { underLong } from './long.ts'

/** 300 trials in `npm test`, 3,000 in `npm run test:long` (a fault of 0.17 % is found with 99 %). */
export const trials = underLong ? 3000 : 300

/** The variant without the lock has to be caught within this many. */
export const controlTrials = 60

/** Runs trials a few at a time, so that each races its own pair and the machine is kept busy. */
export const inBatches = async <T>(count: number, trial: (index: number) => Promise<T>, width = 6): Promise<readonly T[]> => {
  const results: T[] = []
  for (let start = 0; start < count; start += width) {
    results.push(...(await Promise.all(Array.from({ length: Math.min(width, count - start) }, (_, index) => trial(start + index)))))
  }
  return results
}

export const tally = <T extends string>(results: readonly T[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const one of [...results].sort()) counts[one] = (counts[one] ?? 0) + 1
  return counts
}
