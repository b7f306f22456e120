import type { Role } from '@countersign/shared/access/roles.ts'
import type { Actor, Grant, Level, Place } from '@countersign/shared/access/scope.ts'
import { profileIds } from '@countersign/shared/accounts/profiles.ts'
import { differenceOf } from '@countersign/shared/policy/difference.ts'
import { faultsOf } from '@countersign/shared/policy/faults.ts'
import { firstPolicy, firstRequirement } from '@countersign/shared/policy/first.ts'
import { policyDocument } from '@countersign/shared/policy/policy.ts'
import {
  type Condition,
  type Demand,
  type Matched,
  type PolicyRule,
  policyRule,
  type Stage,
  type StageLevel,
  stageLevels,
} from '@countersign/shared/policy/rules.ts'
import { tryOn } from '@countersign/shared/policy/trial.ts'
import { decideApproval, type RequestCase } from '@countersign/shared/requests/approval.ts'
import { type RequestKind, requestKinds } from '@countersign/shared/requests/kinds.ts'
import { floorOf, mayCountersign, ownersSigning, peopleIn, requirementFor } from '@countersign/shared/requests/requirement.ts'
import { emptyPlaces, fits } from '@countersign/shared/requests/stages.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const lyon: Place = { nationId: 'nation', networkId: 'ml', regionId: 'aura', departementId: '69', structureId: 'lyon', siteId: 'siege' }
const stage = (roles: Stage['roles'], people = 1, level: StageLevel = 'covering'): Stage => ({ people, roles, level })
const demand = (stages: Stage[], change: Partial<Demand> = {}): Demand => ({
  stages,
  assurance: 'session',
  callBack: false,
  coolingOffHours: 0,
  deadline: { workingHours: 19 },
  escalation: null,
  ...change,
})
const rule = (when: Condition, stages: Stage[] = [stage(['policy-owner'], 2)], change: Partial<Demand> = {}): PolicyRule => ({
  when,
  demand: demand(stages, change),
})
const asked = (change: Partial<Matched> = {}): Matched => ({
  kind: 'create-account',
  network: 'mission-locale',
  place: lyon,
  profiles: ['site-adviser'],
  role: null,
  reach: 2000,
  signals: [],
  ...change,
})
const person = (id: string, role: Role, level: Level, organisationId: string, networkId: string | null = 'ml'): Actor => ({
  id,
  grants: [{ role, level, organisationId, networkId }],
})
const sophie = person('sophie', 'supervisor', 'region', 'aura')
const thomas = person('thomas', 'supervisor', 'structure', 'lyon')
const claire = person('claire', 'policy-owner', 'nation', 'nation', null)
const peer = person('peer', 'supervisor', 'structure', 'lille')

