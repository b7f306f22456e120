import type { Actor, Place } from '@countersign/shared/access/scope.ts'
import { firstPolicy, firstRequirement } from '@countersign/shared/policy/first.ts'
import { related } from '@countersign/shared/policy/independence.ts'
import {
  type ApprovalCase,
  decideApproval,
  decideCallBack,
  decideOwn,
  decideRejection,
  independentSince,
  type RequestCase,
} from '@countersign/shared/requests/approval.ts'
import { requestKinds } from '@countersign/shared/requests/kinds.ts'
import { floorOf, mayCountersign } from '@countersign/shared/requests/requirement.ts'
import { nextRequestStatus, requestStatuses, requestVerbs } from '@countersign/shared/requests/status.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const now = new Date('2026-03-02T10:00:00Z')
const later = new Date(now.getTime() + 3_600_000)
const lyon: Place = { nationId: 'nation', networkId: 'ml', regionId: 'aura', departementId: '69', structureId: 'lyon', siteId: 'siege' }
const lille: Place = {
  nationId: 'nation',
  networkId: 'ml',
  regionId: 'hdf',
  departementId: '59',
  structureId: 'lille',
  siteId: 'siege-lille',
}
const sophie: Actor = { id: 'sophie', grants: [{ role: 'supervisor', level: 'region', organisationId: 'aura' }] }

const aRequest = (change: Partial<RequestCase> = {}): RequestCase => ({
  kind: 'create-account',
  status: 'pending',
  place: lyon,
  requesterId: 'nadia',
  subjectId: null,
  approverIds: [],
  signers: [],
  approvalsNeeded: 1,
  approverRoles: ['supervisor'],
  demand: null,
  widensAt: null,
  contentHash: 'seen',
  expiresAt: later,
  heldUntil: null,
  callBack: null,
  callerId: null,
  devices: [],
  ...change,
})
const outcomeOf = (change: Partial<RequestCase> = {}, rest: Partial<Omit<ApprovalCase, 'request'>> = {}) => {
  const verdict = decideApproval({
    actor: sophie,
    request: aRequest(change),
    device: 'hers',
    kinship: [],
    onList: false,
    relatedToList: false,
    now,
    seen: 'seen',
    strongest: null,
    through: null,
    since: independentSince(now, firstPolicy),
    ...rest,
  })
  return verdict.ok ? verdict.value : verdict.refusal
}
const asked = (by: string, of: string, days = 1) => ({ by, of, at: new Date(now.getTime() - days * 86_400_000) })

