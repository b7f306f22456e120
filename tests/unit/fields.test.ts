import { about } from '@countersign/shared/accounts/listing.ts'
import { requestContent } from '@countersign/shared/requests/content.ts'
import { email, justification, login, personName } from '@countersign/shared/text/fields.ts'
import { searchWords } from '@countersign/shared/text/search.ts'
import { describe, expect, test } from 'vitest'

describe('a login', () => {
  test.each(['paul.martin', 'p-m_2', 'abc', 'Paul.MARTIN'])('%s is accepted, in lower case', (text) =>
    expect(login.parse(text)).toBe(text.toLowerCase()),
  )
  test.each([
    ['two letters', 'ab'],
    ['a Cyrillic a', 'pаul.martin'],
    ['full width', 'ｐaul!'],
    ['a dot at the end', 'paul.'],
    ['a space', 'paul martin'],
    ['NUL', 'paul\u0000'],
    ['right-to-left', 'paul\u202Enitram'],
    ['nothing', '   '],
    ['too much', 'a'.repeat(61)],
  ])('%s is refused', (_, text) => expect(login.safeParse(text).success).toBe(false))
  test('full-width letters are the plain ones (NFKC)', () => expect(login.parse('ｐａｕｌ')).toBe('paul'))
})

describe('an e-mail', () => {
  test.each(['a@b.fr', 'A.B@Ml-Lyon.example'])('%s is accepted', (text) => expect(email.parse(text)).toBe(text.toLowerCase()))
  test.each(['a', 'a@', '@b.fr', 'a@b', 'a@b.fr\r\nBcc: c@d.fr', 'a b@c.fr', 'a@b.fr,c@d.fr'])('%j is refused', (text) =>
    expect(email.safeParse(text).success).toBe(false),
  )
})

describe('a content', () => {
  const good = { kind: 'reinstate', accountId: '01900000-0000-7000-8000-000000000000', justification: 'Retour' }
  test('is taken as it is', () => expect(requestContent.safeParse(good).success).toBe(true))
  test.each([
    ['an extra field', { ...good, status: 'active' }],
    ['a verified flag', { ...good, verified: true }],
    ['a list for a scalar', { ...good, accountId: [good.accountId, good.accountId] }],
    ['an object for a scalar', { ...good, justification: { toString: 'x' } }],
    ['another kind', { ...good, kind: 'make-admin' }],
    ['no kind', { accountId: good.accountId }],
    [
      'a polluted prototype',
      JSON.parse(`{"__proto__":{"admin":true},"kind":"reinstate","accountId":"${good.accountId}","justification":"x","constructor":1}`),
    ],
    ['a megabyte', { ...good, justification: 'x'.repeat(1_000_000) }],
  ])('with %s is refused', (_, content) => expect(requestContent.safeParse(content).success).toBe(false))
})

test('names keep their accents and lose what cannot be seen', () => {
  expect(personName.parse('  Zoé   d’Ornano ')).toBe('Zoé d’Ornano')
  expect(personName.safeParse('Zoé\u200B').success).toBe(false)
  expect(justification.safeParse('ok').success).toBe(false)
})

test.each([
  ['Benoît-Aké', 'benoit ake'],
  ['ŒUVRE', 'œuvre'],
  ["D'Artagnan", 'd artagnan'],
  ['Émile ZOLA', 'emile zola'],
])('%s is searched as %s', (text, words) => expect(searchWords(text)).toBe(words))

test('an estimate is said in two digits and never below what was counted', () => {
  expect([41_234, 987_654, 12, 10_400, 0].map((expected) => about(expected))).toEqual([41_000, 990_000, 10_000, 10_000, 10_000])
})
