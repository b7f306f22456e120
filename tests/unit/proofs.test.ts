import { newNonce, nonceMinutes, readNonce } from '@countersign/server/features/passkeys/nonces.ts'
import { challengeOf } from '@countersign/server/features/passkeys/relying-party.ts'
import { actText, decisionText, requirementText } from '@countersign/shared/access/proof.ts'
import { hurriedAfter, type Paced, paceOf } from '@countersign/shared/requests/pace.ts'
import { termsOf } from '@countersign/shared/requests/terms.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

describe('what a passkey signs', () => {
  const said = { requestId: 'r', contentHash: 'c', requirementHash: 'q', decision: 'approve', nonce: 'n' } as const

  test('is a text anybody can write again, and its SHA-256 the challenge', () => {
    expect(decisionText(said)).toBe(
      'countersign/decision/v1\n{"contentHash":"c","decision":"approve","nonce":"n","requestId":"r","requirementHash":"q"}',
    )
    expect(actText('export', 'audit', 'n')).toBe('countersign/act/v1\n{"act":"export","nonce":"n","on":"audit"}')
    const needed = { approvalsNeeded: 2, approverRoles: ['policy-owner'] } as const
    expect(requirementText({ ...needed, demand: { callBack: false } })).toBe(
      '{"approvalsNeeded":2,"approverRoles":["policy-owner"],"demand":{"callBack":false}}',
    )
    // What was signed before policies had rules is still what was signed.
    expect(requirementText({ ...needed, demand: null })).toBe('{"approvalsNeeded":2,"approverRoles":["policy-owner"]}')
    // printf 'countersign/act/v1\n{"act":"export","nonce":"n","on":"audit"}' | openssl dgst -sha256 -binary | basenc --base64url
    expect(challengeOf(actText('export', 'audit', 'n'))).toBe('uyeJWfft015EtxDmPTyL6vQkoN6goBzuznUZKkLWFOY')
  })

  test('is another one as soon as anything in it is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('requestId', 'contentHash', 'requirementHash', 'decision', 'nonce'),
        fc.string({ minLength: 1 }),
        (part, other) => {
          fc.pre(said[part as keyof typeof said] !== other)
          expect(decisionText({ ...said, [part]: other })).not.toBe(decisionText(said))
        },
      ),
    )
  })
})

describe('a nonce', () => {
  const key = Buffer.alloc(32, 7)
  const now = new Date('2026-11-23T09:00:00Z')
  const nonce = newNonce(key, 'session:one', now)

  test.each([
    ['of this session', 'session:one', key, 0, now],
    ['of another session', 'session:two', key, 0, null],
    ['made for something else', 'sign-in', key, 0, null],
    ['made by somebody without the key', 'session:one', Buffer.alloc(32, 8), 0, null],
    ['at its last minute', 'session:one', key, nonceMinutes, now],
    ['a minute too old', 'session:one', key, nonceMinutes + 1, null],
  ] as const)('%s', (_, holder, by, minutes, expected) => {
    expect(readNonce(by, holder, nonce, new Date(now.getTime() + minutes * 60_000))).toEqual(expected)
  })

  test('is none when any bit of it is another', () => {
    fc.assert(
      fc.property(fc.nat(31), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const bytes = Buffer.from(nonce, 'base64url')
        bytes.writeUInt8(bytes.readUInt8(at) ^ bits, at)
        expect(readNonce(key, 'session:one', bytes.toString('base64url'), now)).toBeNull()
      }),
    )
  })
})

describe('somebody’s pace', () => {
  const decisions = (seconds: readonly (number | null)[]): readonly Paced[] => seconds.map((one) => ({ seconds: one, approved: true }))
  const { decisions: ten, seconds: five } = hurriedAfter

  test.each([
    ['ten under five seconds', Array<number>(ten).fill(five - 0.1), true],
    ['nine of them', Array<number>(ten - 1).fill(1), false],
    ['ten of which one took five', [...Array<number>(ten - 1).fill(1), five], false],
    ['ten of which one took nobody knows how long', [...Array<number>(ten - 1).fill(1), null], false],
    ['ten fast ones after a slow one', [...Array<number>(ten).fill(1), 60], true],
    ['ten fast ones before a slow one', [60, ...Array<number>(ten).fill(1)], false],
    ['none', [], false],
  ])('%s: hurried %s', (_, seconds, hurried) => {
    expect(paceOf(decisions(seconds)).hurried).toBe(hurried)
  })

  test('is told as a median and a share', () => {
    expect(paceOf([...decisions([9, 3, 12]), { seconds: null, approved: false }])).toEqual({
      decisions: 4,
      medianSeconds: 9,
      approvedShare: 0.75,
      hurried: false,
    })
  })
})

test('what a request tells in the audit of what it asks for names nobody', () => {
  const person = { givenName: 'Zoé', familyName: 'Martin', login: 'zoe.martin', email: 'zoe@ml.example', phone: '+33612345678' }
  const terms = termsOf({
    kind: 'create-account',
    organisationId: 'site',
    ...person,
    profile: 'site-adviser',
    endsOn: '2027-06-30',
    justification: 'Renfort de Zoé',
  })
  expect(terms).toEqual({ profile: 'site-adviser', organisationId: 'site', endsOn: '2027-06-30' })
})