describe('a policy', () => {
  const peopleUnder = (rules: PolicyRule[], change: Partial<Matched> = {}) =>
    requirementFor([...rules, rule({}, [stage(['policy-owner'], 4)])], asked(change), 3).approvalsNeeded
  const only = (when: Condition) => rule(when, [stage(['supervisor'], 3)])

  test.each([
    ['kinds', { kinds: ['create-account'] }, {}, { kind: 'reinstate' }],
    ['networks', { networks: ['mission-locale'] }, {}, { network: 'cap-emploi' }],
    ['an organisation and all below it', { within: 'aura' }, {}, { place: { ...lyon, regionId: 'hdf' } }],
    ['profiles', { profiles: ['site-adviser'] }, {}, { profiles: ['region-coordinator'] }],
    ['roles', { roles: ['supervisor'] }, { role: 'supervisor' }, { role: null }],
    ['reach', { reachAtLeast: 2000 }, {}, { reach: 1999 }],
    ['unknown reach', { reachAtLeast: 1 }, {}, { reach: null }],
    ['signals', { signals: ['off-hours'] }, { signals: ['look-alike', 'off-hours'] }, { signals: ['look-alike'] }],
  ] as const)('asks by %s', (_, when, matching, other) => {
    expect(peopleUnder([only(when as unknown as Condition)], matching as Partial<Matched>)).toBe(3)
    expect(peopleUnder([only(when as unknown as Condition)], other as Partial<Matched>)).toBe(4)
  })

  test('is read from the top: the first rule that applies wins', () => {
    expect(peopleUnder([rule({ within: 'lyon' }, [stage(['supervisor'])]), only({ kinds: ['create-account'] })])).toBe(1)
    expect(peopleUnder([only({ kinds: ['create-account'] }), rule({ within: 'lyon' }, [stage(['supervisor'])])])).toBe(3)
  })

  test('begins without a fault, and asks what it always asked', () => {
    expect(policyDocument.safeParse(firstPolicy).success).toBe(true)
    expect(requestKinds.map((kind) => [kind, firstRequirement(kind).approvalsNeeded, firstRequirement(kind).approverRoles])).toEqual([
      ['create-account', 1, ['supervisor']],
      ['reset-credentials', 1, ['reset-manager']],
      ['change-contact', 1, ['reset-manager']],
      ['reinstate', 1, ['supervisor']],
      ['grant-role', 2, ['policy-owner']],
      ['reinstate-bulk', 1, ['policy-owner', 'supervisor']],
      ['revoke-bulk', 1, ['it-admin', 'policy-owner', 'supervisor']],
      ['set-policy', 2, ['policy-owner']],
    ])
    for (const kind of ['create-account', 'reset-credentials', 'reinstate', 'reinstate-bulk'] as const)
      expect(requirementFor(firstPolicy.rules, asked({ kind, profiles: ['site-adviser', 'national-support'] }), 3).approvalsNeeded).toBe(2)
  })

  test.each([
    ['whose last rule leaves something out', [rule({ kinds: [...requestKinds] })], [], 'rule-for-the-rest'],
    ['without a rule', [], [], 'rule-for-the-rest'],
    [
      'with a rule that another hides',
      [rule({ kinds: ['reinstate'] }), rule({ kinds: ['reinstate'], within: 'x' }), rule({})],
      [1],
      'rule-never-first',
    ],
    [
      'that gives a role on one signature',
      [rule({ kinds: ['grant-role'] }, [stage(['policy-owner'])]), rule({})],
      [0, 'demand', 'stages'],
      'rule-too-few',
    ],
    [
      'that gives it on one signature somewhere',
      [rule({ kinds: ['grant-role'], within: 'x' }, [stage(['policy-owner'])]), rule({})],
      [0, 'demand', 'stages'],
      'rule-too-few',
    ],
    ['that lets one person change it', [rule({}, [stage(['policy-owner'])])], [0, 'demand', 'stages'], 'rule-too-few'],
    [
      'that gives national reach on one signature',
      [rule({ kinds: ['create-account'] }, [stage(['supervisor'])]), rule({})],
      [0, 'demand', 'stages'],
      'rule-too-few',
    ],
    [
      'that lets the IT admin give',
      [rule({ kinds: ['create-account'] }, [stage(['it-admin'], 2)]), rule({})],
      [0, 'demand', 'stages'],
      'rule-role-not-for-kind',
    ],
    [
      'that lets supervisors give roles',
      [rule({ kinds: ['grant-role'] }, [stage(['supervisor'], 2)]), rule({})],
      [0, 'demand', 'stages'],
      'rule-role-not-for-kind',
    ],
    [
      'that calls whom nobody can call',
      [rule({ kinds: ['create-account'] }, undefined, { callBack: true }), rule({})],
      [0, 'demand', 'callBack'],
      'rule-nobody-to-call',
    ],
    [
      'that widens when it is over',
      [rule({}, undefined, { escalation: { remindAfter: 5, widenAfter: 19 } })],
      [0, 'demand', 'escalation'],
      'rule-escalates-late',
    ],
  ] as const)('%s is none', (_, rules, path, refusal) => {
    expect(faultsOf(rules as readonly PolicyRule[])).toContainEqual({ path, refusal })
    expect(policyDocument.safeParse({ ...firstPolicy, rules }).success).toBe(false)
  })

  test('that is one asks nobody for less than the floor, whatever its owners wrote', () => {
    const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 })
    const rules = fc.array(
      fc.record({
        when: fc.record(
          {
            kinds: fc.subarray([...requestKinds], { minLength: 1, maxLength: 2 }),
            profiles: some(profileIds),
            within: fc.constant('0193b6a0-0000-7000-8000-000000000001'),
          },
          { requiredKeys: [] },
        ),
        stages: fc.array(
          fc.record({
            people: fc.integer({ min: 1, max: 2 }),
            roles: fc.constantFrom<Role[]>(['policy-owner'], ['supervisor'], ['supervisor', 'policy-owner'], ['it-admin']),
          }),
          { minLength: 1, maxLength: 2 },
        ),
      }),
      { minLength: 1, maxLength: 2 },
    )
    let accepted = 0
    fc.assert(
      fc.property(rules, (drawn) => {
        const all = [
          ...drawn.map(({ when, stages }) =>
            rule(
              when as Condition,
              stages.map((one) => ({ ...one, level: 'covering' as const })),
            ),
          ),
          rule({}),
        ]
        const parsed = policyDocument.safeParse({ ...firstPolicy, rules: all })
        if (!parsed.success) return
        accepted += 1
        for (const kind of requestKinds)
          for (const profiles of [[], ...profileIds.map((one) => [one]), ['site-adviser', 'national-support'] as const].filter(
            (about) =>
              (about.length === 0) === (kind === 'set-policy' || kind === 'revoke-bulk') && (about.length < 2 || kind === 'reinstate-bulk'),
          ))
            for (const within of ['0193b6a0-0000-7000-8000-000000000001', 'elsewhere']) {
              const { approvalsNeeded, approverRoles } = requirementFor(
                parsed.data.rules,
                asked({ kind, profiles, place: { ...lyon, regionId: within } }),
                3,
              )
              expect(approvalsNeeded).toBeGreaterThanOrEqual(floorOf(kind, profiles))
              expect(mayCountersign[kind]).toEqual(expect.arrayContaining([...approverRoles]))
            }
      }),
      { numRuns: 2000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })

  test('says how many owners there always have to be', () => {
    expect(ownersSigning(firstPolicy.rules, 3)).toBe(2)
    expect(ownersSigning(firstPolicy.rules, 2)).toBe(1)
    expect(ownersSigning([rule({ kinds: ['grant-role'], within: 'x' }, [stage(['policy-owner'], 3)]), rule({})], 3)).toBe(3)
  })

  test('read against another says what was taken out and put in, in order', () => {
    const [a, b, c] = [rule({ kinds: ['reinstate'] }), rule({ kinds: ['create-account'] }), rule({})]
    expect(differenceOf([a, b, c], [b, a, c]).map(({ rule: one, change }) => [change, one])).toEqual([
      ['kept', b],
      ['moved', a],
      ['kept', c],
    ])
    const some = fc.array(fc.constantFrom(a, b, c), { maxLength: 6 })
    fc.assert(
      fc.property(some, some, (before, after) => {
        const changes = differenceOf(before, after)
        expect(changes.filter(({ change }) => change === 'kept' || change === 'removed').map((one) => one.rule)).toEqual(
          before.filter((_, place) => !changes.some((one) => one.change === 'moved' && one.from === place + 1)),
        )
        expect(changes.filter(({ change }) => change !== 'removed').map((one) => one.rule)).toEqual(after)
      }),
    )
  })
})

