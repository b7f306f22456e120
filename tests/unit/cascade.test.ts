import { type Cascade, cascadeOf, filesWithin, grow, mostReached, type Touch } from '@countersign/shared/cascade/cascade.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const day = (number: number) => new Date(Date.UTC(2026, 0, number))
const touch = (by: string, of: string, on: number, kind: Touch['kind'] = 'asked'): Touch => ({
  by,
  of,
  kind,
  at: day(on),
  requestId: `${by}${of}${on}`,
})

/** The cascade as the server makes it: generation by generation, asking about the frontier alone. */
const follow = (touches: readonly Touch[], since = day(1)): Cascade => {
  let cascade = cascadeOf('suspect', since)
  let frontier = [...cascade.values()]
  while (frontier.length > 0) {
    const asked = frontier
    const grown = grow(
      cascade,
      touches.filter(({ by, at }) => asked.some((one) => one.id === by && at >= one.since)),
    )
    cascade = grown.cascade
    frontier = [...grown.frontier]
  }
  return cascade
}
const reached = (touches: readonly Touch[], since?: Date) => [...follow(touches, since).keys()].toSorted()

describe('a cascade', () => {
  test('reaches whom the suspect touched since then, and whom those touched after they were touched', () => {
    const touches = [
      touch('suspect', 'before', 1),
      touch('suspect', 'a', 5),
      touch('a', 'early', 4),
      touch('a', 'late', 6),
      touch('late', 'later', 7),
      touch('b', 'other', 6),
    ]
    expect(reached(touches, day(3))).toEqual(['a', 'late', 'later', 'suspect'])
  })

  test('knows an account by the earliest way to it, and asks about its deeds since then', () => {
    const touches = [touch('suspect', 'a', 9), touch('suspect', 'b', 2), touch('b', 'a', 3), touch('a', 'c', 5)]
    const cascade = follow(touches)
    expect(cascade.get('a')).toMatchObject({ parentId: 'b', since: day(3) })
    expect(
      cascade
        .get('a')
        ?.reasons.map(({ by }) => by)
        .toSorted(),
    ).toEqual(['b', 'suspect'])
    expect(cascade.has('c')).toBe(true)
  })

  test('does not go on from an account that only shared a machine', () => {
    const touches = [touch('suspect', 'neighbour', 2, 'same-address'), touch('neighbour', 'child', 3)]
    expect(reached(touches)).toEqual(['neighbour', 'suspect'])
  })

  test('never comes back to the suspect, whoever touched them', () => {
    expect(follow([touch('suspect', 'a', 2), touch('a', 'suspect', 3)]).get('suspect')).toMatchObject({ parentId: null, reasons: [] })
  })

  test('is cut at what one can look through, and says so', () => {
    const many = Array.from({ length: mostReached + 20 }, (_, index) => touch('suspect', `a${index}`, 2))
    const { cascade, cut } = grow(cascadeOf('suspect', day(1)), many)
    expect([cascade.size, cut]).toEqual([mostReached + 1, true])
  })

  const someone = fc.constantFrom('suspect', 'a', 'b', 'c', 'd', 'e')
  const touches = fc.array(
    fc.tuple(someone, someone, fc.integer({ min: 1, max: 20 })).map(([by, of, on]) => touch(by, of, on)),
    { maxLength: 25 },
  )

  test('does not depend on the order in which touches are told', () => {
    fc.assert(
      fc.property(touches, (list) => {
        expect(reached(list)).toEqual(reached(list.toReversed()))
      }),
      { numRuns: 2000 },
    )
  })

  test('grows with every touch and shrinks with a later beginning', () => {
    fc.assert(
      fc.property(touches, touches, fc.integer({ min: 1, max: 20 }), (some, more, from) => {
        const all = new Set(reached([...some, ...more]))
        for (const id of reached(some)) expect(all.has(id)).toBe(true)
        const whole = new Set(reached(some))
        for (const id of reached(some, day(from))) expect(whole.has(id)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test('reaches exactly whom a path of touches in the order of time leads to', () => {
    const byPaths = (list: readonly Touch[], from: string, since: Date, seen = new Set<string>()): ReadonlySet<string> => {
      for (const { by, of, at } of list)
        if (by === from && at >= since && of !== by && of !== 'suspect') {
          const key = `${of}${at.getTime()}`
          if (seen.has(key)) continue
          seen.add(key)
          byPaths(list, of, at, seen)
        }
      return seen
    }
    fc.assert(
      fc.property(touches, (list) => {
        const paths = new Set([...byPaths(list, 'suspect', day(1))].map((key) => key.replace(/\d+$/, '')))
        expect(reached(list)).toEqual([...new Set([...paths, 'suspect'])].toSorted())
      }),
      { numRuns: 2000 },
    )
  })
})

test('citizens’ files are counted once, however many accounts reach them', () => {
  const lyon = { path: 'nation.ml.aura.d69.lyon', files: 100 }
  const site = { path: 'nation.ml.aura.d69.lyon.site', files: 40 }
  const lille = { path: 'nation.ml.hdf.d59.lille', files: 70 }
  expect(filesWithin([lyon, site, lyon, lille])).toBe(170)
  expect(filesWithin([site, lille])).toBe(110)
  // A name that merely begins alike is no part of it.
  expect(filesWithin([lyon, { path: 'nation.ml.aura.d69.lyonnais', files: 5 }])).toBe(105)
  expect(filesWithin([])).toBe(0)
})
