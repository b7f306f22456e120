import { type Kinship, related } from '@countersign/shared/policy/independence.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const person = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const edge: fc.Arbitrary<Kinship> = fc.record({
  by: person,
  of: person,
  at: fc.integer({ min: 0, max: 100 }).map((day) => new Date(day * 86_400_000)),
})
const edges = fc.array(edge, { maxLength: 10 })
const since = fc.integer({ min: 0, max: 100 }).map((day) => new Date(day * 86_400_000))
const runs = { numRuns: 100_000 }

test('kinship is symmetric', () => {
  fc.assert(
    fc.property(person, person, edges, since, (a, b, all, from) => related(a, b, all, from) === related(b, a, all, from)),
    runs,
  )
})

test('kinship grows with edges', () => {
  fc.assert(
    fc.property(
      person,
      person,
      edges,
      edge,
      since,
      (a, b, all, one, from) => !related(a, b, all, from) || related(a, b, [...all, one], from),
    ),
    runs,
  )
})

test('kinship shrinks with time', () => {
  fc.assert(
    fc.property(person, person, edges, since, since, (a, b, all, one, two) => {
      const [earlier, later] = one <= two ? [one, two] : [two, one]
      return !related(a, b, all, later) || related(a, b, all, earlier)
    }),
    runs,
  )
})

test('everybody is related to themselves, and nobody to a stranger', () => {
  expect(related('a', 'a', [], new Date(0))).toBe(true)
  expect(related('a', 'b', [], new Date(0))).toBe(false)
})