describe('a stage', () => {
  const at = (who: Actor, level: StageLevel, wide = false) => fits(who, stage(['supervisor'], 1, level), { place: lyon, wide })
  test.each([
    ['covering', [true, true, false]],
    ['structure', [true, false, false]],
    ['above', [false, true, false]],
    ['network', [false, false, false]],
    ['another-structure', [false, false, true]],
  ] as const)('%s is signed by whoever holds the role there', (level, expected) =>
    expect([thomas, sophie, peer].map((who) => at(who, level))).toEqual(expected),
  )

  test('goes up one level when its time has come, and nobody who could sign before is shut out', () => {
    expect([thomas, sophie, peer].map((who) => at(who, 'structure', true))).toEqual([true, true, false])
    expect([thomas, sophie, peer].map((who) => at(who, 'another-structure', true))).toEqual([false, true, true])
    for (const level of stageLevels) for (const who of [thomas, sophie, peer]) if (at(who, level)) expect(at(who, level, true)).toBe(true)
  })

  test('is never signed by somebody with another role, or over another place', () => {
    for (const wide of [false, true])
      for (const level of stageLevels) {
        expect(fits(claire, stage(['supervisor'], 1, level), { place: lyon, wide })).toBe(false)
        if (level !== 'another-structure') expect(at(peer, level, wide)).toBe(false)
      }
    expect(at(person('other', 'supervisor', 'structure', 'lille', 'cap-emploi'), 'another-structure', true)).toBe(false)
  })

  test('takes one person for one place, however the others are seated', () => {
    const grants = fc.constantFrom<Grant>(...[thomas, sophie, peer, claire].flatMap((who) => who.grants))
    const people = fc.array(fc.array(grants, { minLength: 1, maxLength: 2 }), { maxLength: 4 })
    const stages = fc.array(
      fc.record({
        people: fc.integer({ min: 1, max: 2 }),
        roles: fc.subarray<Role>(['supervisor', 'policy-owner'], { minLength: 1 }),
        level: fc.constantFrom(...stageLevels),
      }),
      { minLength: 1, maxLength: 3 },
    )
    fc.assert(
      fc.property(people, stages, (drawn, wanted) => {
        const crowd = drawn.map((held, index) => ({ id: String(index), grants: held }))
        const standing = { place: lyon, wide: false }
        const places = wanted.flatMap((one) => Array.from({ length: one.people }, () => one))
        // Every seating there is, tried one after the other.
        const most = (index: number, free: readonly Actor[]): number =>
          index === places.length
            ? 0
            : Math.max(
                most(index + 1, free),
                ...free
                  .filter((one) => fits(one, places[index] as Stage, standing))
                  .map(
                    (one) =>
                      1 +
                      most(
                        index + 1,
                        free.filter((other) => other !== one),
                      ),
                  ),
              )
        expect(emptyPlaces(wanted, crowd, standing)).toBe(places.length - most(0, crowd))
      }),
      { numRuns: 300 },
    )
  })
})

