import type { Role } from '@countersign/shared/access/roles.ts'
import type { Level } from '@countersign/shared/access/scope.ts'
import { attemptsAt, type Field, type Goal, type Ground, goals, type Hand, type Member } from '@countersign/shared/policy/attempts.ts'
import { atOnce, fewest } from '@countersign/shared/policy/collusion.ts'
import { firstPolicy, firstRequirement } from '@countersign/shared/policy/first.ts'
import { type Hole, holes } from '@countersign/shared/policy/holes.ts'
import type { PolicyRule } from '@countersign/shared/policy/rules.ts'
import { amounts, measuring } from '@countersign/shared/policy/strength.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const now = new Date('2026-03-02T10:00:00Z')
const nothing = { nationId: 'nation', networkId: null, regionId: null, departementId: null, structureId: null, siteId: null }
const nation: Ground = { id: 'nation', level: 'nation', place: nothing, network: null, conventionEndsOn: null }
const lyon: Ground = {
  id: 'lyon',
  level: 'structure',
  place: { ...nothing, networkId: 'ml', regionId: 'aura', departementId: '69', structureId: 'lyon' },
  network: 'mission-locale',
  conventionEndsOn: null,
}
const office: Ground = {
  id: 'office',
  level: 'region',
  place: { ...nothing, networkId: 'ft', regionId: 'ft-aura' },
  network: 'france-travail',
  conventionEndsOn: null,
}

const member = (id: string, role: Role | null, level: Level = 'nation', organisationId = 'nation', home = office): Member => ({
  id,
  grants: role ? [{ role, level, organisationId }] : [],
  home,
  profile: 'site-adviser',
})
const cast = [
  member('nadia', 'account-manager', 'structure', 'lyon', lyon),
  member('sophie', 'supervisor', 'region', 'aura'),
  member('sylvie', 'supervisor', 'region', 'aura'),
  member('amina', 'reset-manager', 'region', 'aura'),
  member('karim', 'reset-manager', 'region', 'aura'),
  member('olivier', 'it-admin'),
  member('isabelle', 'auditor'),
  member('claire', 'policy-owner'),
  member('marc', 'policy-owner'),
  member('helene', 'policy-owner'),
]
const hand = (by: string, of: string, takesOver = true): Hand => ({ by, of, at: now, takesOver })
const field = (change: Partial<Field> = {}): Field => ({
  ground: lyon,
  nation,
  members: cast,
  rules: firstPolicy.rules,
  hands: [],
  inviters: [],
  settledOwners: 3,
  now,
  ...change,
})
const without = (...gone: string[]) => cast.filter(({ id }) => !gone.includes(id))
const numbers = (change: Partial<Field> = {}, open: Hole | null = null) =>
  Object.fromEntries(goals.map((goal) => [goal, fewest(field(change), goal, open)?.held.length ?? null])) as Record<Goal, number | null>

