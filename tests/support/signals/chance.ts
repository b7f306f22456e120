/** Chance that falls the same way for the same seed. */
export type Chance = ReturnType<typeof chanceOf>

export const chanceOf = (seed: number) => {
  let state = seed * 2_654_435_761
  /** Between 0 and 1 (mulberry32). */
  const unit = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const between = (from: number, to: number): number => from + unit() * (to - from)
  const whole = (from: number, to: number): number => Math.floor(between(from, to + 1))
  const pick = <T>(all: readonly T[]): T => {
    const one = all[whole(0, all.length - 1)]
    if (one === undefined) throw new Error('nothing to pick from')
    return one
  }
  return { between, whole, pick, happens: (share: number): boolean => unit() < share }
}
