import { decodeCursor, encodeCursor } from '@countersign/server/kernel/page.ts'
import { canonicalJson, type Json } from '@countersign/shared/requests/canonical.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test.each([
  [{ b: 1, a: 2 }, '{"a":2,"b":1}'],
  [
    { '€': 'Euro', '\r': 'CR', '\ufb33': 'Hebrew', '1': 'One', '😀': 'Emoji', '\u0080': 'Control', ö: 'Latin' },
    '{"\\r":"CR","1":"One","\u0080":"Control","ö":"Latin","€":"Euro","😀":"Emoji","\ufb33":"Hebrew"}',
  ],
  [[56, { d: true, '10': null, '1': [] }], '[56,{"1":[],"10":null,"d":true}]'],
  [333333333.3333333, '333333333.3333333'],
  [1e30, '1e+30'],
  ['€$\u000f\nA\'B"\\\\"/', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'],
] as [Json, string][])('the canonical text of %j follows RFC 8785', (value, text) => {
  expect(canonicalJson(value)).toBe(text)
})

test('the canonical text does not depend on the order of keys, and reads back as the same value', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))), (object) => {
      const turned = Object.fromEntries(Object.entries(object).reverse())
      const text = canonicalJson(object)
      return (
        text === canonicalJson(turned) &&
        JSON.stringify(JSON.parse(text)) === JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object)))
      )
    }),
    { numRuns: 5000 },
  )
})

test('a cursor comes back as it went, and garbage as none', () => {
  const casts = ['text', 'timestamptz', 'uuid'] as const
  const id = '01900000-0000-7000-8000-000000000000'
  for (const when of ['2026-03-02T10:00:00.123456+00:00', '-infinity'])
    expect(decodeCursor(encodeCursor(['Martin', when, id]), casts)).toEqual(['Martin', when, id])
  for (const garbage of [
    '',
    'x',
    '%%%',
    encodeCursor(['one']),
    encodeCursor(['a', 'b', 'c']),
    encodeCursor(['a\0', '2026-03-02', id]),
    Buffer.from('{"__proto__":1}').toString('base64url'),
  ])
    expect(decodeCursor(garbage, casts)).toBeNull()
})