describe('an approval by the supervisor of the region', () => {
  test.each([
    ['of the only one needed', 'executed', {}, {}],
    ['of the first of two', 'pending', { approvalsNeeded: 2 }, {}],
    ['of the second of two', 'executed', { approvalsNeeded: 2, approverIds: ['adrien'] }, {}],
    ['in another region', 'out-of-scope', { place: lille }, {}],
    ['asking for a role they lack', 'out-of-scope', { approverRoles: ['policy-owner'] as const }, {}],
    ['asking for nobody at all', 'out-of-scope', { approverRoles: [] }, {}],
    ['of a decided request', 'already-decided', { status: 'rejected' as const }, {}],
    ['at the last instant', 'expired', { expiresAt: now }, {}],
    ['of content that changed', 'content-changed', { contentHash: 'other' }, {}],
    ['of their own request', 'own-request', { requesterId: 'sophie' }, {}],
    ['about themselves', 'own-account', { subjectId: 'sophie' }, {}],
    ['from the device it was asked from', 'same-device', { devices: ['hers'] }, {}],
    ['from another device', 'executed', { devices: ['theirs'] }, {}],
    ['from a device nobody knows', 'executed', { devices: ['theirs'] }, { device: null }],
    ['given before', 'already-approved', { approverIds: ['sophie'], approvalsNeeded: 2 }, {}],
    ['when the requester made them', 'not-independent', {}, { kinship: [asked('nadia', 'sophie')] }],
    ['when they made the requester', 'not-independent', {}, { kinship: [asked('sophie', 'nadia')] }],
    ['when one hand made both', 'not-independent', {}, { kinship: [asked('eve', 'nadia'), asked('eve', 'sophie')] }],
    ['when the chain is long', 'not-independent', {}, { kinship: [asked('nadia', 'x'), asked('x', 'y'), asked('y', 'sophie')] }],
    ['when it is over 30 days ago', 'executed', {}, { kinship: [asked('nadia', 'sophie', 31)] }],
    [
      'when it is over 30 days ago, and the policy looks back 60',
      'not-independent',
      {},
      { kinship: [asked('nadia', 'sophie', 31)], since: independentSince(now, { independenceDays: 60 }) },
    ],
    ['when both only made a third person', 'executed', {}, { kinship: [asked('nadia', 'paul'), asked('sophie', 'paul')] }],
    [
      'related to another approver',
      'not-independent',
      { approvalsNeeded: 2, approverIds: ['adrien'] },
      { kinship: [asked('adrien', 'sophie')] },
    ],
    ['of a request held back', 'held-after-contact-change', { heldUntil: later }, {}],
    ['of a reset nobody called back', 'call-back-missing', { kind: 'reset-credentials' as const }, {}],
    ['of a reset not reached', 'call-back-missing', { kind: 'reset-credentials' as const, callBack: 'not-reached' as const }, {}],
    [
      'of a reset nobody known asked and they called back',
      'called-back-yourself',
      { kind: 'reset-credentials' as const, callBack: 'confirmed' as const, requesterId: null, callerId: 'sophie' },
      {},
    ],
    [
      'of a reset nobody known asked and another called back',
      'executed',
      { kind: 'reset-credentials' as const, callBack: 'confirmed' as const, requesterId: null, callerId: 'amina' },
      {},
    ],
    ['of a confirmed reset', 'executed', { kind: 'reset-credentials' as const, callBack: 'confirmed' as const }, {}],
  ])('%s → %s', (_, expected, change, rest) => {
    expect(outcomeOf(change, rest)).toBe(expected)
  })

  test('scope comes first, so that nobody learns of a request outside theirs', () => {
    expect(outcomeOf({ place: lille, status: 'executed', requesterId: 'sophie', contentHash: 'other' })).toBe('out-of-scope')
  })

  test('never executes with fewer distinct people than needed, whoever is involved (100,000 cases)', () => {
    const person = fc.constantFrom('sophie', 'nadia', 'adrien', 'paul', 'eve')
    const edge = fc.record({ by: person, of: person, at: fc.constantFrom(now, new Date(0)) })
    fc.assert(
      fc.property(
        person,
        fc.option(person, { nil: null }),
        fc.uniqueArray(person, { maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(edge, { maxLength: 6 }),
        (requesterId, subjectId, approverIds, needed, kinship) => {
          const result = outcomeOf({ requesterId, subjectId, approverIds, approvalsNeeded: needed }, { kinship })
          if (result !== 'executed') return true
          const people = new Set([...approverIds, 'sophie'])
          return (
            people.size >= needed &&
            requesterId !== 'sophie' &&
            subjectId !== 'sophie' &&
            !approverIds.includes('sophie') &&
            !related('sophie', requesterId, kinship, new Date(now.getTime() - 30 * 86_400_000))
          )
        },
      ),
      { numRuns: 100_000 },
    )
  })
})

describe('other decisions', () => {
  test('a requester may not reject, and needs nobody to cancel', () => {
    const nadia: Actor = { id: 'nadia', grants: [{ role: 'supervisor', level: 'region', organisationId: 'aura' }] }
    expect(decideRejection({ actor: nadia, request: aRequest(), now, seen: 'seen' })).toEqual({ ok: false, refusal: 'own-request' })
    expect(decideOwn({ actor: nadia, request: aRequest(), now })).toEqual({ ok: true, value: true })
    expect(decideOwn({ actor: sophie, request: aRequest(), now })).toEqual({ ok: false, refusal: 'not-your-request' })
  })

  test('only a reset is called back, and not by who asked for it', () => {
    const amina: Actor = { id: 'amina', grants: [{ role: 'reset-manager', level: 'network', organisationId: 'ml' }] }
    const reset = aRequest({ kind: 'reset-credentials', approverRoles: ['reset-manager'] })
    expect(decideCallBack({ actor: amina, request: reset, now })).toEqual({ ok: true, value: true })
    // Where it takes three, two must not do it by calling and signing in turns.
    expect(decideCallBack({ actor: amina, request: { ...reset, requesterId: null, approverIds: ['amina'] }, now })).toEqual({
      ok: false,
      refusal: 'already-approved',
    })
    expect(decideCallBack({ actor: amina, request: { ...reset, requesterId: 'amina' }, now })).toEqual({
      ok: false,
      refusal: 'own-request',
    })
    expect(decideCallBack({ actor: amina, request: aRequest({ approverRoles: ['reset-manager'] }), now })).toEqual({
      ok: false,
      refusal: 'not-permitted',
    })
  })
})

describe('the requirement', () => {
  test('is never fewer than one person, and two for a role once the network is founded', () => {
    for (const kind of requestKinds) {
      for (const owners of [0, 1, 2, 3, 100]) expect(firstRequirement(kind, owners).approvalsNeeded).toBeGreaterThanOrEqual(1)
      expect(floorOf(kind, ['national-support'])).toBe(kind === 'revoke-bulk' ? 1 : 2)
    }
    expect(firstRequirement('grant-role', 2).approvalsNeeded).toBe(1)
    expect(firstRequirement('grant-role', 3).approvalsNeeded).toBe(2)
  })

  test('names no role that asks, takes away or only reads; taking away for good, it names who takes away', () => {
    expect(mayCountersign['revoke-bulk']).toEqual(['it-admin', 'supervisor', 'policy-owner'])
    for (const kind of requestKinds.filter((one) => one !== 'revoke-bulk'))
      for (const role of mayCountersign[kind]) expect(['account-manager', 'it-admin', 'auditor']).not.toContain(role)
  })
})

test('a decided request has nowhere to go, and a pending one goes by listed verbs alone', () => {
  for (const status of requestStatuses)
    expect(Object.keys(nextRequestStatus[status])).toEqual(status === 'pending' ? [...requestVerbs] : [])
})
