import { type Role, roles } from '@countersign/shared/access/roles.ts'
import type { Actor, Place } from '@countersign/shared/access/scope.ts'
import { decideEnding } from '@countersign/shared/accounts/ending.ts'
import type { AccountStatus } from '@countersign/shared/accounts/status.ts'
import { firstPolicy } from '@countersign/shared/policy/first.ts'
import { decideApproval, decideCallBack, decideOwn, decideRejection, type RequestCase } from '@countersign/shared/requests/approval.ts'
import type { FormContent } from '@countersign/shared/requests/content.ts'
import { objectionsToFiling } from '@countersign/shared/requests/filing.ts'
import { requirementFor } from '@countersign/shared/requests/requirement.ts'
import { callBackOutcomes } from '@countersign/shared/requests/status.ts'
import { expect, test } from 'vitest'

/**
 * Whoever holds these accounts tries everything the policy lets them do, in every order, six steps deep, while nobody else lifts
 * a hand. What they are after: any request executed, which is an account, a reset or a right.
 */
const depth = 6

const now = new Date('2026-03-02T10:00:00Z')
const lyon: Place = { nationId: 'nation', networkId: 'ml', regionId: 'aura', departementId: '69', structureId: 'lyon', siteId: 'site' }
const above: Place = { ...lyon, structureId: null, siteId: null }
const nation: Place = { ...above, networkId: null, regionId: null, departementId: null }
const places = { site: ['site', lyon], lyon: ['structure', lyon], aura: ['region', above], nation: ['nation', nation] } as const

const person = (id: string, role?: Role, level: 'structure' | 'region' | 'nation' = 'nation', organisationId = 'nation'): Actor => ({
  id,
  grants: role ? [{ role, level, organisationId }] : [],
})
const people = {
  nadia: person('nadia', 'account-manager', 'structure', 'lyon'),
  sophie: person('sophie', 'supervisor', 'region', 'aura'),
  amina: person('amina', 'reset-manager', 'region', 'aura'),
  karim: person('karim', 'reset-manager', 'region', 'aura'),
  olivier: person('olivier', 'it-admin'),
  isabelle: person('isabelle', 'auditor'),
  claire: person('claire', 'policy-owner'),
  marc: person('marc', 'policy-owner'),
  helene: person('helene', 'policy-owner'),
  paul: person('paul'),
} as const
type Name = keyof typeof people

type State = { readonly requests: readonly RequestCase[]; readonly statuses: Readonly<Record<string, AccountStatus>> }
const start: State = { requests: [], statuses: { paul: 'active', sophie: 'active', dormant: 'suspended' } }

const common = { justification: 'Essai' }
/** One of each: more of the same opens no other way. */
const contents: readonly FormContent[] = [
  ...(['site-adviser', 'national-support'] as const).map((profile) => ({
    kind: 'create-account' as const,
    organisationId: 'site',
    givenName: 'Eve',
    familyName: 'Intruse',
    login: `eve.${profile}`,
    email: 'eve@example.org',
    phone: '+33612345678',
    profile,
    endsOn: '2026-12-31',
    ...common,
  })),
  ...['paul', 'sophie'].map((accountId) => ({ kind: 'reset-credentials' as const, accountId, ...common })),
  {
    kind: 'change-contact',
    accountId: 'paul',
    before: { email: 'on.record@example.org', phone: '+33612345678' },
    email: 'eve@example.org',
    phone: '+33612345678',
    ...common,
  },
  { kind: 'reinstate', accountId: 'dormant', ...common },
  ...roles.flatMap((role) =>
    (['lyon', 'nation'] as const).map((organisationId) => ({
      kind: 'grant-role' as const,
      accountId: 'paul',
      role,
      organisationId,
      ...common,
    })),
  ),
]

const subjectOf = (content: FormContent): string | null => (content.kind === 'create-account' ? null : content.accountId)
const keyOf = (content: FormContent): string => JSON.stringify(content)

const filed = (state: State, actor: Actor | 'public', content: FormContent): State | null => {
  const subject = subjectOf(content)
  if (state.requests.some((one) => one.contentHash === keyOf(content))) return null
  const [level, grantPlace] = content.kind === 'grant-role' ? places[content.organisationId as 'lyon'] : (['site', null] as const)
  const objections = objectionsToFiling({
    actor,
    content,
    place: lyon,
    level,
    network: 'mission-locale',
    conventionEndsOn: null,
    today: '2026-03-02',
    loginTaken: false,
    phoneValid: true,
    account: subject
      ? {
          id: subject,
          status: state.statuses[subject] ?? 'active',
          endsOn: '2026-12-31',
          email: 'on.record@example.org',
          phone: '+33612345678',
        }
      : null,
    grantPlace,
    roleHeld: false,
  })
  if (objections.length > 0) return null
  const requirement = requirementFor(
    firstPolicy.rules,
    {
      kind: content.kind,
      network: 'mission-locale',
      place: lyon,
      profiles: content.kind === 'create-account' ? [content.profile] : [],
      role: content.kind === 'grant-role' ? content.role : null,
      reach: null,
      signals: [],
    },
    3,
  )
  const request: RequestCase = {
    kind: content.kind,
    status: 'pending',
    place: lyon,
    requesterId: actor === 'public' ? null : actor.id,
    subjectId: subject,
    approverIds: [],
    signers: [],
    widensAt: null,
    devices: [],
    ...requirement,
    contentHash: keyOf(content),
    expiresAt: new Date(now.getTime() + 3_600_000),
    heldUntil: null,
    callBack: null,
    callerId: null,
  }
  return { ...state, requests: [...state.requests, request] }
}