describe('the fewest accounts that are enough', () => {
  test('two for an account or a credential, three for a role or the policy', () => {
    expect(numbers()).toEqual({ account: 2, credential: 2, role: 3, policy: 3 })
  })

  test('the cheapest way is told step by step: who asks, who calls, who signs', () => {
    expect(fewest(field(), 'credential')).toEqual({
      held: ['nadia', 'amina'],
      steps: [
        { by: 'nadia', act: 'ask', kind: 'reset-credentials', about: 'somebody-else' },
        { by: 'amina', act: 'call', kind: 'reset-credentials', about: 'somebody-else' },
        { by: 'amina', act: 'sign', kind: 'reset-credentials', about: 'somebody-else' },
      ],
    })
  })

  test('one founder besides the one who asks while the network is being founded', () => {
    expect(numbers({ members: without('helene'), settledOwners: 2 })).toMatchObject({ role: 2, policy: 2 })
  })

  test('nobody to sign is no way in: at least four', () => {
    expect(numbers({ members: without('amina', 'karim') }).credential).toBe(null)
    // For a role somebody else may ask: two owners sign.
    expect(numbers({ members: without('helene') })).toMatchObject({ role: 3, policy: null })
  })

  test('whoever was asked for lately by the only one who may ask is no second person', () => {
    const members = without('sylvie', 'olivier', 'claire', 'marc', 'helene')
    expect(numbers({ members }).account).toBe(2)
    expect(numbers({ members, hands: [hand('nadia', 'sophie')] }).account).toBe(null)
    expect(numbers({ hands: [hand('nadia', 'sophie')] }).account).toBe(2)
  })

  test('what two win for themselves counts: a reset manager named by founders signs what the account manager asks', () => {
    const members = [...without('amina', 'karim', 'helene', 'olivier', 'sophie', 'sylvie'), member('paul', null, 'structure', 'lyon', lyon)]
    const way = fewest(field({ members, settledOwners: 2, hands: [hand('claire', 'paul')] }), 'credential')
    expect(way?.held).toEqual(['nadia', 'claire', 'marc'])
    // The shortest that is found, not the only one: somebody is named by the two founders, and signs what Nadia asks.
    expect(way?.steps.map(({ act, kind }) => `${act} ${kind}`)).toEqual(
      expect.arrayContaining([
        'ask grant-role',
        'sign grant-role',
        'ask reset-credentials',
        'call reset-credentials',
        'sign reset-credentials',
      ]),
    )
    expect(way?.steps.at(-1)).toMatchObject({ by: 'paul', act: 'sign' })
  })

  test('two who reset whom the public page names have a hand in them: no third independent owner comes of it', () => {
    const everywhere = [member('amina', 'reset-manager'), member('karim', 'reset-manager')]
    const members = [...without('amina', 'karim', 'nadia', 'olivier'), ...everywhere]
    expect(numbers({ members })).toMatchObject({ role: 3, policy: 3 })
    expect(fewest(field({ members }), 'credential')?.steps.map(({ by, act }) => `${by ?? 'public'} ${act}`)).toEqual(
      expect.arrayContaining(['sophie ask']),
    )
  })

  test('nobody new where the convention is over, but somebody who is out may come back', () => {
    const over = { ...lyon, conventionEndsOn: '2026-03-01' }
    expect(fewest(field({ ground: over }), 'account')?.steps.map(({ kind }) => kind)).toEqual(['reinstate', 'reinstate'])
  })

  test('many of one kind are as good as four of them, and are searched as quickly', () => {
    const crowd = Array.from({ length: 400 }, (_, index) => member(`adviser-${index}`, 'supervisor', 'region', 'aura'))
    expect(numbers({ members: [...cast, ...crowd] })).toEqual(numbers())
  })
})

/** Where each hole lets one account through: the goal, and what has to be so on the ground. */
const throughs = {
  H1: ['account', {}],
  H2: ['account', {}],
  H3: ['role', {}],
  H4: ['account', {}],
  H5: ['credential', {}],
  H6: ['policy', {}],
  H7: ['account', { members: without('sophie', 'sylvie') }],
  H8: ['role', {}],
  H9: ['account', {}],
  H10: ['account', {}],
  H11: ['account', {}],
  H12: ['account', { hands: [hand('nadia', 'sophie')] }],
  H13: ['account', {}],
  H14: ['account', { inviters: ['nadia'] }],
  H15: ['account', {}],
} as const satisfies Record<Hole, readonly [Goal, Partial<Field>]>

describe('with its guard one account is never enough, and without it one is', () => {
  test.each(holes)('%s', (hole) => {
    const [goal, change] = throughs[hole]
    expect(numbers(change)[goal]).not.toBe(1)
    expect(numbers(change, hole)[goal]).toBe(1)
  })
})

