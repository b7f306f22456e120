import { objectionToPassword } from '@countersign/server/features/sessions/passwords.ts'
import { failuresBeforeLock, waitUntil } from '@countersign/shared/access/lock.ts'
import { type Permission, permissions } from '@countersign/shared/access/permissions.ts'
import { roles } from '@countersign/shared/access/roles.ts'
import { type Actor, covers, holds, type Place, scopeOf } from '@countersign/shared/access/scope.ts'
import { decideEnding, decideUndo, type OwnersLeft } from '@countersign/shared/accounts/ending.ts'
import { profileIds, profiles, reachedOrganisation } from '@countersign/shared/accounts/profiles.ts'
import { accountStatuses, nextAccountStatus, statusAfter } from '@countersign/shared/accounts/status.ts'
import { describe, expect, test } from 'vitest'

const place: Place = { nationId: 'n', networkId: 'w', regionId: 'r', departementId: 'd', structureId: 's', siteId: 't' }
const now = new Date('2026-03-02T10:00:00Z')

test('the permission matrix is this one', () => {
  const matrix = Object.fromEntries(
    roles.map((role) => [
      role,
      (Object.keys(permissions) as Permission[]).filter((one) => (permissions[one] as readonly string[]).includes(role)),
    ]),
  )
  expect(matrix).toMatchInlineSnapshot(`
    {
      "account-manager": [
        "account:read",
        "organisation:read",
        "request:read",
        "request:file:create-account",
        "request:file:reset-credentials",
        "request:file:change-contact",
        "request:file:reinstate",
      ],
      "auditor": [
        "account:read",
        "organisation:read",
        "request:read",
        "incident:read",
        "signal:read",
        "policy:read",
        "audit:read",
        "audit:export",
      ],
      "it-admin": [
        "account:read",
        "account:suspend",
        "account:revoke",
        "role:revoke",
        "organisation:read",
        "request:read",
        "request:file:reset-credentials",
        "request:file:change-contact",
        "request:file:reinstate",
        "request:file:grant-role",
        "request:countersign",
        "absence:announce",
        "incident:read",
        "incident:keep",
        "signal:read",
        "signal:settle",
        "policy:read",
        "audit:read",
        "delivery:read",
      ],
      "policy-owner": [
        "account:read",
        "role:revoke",
        "organisation:read",
        "request:read",
        "request:file:reinstate",
        "request:file:grant-role",
        "request:countersign",
        "absence:announce",
        "incident:read",
        "incident:keep",
        "signal:read",
        "signal:settle",
        "canary:place",
        "policy:read",
        "request:file:set-policy",
        "audit:read",
      ],
      "reset-manager": [
        "account:read",
        "organisation:read",
        "request:read",
        "request:countersign",
        "absence:announce",
        "request:call-back",
        "signal:read",
        "policy:read",
      ],
      "supervisor": [
        "account:read",
        "account:suspend",
        "account:revoke",
        "organisation:read",
        "request:read",
        "request:file:create-account",
        "request:file:reset-credentials",
        "request:file:change-contact",
        "request:file:reinstate",
        "request:file:grant-role",
        "request:countersign",
        "absence:announce",
        "incident:read",
        "incident:keep",
        "signal:read",
        "signal:settle",
        "policy:read",
        "audit:read",
      ],
    }
  `)
})

test('a scope covers its subtree and nothing else, and an empty one nothing', () => {
  for (const level of ['nation', 'network', 'region', 'departement', 'structure', 'site'] as const) {
    expect(covers([{ level, organisationId: place[`${level}Id`] ?? '' }], place)).toBe(true)
    expect(covers([{ level, organisationId: 'elsewhere' }], place)).toBe(false)
  }
  expect(covers([], place)).toBe(false)
  expect(covers([{ level: 'site', organisationId: 's' }], place)).toBe(false)
})

test('without a grant nobody holds anything', () => {
  const agent: Actor = { id: 'paul', grants: [] }
  for (const permission of Object.keys(permissions) as Permission[]) {
    expect(holds(agent, permission)).toBe(false)
    expect(scopeOf(agent, permission)).toEqual([])
  }
})