const changed = (state: State, index: number, change: Partial<RequestCase>): State => ({
  ...state,
  requests: state.requests.map((one, at) => (at === index ? { ...one, ...change } : one)),
})

/** Every state one step away: what the policy grants to one of these hands. */
const stepsFrom = (state: State, hands: readonly Actor[]): readonly State[] => {
  const next: (State | null)[] = contents.map((content) => (content.kind === 'reset-credentials' ? filed(state, 'public', content) : null))
  for (const actor of hands) {
    next.push(...contents.map((content) => filed(state, actor, content)))
    for (const [index, request] of state.requests.entries()) {
      const approval = decideApproval({
        actor,
        device: null,
        request,
        kinship: [],
        onList: false,
        relatedToList: false,
        now,
        strongest: null,
        through: null,
        since: new Date(0),
        seen: request.contentHash,
      })
      if (approval.ok)
        next.push(
          changed(state, index, {
            approverIds: [...request.approverIds, actor.id].toSorted(),
            signers: [...request.signers, actor],
            ...(approval.value === 'executed' ? { status: 'executed' as const } : {}),
          }),
        )
      if (decideOwn({ actor, request, now }).ok) next.push(changed(state, index, { status: 'cancelled' }))
      if (decideRejection({ actor, request, now, seen: request.contentHash }).ok) next.push(changed(state, index, { status: 'rejected' }))
      if (decideCallBack({ actor, request, now }).ok)
        next.push(...callBackOutcomes.map((callBack) => changed(state, index, { callBack, callerId: actor.id })))
    }
    for (const [id, status] of Object.entries(state.statuses)) {
      const account = { id, status, place: lyon, previousStatus: null, statusChangedAt: now, statusChangedBy: null }
      for (const verb of ['suspend', 'revoke'] as const) {
        const verdict = decideEnding({ actor, verb, account, ownersLeft: null, lastItAdmin: false, now })
        if (verdict.ok) next.push({ ...state, statuses: { ...state.statuses, [id]: verdict.value } })
      }
    }
  }
  return next.filter((one) => one !== null)
}

const nameOf = (state: State): string =>
  JSON.stringify([
    state.requests
      .map(({ contentHash, status, approverIds, callBack, callerId, requesterId }) => [
        contentHash,
        status,
        approverIds,
        callBack,
        callerId,
        requesterId,
      ])
      .toSorted(),
    state.statuses,
  ])

/** The kinds these hands get executed without anybody else, and the states that were seen on the way. */
const search = (hands: readonly Name[], most: number): { reached: ReadonlySet<string>; seen: number } => {
  const actors = hands.map((name) => people[name])
  const reached = new Set<string>()
  const seen = new Set([nameOf(start)])
  let edge: readonly State[] = [start]
  for (let step = 0; step < most && edge.length > 0; step += 1) {
    const further: State[] = []
    for (const state of edge) {
      for (const next of stepsFrom(state, actors)) {
        for (const { kind, status } of next.requests) if (status === 'executed') reached.add(kind)
        const name = nameOf(next)
        if (!seen.has(name)) {
          seen.add(name)
          further.push(next)
        }
      }
    }
    edge = further
  }
  return { reached, seen: seen.size }
}

test.each(['nadia', 'sophie', 'amina', 'olivier', 'isabelle', 'claire', 'paul'] as const)(
  '%s alone gets nothing executed, whatever they do in six steps',
  (name) => {
    const { reached, seen } = search([name], depth)
    expect([...reached]).toEqual([])
    // They did try: everybody has the public page at least, for two people, in any order.
    expect(seen).toBeGreaterThanOrEqual(4)
  },
)

/** The search finds what there is to find: where two hands are enough, it says so. */
test.each([
  [['nadia', 'sophie'], 2, ['create-account', 'reinstate']],
  [['nadia', 'amina'], 3, ['change-contact', 'reset-credentials']],
  [['amina', 'karim'], 3, ['reset-credentials']],
  [['claire', 'marc'], 3, []],
  [['claire', 'marc', 'helene'], 3, ['grant-role']],
] as const)('%j together, in %d steps: %j', (hands, steps, kinds) => {
  expect([...search(hands, steps).reached].toSorted()).toEqual([...kinds])
})