test('a policy that asks owners to come through a provider is none; one that asks others is', () => {
  const through = (contexts: readonly string[]) => ({ signIn: { issuers: ['https://provider.example'], contexts: [...contexts] } })
  const owners = demand([stage(['policy-owner'], 2)], through([]))
  const supervisors: PolicyRule = {
    when: { kinds: ['create-account'], profiles: ['site-adviser'] },
    demand: demand([stage(['supervisor'])], through(['eidas2'])),
  }
  const last = firstPolicy.rules.at(-1) as PolicyRule
  expect(faultsOf([supervisors, ...firstPolicy.rules])).toEqual([])
  expect(faultsOf([...firstPolicy.rules.slice(0, -1), { ...last, demand: owners }]).map(({ refusal }) => refusal)).toEqual([
    'rule-sign-in-for-owners',
  ])
  expect(
    policyRule.safeParse({ ...last, demand: { ...last.demand, signIn: { issuers: ['javascript:alert(1)'], contexts: [] } } }).success,
  ).toBe(false)
})

describe('a request in stages', () => {
  const now = new Date('2026-03-02T10:00:00Z')
  const twice = demand([stage(['supervisor'], 1, 'structure'), stage(['supervisor', 'policy-owner'], 1, 'above')])
  const request = (needed: Demand, signers: readonly Actor[] = [], change: Partial<RequestCase> = {}): RequestCase => ({
    kind: 'reinstate',
    status: 'pending',
    place: lyon,
    requesterId: 'nadia',
    subjectId: 'paul',
    approverIds: signers.map(({ id }) => id),
    signers,
    approvalsNeeded: peopleIn(needed),
    approverRoles: ['policy-owner', 'supervisor'],
    demand: needed,
    widensAt: null,
    contentHash: 'seen',
    expiresAt: new Date(now.getTime() + 3_600_000),
    heldUntil: null,
    callBack: null,
    callerId: null,
    devices: [],
    ...change,
  })
  const signedBy = (actor: Actor, asking: RequestCase, strongest: 'session' | 'totp' | 'passkey' | null = null) => {
    const verdict = decideApproval({
      actor,
      request: asking,
      device: null,
      kinship: [],
      onList: false,
      relatedToList: false,
      now,
      seen: 'seen',
      strongest,
      through: null,
      since: new Date(0),
    })
    return verdict.ok ? verdict.value : verdict.refusal
  }
  const another = person('another', 'supervisor', 'region', 'aura')

  test('is carried out by a signature in each, in any order', () => {
    expect([signedBy(thomas, request(twice)), signedBy(sophie, request(twice, [thomas]))]).toEqual(['pending', 'executed'])
    expect([signedBy(sophie, request(twice)), signedBy(thomas, request(twice, [sophie]))]).toEqual(['pending', 'executed'])
  })

  test('takes no signature that would only use itself up', () => {
    expect(signedBy(another, request(twice, [sophie]))).toBe('stage-filled')
    // One reader more than its stages name is another matter.
    expect(signedBy(another, request(twice, [sophie], { approvalsNeeded: 3 }))).toBe('pending')
    expect(signedBy(thomas, request(twice, [sophie, another], { approvalsNeeded: 3 }))).toBe('executed')
  })

  test('waits for its own level, and goes up when nobody answers', () => {
    const own = demand([stage(['supervisor'], 1, 'structure')])
    expect(signedBy(sophie, request(own))).toBe('other-level')
    expect(signedBy(sophie, request(own, [], { widensAt: now }))).toBe('executed')
    expect(signedBy(peer, request(own, [], { widensAt: now }))).toBe('out-of-scope')
  })

  test('asks for the proof, the call and the time that its rule asks for', () => {
    const sure = demand([stage(['supervisor'])], { assurance: 'passkey' })
    expect([signedBy(sophie, request(sure), 'totp'), signedBy(sophie, request(sure), 'passkey')]).toEqual(['assurance-too-low', 'executed'])
    const called = demand([stage(['supervisor'])], { callBack: true })
    expect([signedBy(sophie, request(called)), signedBy(sophie, request(called, [], { callBack: 'confirmed' }))]).toEqual([
      'call-back-missing',
      'executed',
    ])
    const cooling = demand([stage(['supervisor'])], { coolingOffHours: 1 })
    expect(signedBy(sophie, request(cooling, [], { heldUntil: new Date(now.getTime() + 1) }))).toBe('cooling-off')
  })
})

