/** One decision of somebody's: how long they looked, where that is known, and whether they said yes. */
export type Paced = { readonly seconds: number | null; readonly approved: boolean }

/** So many decisions in a row under so many seconds each are not readings (MITRE T1621: whoever is asked often enough says yes). */
export const hurriedAfter = { decisions: 10, seconds: 5 } as const

export type Pace = {
  readonly decisions: number
  readonly medianSeconds: number | null
  readonly approvedShare: number | null
  readonly hurried: boolean
}

/** Somebody's own pace, newest decision first. What took nobody knows how long counts as read. */
export const paceOf = (decisions: readonly Paced[]): Pace => {
  const known = decisions.flatMap(({ seconds }) => (seconds === null ? [] : [seconds])).sort((a, b) => a - b)
  const last = decisions.slice(0, hurriedAfter.decisions)
  return {
    decisions: decisions.length,
    medianSeconds: known[Math.floor(known.length / 2)] ?? null,
    approvedShare: decisions.length === 0 ? null : decisions.filter(({ approved }) => approved).length / decisions.length,
    hurried: last.length === hurriedAfter.decisions && last.every(({ seconds }) => seconds !== null && seconds < hurriedAfter.seconds),
  }
}
