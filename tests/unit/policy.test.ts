import type { Actor } from '@countersign/shared/access/scope.ts'
import { firstPolicy, firstRequirement } from '@countersign/shared/policy/first.ts'
import { decidePolicyRequest } from '@countersign/shared/policy/policy.ts'
import type { Means } from '@countersign/shared/requests/requirement.ts'
import { type ContainingCase, suspendsByItself } from '@countersign/shared/signals/containing.ts'
import { describe, expect, test } from 'vitest'

const nation = { nationId: 'france', networkId: null, regionId: null, departementId: null, structureId: null, siteId: null }
const claire: Actor = { id: 'claire', grants: [{ role: 'policy-owner', level: 'nation', organisationId: 'france' }] }
const olivier: Actor = { id: 'olivier', grants: [{ role: 'it-admin', level: 'nation', organisationId: 'france' }] }
const sure = {
  ...firstPolicy,
  rules: firstPolicy.rules.map(({ when, demand }) => ({ when, demand: { ...demand, assurance: 'passkey' as const } })),
}
const [off, on] = [firstPolicy, { ...firstPolicy, criticalSuspends: true }]

const owners = (many: number): readonly Means[] => Array.from({ length: many }, () => ({ strongest: 'totp', issuers: [] }))

describe('asking for a policy', () => {
  const asked = {
    actor: claire,
    place: nation,
    before: off,
    after: on,
    pending: false,
    ownersAtWork: owners(3),
    settledOwners: 3,
  }
  test.each([
    ['a policy owner', {}, null],
    ['anybody else', { actor: olivier }, 'out-of-scope'],
    ['for what is in force', { after: off }, 'nothing-to-do'],
    ['while another change waits', { pending: true }, 'policy-change-pending'],
    ['with fewer owners at work than it takes to change it again', { ownersAtWork: owners(2) }, 'owners-too-few'],
    ['that asks owners for passkeys they do not have', { after: sure }, 'owners-too-few'],
  ] as const)('%s', (_, change, refusal) => {
    const verdict = decidePolicyRequest({ ...asked, ...change })
    expect(verdict.ok ? null : verdict.refusal).toBe(refusal)
  })

  test('takes two signatures of policy owners, one while the network is being founded', () => {
    expect(firstRequirement('set-policy')).toMatchObject({ approvalsNeeded: 2, approverRoles: ['policy-owner'] })
    expect(firstRequirement('set-policy', 2).approvalsNeeded).toBe(1)
  })
})

describe('a finding suspends by itself', () => {
  const grave: ContainingCase = {
    criticalSuspends: true,
    rule: 'new-network-asks',
    severity: 'critical',
    status: 'active',
    guards: false,
    decoy: false,
  }
  test.each([
    ['where it is critical and the policy says so', {}, true],
    ['never without the policy', { criticalSuspends: false }, false],
    ['never for less than critical', { severity: 'serious' }, false],
    ['never whoever is out already', { status: 'suspended' }, false],
    ['never a policy owner or an IT admin', { guards: true }, false],
    ['never whoever puts many out, who may be answering an incident', { rule: 'burst-of-endings' }, false],
    ['a decoy that acts', { rule: 'canary-used', decoy: true }, true],
    ['never whoever touches a decoy, who may be asking it back', { rule: 'canary-used' }, false],
    ['never for wrong passwords, which are anybody’s to type', { rule: 'failures-then-success' }, false],
  ] as const)('%s', (_, change, answer) => {
    expect(suspendsByItself({ ...grave, ...change })).toBe(answer)
  })
})