describe('a trial of a draft', () => {
  const inTwoDays = firstPolicy.rules.find(({ when }) => when.kinds?.includes('create-account') && !when.profiles) ?? rule({})
  const tried = (after: PolicyRule, signers: readonly Actor[] = [sophie, thomas, claire], kind: RequestKind = 'create-account') =>
    tryOn({
      matched: asked({ kind }),
      before: firstPolicy.rules,
      after: [after, rule({})],
      settledOwners: 3,
      signers: signers.map((one) => ({ ...one, strongest: 'totp', issuers: [] })),
    })
  test.each([
    ['same', inTwoDays],
    ['timing', rule({ kinds: ['create-account'] }, [stage(['supervisor'])])],
    ['more', rule({ kinds: ['create-account'] }, [stage(['supervisor'], 2)])],
    ['others', rule({ kinds: ['create-account'] }, [stage(['policy-owner'])])],
    ['others', rule({ kinds: ['create-account'] }, [stage(['supervisor'])], { assurance: 'totp' })],
    ['nobody', rule({ kinds: ['create-account'] }, [stage(['supervisor'])], { assurance: 'passkey' })],
    ['nobody', rule({ kinds: ['create-account'] }, [stage(['supervisor'], 3)])],
  ] as const)('says %s', (outcome, after) => expect(tried(after)).toBe(outcome))
  test('says fewer', () => {
    const before = [rule({ kinds: ['create-account'] }, [stage(['supervisor'], 2)]), rule({})]
    expect(
      tryOn({
        matched: asked(),
        before,
        after: firstPolicy.rules,
        settledOwners: 3,
        signers: [{ ...sophie, strongest: 'session', issuers: [] }],
      }),
    ).toBe('fewer')
  })
})
