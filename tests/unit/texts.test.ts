import { en } from '@countersign/client/texts/en.ts'
import { fr } from '@countersign/client/texts/fr.ts'
import { wordMail } from '@countersign/server/carriers/mail-texts.ts'
import { eventTypes } from '@countersign/shared/events.ts'
import { refusalCodes } from '@countersign/shared/refusals.ts'
import { expect, test } from 'vitest'

type Texts = { readonly [key: string]: string | Texts }

const leaves = (texts: Texts, path = ''): readonly (readonly [string, string])[] =>
  Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${path}${key}`, value] as const] : leaves(value, `${path}${key}.`),
  )

test('every refusal and every event has a sentence in both languages', () => {
  for (const texts of [fr, en]) {
    for (const code of refusalCodes) expect(texts.refusal[code].length).toBeGreaterThan(5)
    for (const type of eventTypes) expect(texts.event[type].length).toBeGreaterThan(2)
  }
})

test('both languages have the same keys, the same blanks to fill, and nothing empty', () => {
  const blanks = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map(([, name]) => name).sort()
  const french = new Map(leaves(fr))
  const english = new Map(leaves(en))
  expect([...english.keys()].sort()).toEqual([...french.keys()].sort())
  for (const [key, text] of french) {
    expect(text.trim()).not.toBe('')
    expect([key, blanks(english.get(key) ?? '')]).toEqual([key, blanks(text)])
  }
})

test('a mail carries its link, its name and nobody’s password, in both languages', () => {
  for (const language of ['fr', 'en'] as const) {
    const { body } = wordMail('invitation', language, {
      name: 'Paul',
      login: 'paul.martin',
      place: 'Lyon',
      address: 'https://x.example/link#t',
      until: 'demain',
      about: 'Paul',
    })
    expect(body).toContain('https://x.example/link#t')
    expect(body).toContain('Paul')
  }
})