describe('ending an account', () => {
  const sophie: Actor = { id: 'sophie', grants: [{ role: 'supervisor', level: 'region', organisationId: 'r' }] }
  const decide = (
    verb: 'suspend' | 'revoke',
    status: 'active' | 'suspended' | 'revoked',
    change: { actor?: Actor; left?: OwnersLeft; lastItAdmin?: boolean; by?: string; ago?: number } = {},
  ) => {
    const verdict = decideEnding({
      actor: change.actor ?? sophie,
      verb,
      account: {
        id: 'paul',
        status,
        place,
        previousStatus: status === 'active' ? null : 'active',
        statusChangedBy: change.by ?? 'sophie',
        statusChangedAt: new Date(now.getTime() - (change.ago ?? 5) * 1000),
      },
      ownersLeft: change.left ?? null,
      lastItAdmin: change.lastItAdmin ?? false,
      now,
    })
    return verdict.ok ? verdict.value : verdict.refusal
  }
  test.each([
    ['suspend', 'active', 'suspended'],
    ['suspend', 'suspended', 'already-in-state'],
    ['suspend', 'revoked', 'already-in-state'],
    ['revoke', 'active', 'revoked'],
    ['revoke', 'suspended', 'revoked'],
    ['revoke', 'revoked', 'already-in-state'],
  ] as const)('%s an %s one → %s', (verb, status, expected) => expect(decide(verb, status)).toBe(expected))
  test.each([
    ['suspend', 'the last owner who can act', { active: 0, standing: 3, signing: 2 }, 'last-policy-owner'],
    ['suspend', 'one of three', { active: 2, standing: 2, signing: 2 }, 'suspended'],
    [
      'suspend',
      'one of two: one must ask for those back who are out, and one sign',
      { active: 1, standing: 2, signing: 2 },
      'last-policy-owner',
    ],
    ['suspend', 'one of two founders', { active: 1, standing: 1, signing: 1 }, 'suspended'],
    ['revoke', 'one of four', { active: 3, standing: 3, signing: 2 }, 'revoked'],
    ['revoke', 'one of three: one must ask and two sign to name another', { active: 2, standing: 2, signing: 2 }, 'last-policy-owner'],
    ['revoke', 'one of two founders: one must ask and one sign', { active: 1, standing: 1, signing: 1 }, 'last-policy-owner'],
    ['revoke', 'the last who can act', { active: 0, standing: 3, signing: 2 }, 'last-policy-owner'],
  ] as const)('%s %s → %s', (verb, _who, left, expected) => expect(decide(verb, 'active', { left })).toBe(expected))
  test.each([
    ['suspend', 'suspended', 'thomas', 5, 'suspended'],
    ['revoke', 'revoked', 'thomas', 5, 'revoked'],
    ['suspend', 'revoked', 'thomas', 5, 'revoked'],
    ['suspend', 'suspended', 'thomas', 31, 'already-in-state'],
    ['suspend', 'suspended', 'sophie', 5, 'already-in-state'],
  ] as const)(
    '%s one %s by %s %s seconds ago → %s: while its way back is open, a second person closes it',
    (verb, status, by, ago, expected) => expect(decide(verb, status, { by, ago })).toBe(expected),
  )
  test('the last IT admin may be suspended, and is revoked by nobody', () => {
    expect(decide('suspend', 'active', { lastItAdmin: true })).toBe('suspended')
    expect(decide('revoke', 'active', { lastItAdmin: true })).toBe('last-it-admin')
  })
  test('an account manager ends nobody', () =>
    expect(
      decide('suspend', 'active', { actor: { id: 'n', grants: [{ role: 'account-manager', level: 'structure', organisationId: 's' }] } }),
    ).toBe('out-of-scope'))
  test('undo: the same hand, thirty seconds, from an ended state', () => {
    const account = { status: 'suspended' as const, previousStatus: 'active' as const, statusChangedAt: now, statusChangedBy: 'sophie' }
    expect(decideUndo({ actor: sophie, account, now: new Date(now.getTime() + 30_000) })).toEqual({ ok: true, value: 'active' })
    expect(decideUndo({ actor: sophie, account, now: new Date(now.getTime() + 30_001) })).toEqual({ ok: false, refusal: 'undo-too-late' })
    expect(decideUndo({ actor: { ...sophie, id: 'eve' }, account, now })).toEqual({ ok: false, refusal: 'not-found' })
    expect(decideUndo({ actor: sophie, account: { ...account, statusChangedBy: null }, now })).toEqual({ ok: false, refusal: 'not-found' })
  })
  test('revoked is final', () => {
    expect(nextAccountStatus.revoked).toEqual({})
    for (const status of accountStatuses) expect(statusAfter(status, 'reinstate')).toBe(status === 'suspended' ? 'active' : undefined)
  })
})

test('reach never exceeds what the profile says', () => {
  const regional: Place = { ...place, departementId: null, structureId: null, siteId: null }
  for (const id of profileIds) {
    if (profiles[id].dataScope === 'nation') continue
    if (profiles[id].dataScope === 'none') {
      expect(reachedOrganisation(id, place)).toBeNull()
      continue
    }
    expect(reachedOrganisation(id, place)).not.toBe('n')
    expect(['r', 'w']).toContain(reachedOrganisation(id, regional))
  }
  expect(reachedOrganisation('site-adviser', place)).toBe('t')
  expect(reachedOrganisation('structure-adviser', place)).toBe('s')
})

test('ten failures lock, the fourth begins to wait, and waiting grows', () => {
  expect(failuresBeforeLock).toBe(10)
  const waits = Array.from({ length: 11 }, (_, failures) => (waitUntil(failures, now)?.getTime() ?? now.getTime()) - now.getTime())
  expect(waits).toEqual([0, 0, 0, 0, 2000, 4000, 8000, 16_000, 32_000, 64_000, 900_000])
})

test.each([
  ['court', 'password-too-short'],
  ['motdepasse1234', 'password-common'],
  ['paul.martin.2026', 'password-common'],
  ['azertyuiop123456', 'password-common'],
  ['la pluie tombe sur Vénissieux', null],
])('the password %s → %s', (password, expected) => expect(objectionToPassword(password, ['paul.martin', 'Paul'])).toBe(expected))
