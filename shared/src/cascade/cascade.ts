import { lineageKinds } from '../events.ts'

/** What ties one account to another: a hand it had in it, or a machine they share. */
export const touchKinds = [...lineageKinds, 'same-device', 'same-address'] as const
export type TouchKind = (typeof touchKinds)[number]

/** Hands are what the hijacker did; a shared machine is only a hint, and nobody is ticked for it. */
export const isHand = (kind: TouchKind): boolean => kind !== 'same-device' && kind !== 'same-address'

export type Touch = {
  readonly by: string
  readonly of: string
  readonly kind: TouchKind
  readonly at: Date
  readonly requestId: string | null
}

/** An account the suspicion has reached, since when, by whom first, and all the reasons there are. */
export type Reached = {
  readonly id: string
  readonly parentId: string | null
  readonly depth: number
  /** What it did from here on is suspect in its turn. */
  readonly since: Date
  readonly reasons: readonly Touch[]
}
export type Cascade = ReadonlyMap<string, Reached>

/** As many accounts as one can still look through; beyond, the cascade is cut and says so. */
export const mostReached = 500

export const cascadeOf = (suspect: string, since: Date): Cascade =>
  new Map([[suspect, { id: suspect, parentId: null, depth: 0, since, reasons: [] }]])

const sameTouch = (a: Touch, b: Touch): boolean => a.by === b.by && a.kind === b.kind && a.requestId === b.requestId

/** Does this touch say more than was known: a first sight, an earlier time, a hand where there was only a shared machine? */
const saysMore = (touch: Touch, known: Reached | undefined): boolean =>
  !known || (isHand(touch.kind) && (touch.at < known.since || !known.reasons.some(({ kind }) => isHand(kind))))

const reachedBy = (touch: Touch, by: Reached, known: Reached | undefined): Reached => {
  const before = known?.reasons ?? []
  const reasons = before.some((one) => sameTouch(one, touch)) ? before : [...before, touch]
  if (known && !saysMore(touch, known)) return { ...known, reasons }
  return { id: touch.of, parentId: touch.by, depth: by.depth + 1, since: touch.at, reasons }
}

/**
 * Takes the cascade further by these touches: whoever was touched by an account after the suspicion had reached it is reached too,
 * at the earliest of those times. A shared machine reaches an account and goes no further from it. Answers who has to be asked about
 * (again): the new ones, and those reached earlier than was known.
 */
export const grow = (
  cascade: Cascade,
  touches: readonly Touch[],
): { readonly cascade: Cascade; readonly frontier: readonly Reached[]; readonly cut: boolean } => {
  const grown = new Map(cascade)
  const frontier = new Map<string, Reached>()
  let cut = false
  for (const touch of [...touches].sort((a, b) => a.at.getTime() - b.at.getTime())) {
    const by = grown.get(touch.by)
    const known = grown.get(touch.of)
    // What it did before the suspicion reached it is its own; nobody is reached by themselves, and the suspect by nobody.
    if (!by || touch.at < by.since || touch.of === touch.by || known?.parentId === null) continue
    cut ||= !known && grown.size > mostReached
    if (!known && grown.size > mostReached) continue
    const reached = reachedBy(touch, by, known)
    grown.set(touch.of, reached)
    if (saysMore(touch, known) && isHand(touch.kind)) frontier.set(touch.of, reached)
  }
  return { cascade: grown, frontier: [...frontier.values()], cut }
}

/** Where an account's reach ends: the organisation whose files it opens, by its way through the tree, and how many those are; no way where it opens none. */
export type Reach = { readonly path: string | null; readonly files: number }

/** Citizens' files within any of these, each counted once: what lies below another is in it already. */
export const filesWithin = (reaches: readonly Reach[]): number => {
  const distinct = new Map(reaches.flatMap(({ path, files }) => (path === null ? [] : [[path, files] as const])))
  return [...distinct]
    .filter(([path]) => ![...distinct.keys()].some((wider) => path.startsWith(`${wider}.`)))
    .reduce((sum, [, files]) => sum + files, 0)
}