describe('whatever the ground', () => {
  const somebody = fc.constantFrom(...cast)
  const grounds = fc.record({
    members: fc.uniqueArray(somebody, { minLength: 2, maxLength: 7, selector: ({ id }) => id }),
    hands: fc.array(
      fc.tuple(somebody, somebody, fc.boolean()).map(([by, of, takesOver]) => hand(by.id, of.id, takesOver)),
      { maxLength: 3 },
    ),
    settledOwners: fc.constantFrom(2, 3),
  })
  const orBeyond = (accounts: number | null) => accounts ?? 4

  test('one account is never enough', () => {
    fc.assert(
      fc.property(grounds, (change) => {
        for (const goal of goals) expect(orBeyond(numbers(change)[goal])).toBeGreaterThan(1)
      }),
      { numRuns: 60 },
    )
  })

  test('nobody more makes it harder, and in whatever order they stand it is the same', () => {
    fc.assert(
      fc.property(grounds, somebody, (change, another) => {
        const before = numbers(change)
        expect(numbers({ ...change, members: change.members.toReversed() })).toEqual(before)
        if (change.members.some(({ id }) => id === another.id)) return
        const after = numbers({ ...change, members: [...change.members, another] })
        for (const goal of goals) expect(orBeyond(after[goal])).toBeLessThanOrEqual(orBeyond(before[goal]))
      }),
      { numRuns: 40 },
    )
  })

  test('measured as one that is just like another, it is as measured by itself', () => {
    const measure = measuring()
    fc.assert(
      fc.property(grounds, (change) => {
        // Whoever can change the policy is never further from anything else.
        const alone = numbers(change)
        const expected = Object.fromEntries(
          goals.map((goal) => [
            goal,
            attemptsAt(field(change), goal).length > 0 && orBeyond(alone.policy) < orBeyond(alone[goal]) ? alone.policy : alone[goal],
          ]),
        )
        expect(amounts(atOnce(measure(field(change))))).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })
})

describe('under another policy', () => {
  const owners = (people: number): PolicyRule['demand'] => ({
    ...firstRequirement('set-policy').demand,
    stages: [{ people, roles: ['policy-owner'], level: 'covering' }],
  })
  const supervisors = (people: number): PolicyRule['demand'] => ({
    ...firstRequirement('create-account').demand,
    stages: [{ people, roles: ['supervisor'], level: 'covering' }],
  })
  const under = (...rules: PolicyRule[]) => numbers({ rules: [...rules, { when: {}, demand: owners(4) }] })

  test('what asks for more signatures takes more accounts', () => {
    expect(under({ when: { kinds: ['set-policy'] }, demand: owners(3) })).toMatchObject({ account: null, role: null })
    expect(under({ when: { kinds: ['create-account', 'reinstate', 'reinstate-bulk'] }, demand: supervisors(1) })).toMatchObject({
      account: 2,
    })
  })

  test('another contact that is signed more easily than a reset is the way to somebody’s access', () => {
    const managers = (people: number) => ({
      ...supervisors(people),
      stages: [{ people, roles: ['reset-manager' as const], level: 'covering' as const }],
    })
    const resets = { when: { kinds: ['reset-credentials' as const] }, demand: managers(3) }
    expect(under({ when: { kinds: ['reset-credentials', 'change-contact'] }, demand: managers(3) })).toMatchObject({ credential: null })
    expect(under({ when: { kinds: ['change-contact'] }, demand: managers(1) }, resets)).toMatchObject({ credential: 2 })
  })

  test.each([
    ['a profile', { profiles: ['structure-management'] }],
    ['few files within reach', { reachAtLeast: 1_000_000 }],
    ['findings', { signals: ['off-hours'] }],
  ] as const)('a rule that is weak for %s is what whoever attacks uses', (_, when) => {
    const weak = { ...when } as PolicyRule['when']
    expect(under({ when: { kinds: ['reinstate'], ...weak }, demand: supervisors(1) })).toMatchObject({ account: 2 })
    expect(under({ when: { kinds: ['reinstate-bulk'], ...weak }, demand: supervisors(1) })).toMatchObject({ account: 2 })
    expect(under({ when: { kinds: ['grant-role'], ...weak }, demand: owners(2) })).toMatchObject({ role: 3 })
  })

  test('whoever can change the policy is no further from anything else', () => {
    const rules: PolicyRule[] = [
      { when: { kinds: ['set-policy'] }, demand: owners(2) },
      { when: {}, demand: owners(4) },
    ]
    expect(amounts(atOnce(measuring()(field({ rules }))))).toEqual({ account: 3, credential: 3, role: 3, policy: 3 })
  })

  test('those one level up are reckoned with, and peers of other structures', () => {
    const own = { ...supervisors(1), stages: [{ people: 1, roles: ['supervisor' as const], level: 'structure' as const }] }
    expect(under({ when: { kinds: ['create-account'] }, demand: own })).toMatchObject({ account: 2 })
  })
})
