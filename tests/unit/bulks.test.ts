import type { Actor, Place } from '@countersign/shared/access/scope.ts'
import { accountStatuses } from '@countersign/shared/accounts/status.ts'
import { type BulkStatus, bulkSelection, bulkStatuses, bulkVerbs, nextBulkStatus } from '@countersign/shared/bulks/bulk.ts'
import { type BulkCase, decideGivingBack, decideStart, decideSteer } from '@countersign/shared/bulks/deciding.ts'
import { namesIn, namingColumn } from '@countersign/shared/bulks/names.ts'
import { type LineCase, planOf } from '@countersign/shared/bulks/plan.ts'
import { isMass } from '@countersign/shared/bulks/threshold.ts'
import { firstPolicy } from '@countersign/shared/policy/first.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const lyon: Place = { nationId: 'nation', networkId: 'ml', regionId: 'aura', departementId: '69', structureId: 'lyon', siteId: 'site' }
const lille: Place = { ...lyon, regionId: 'hdf', departementId: '59', structureId: 'lille', siteId: 'siege' }
const sophie: Actor = { id: 'sophie', grants: [{ role: 'supervisor', level: 'region', organisationId: 'aura' }] }
const thomas: Actor = { id: 'thomas', grants: [{ role: 'supervisor', level: 'region', organisationId: 'hdf' }] }
const claire: Actor = { id: 'claire', grants: [{ role: 'policy-owner', level: 'nation', organisationId: 'nation' }] }
const isabelle: Actor = { id: 'isabelle', grants: [{ role: 'auditor', level: 'nation', organisationId: 'nation' }] }

const line = (change: Partial<LineCase> = {}, account: Partial<LineCase['account']> = {}): string => {
  const subject: LineCase = {
    actor: sophie,
    verb: 'suspend',
    account: { id: 'paul', status: 'active', endsOn: '2027-01-01', place: lyon, ...account },
    guards: false,
    holdsRole: false,
    resetPending: false,
    changedSince: false,
    today: '2026-11-22',
    ...change,
  }
  const { plan, refusal } = planOf(subject)
  return refusal ?? plan
}

describe('a line of a dry run', () => {
  test.each([
    ['an active account', 'change', {}, {}],
    ['a suspended one', 'already', {}, { status: 'suspended' }],
    ['a suspended one, to revoke', 'change', { verb: 'revoke' }, { status: 'suspended' }],
    ['a revoked one, to reinstate', 'account-revoked', { verb: 'reinstate' }, { status: 'revoked' }],
    ['a suspended one, to reinstate', 'change', { verb: 'reinstate' }, { status: 'suspended' }],
    ['one whose time is over, to reinstate', 'end-date-past', { verb: 'reinstate' }, { status: 'suspended', endsOn: '2026-11-21' }],
    ['one that is out, to reset', 'account-not-active', { verb: 'reset' }, { status: 'suspended' }],
    ['one with a reset pending', 'already', { verb: 'reset', resetPending: true }, {}],
    ['a holder of a role, to reset', 'role-one-by-one', { verb: 'reset', holdsRole: true }, {}],
    ['one outside scope', 'not-permitted', {}, { place: lille }],
    ['oneself', 'own-account', {}, { id: 'sophie' }],
    ['a guardian of the network', 'guardian-one-by-one', { guards: true }, {}],
    ['a guardian, to reinstate', 'change', { guards: true, verb: 'reinstate' }, { status: 'suspended' }],
    ['one that changed since', 'changed-since', { changedSince: true }, {}],
  ] as const)('%s → %s', (_, expected, change, account) => {
    expect(line(change, account)).toBe(expected)
  })

  test('never changes what its own permission does not reach', () => {
    for (const verb of bulkVerbs)
      for (const status of accountStatuses) expect(line({ verb }, { status, place: lille })).toBe('not-permitted')
  })
})

describe('a mass action', () => {
  test.each([
    ['100 accounts over many structures', 100, [{ touched: 1, accounts: 50 }], false],
    ['101 accounts', 101, [], true],
    ['five of forty in one structure', 5, [{ touched: 5, accounts: 40 }], true],
    ['four of forty: a tenth, and no more', 4, [{ touched: 4, accounts: 40 }], false],
    ['three of ten: so few are single acts', 3, [{ touched: 3, accounts: 10 }], false],
    ['a whole structure of two', 2, [{ touched: 2, accounts: 2 }], true],
    ['the one account of a structure', 1, [{ touched: 1, accounts: 1 }], false],
  ] as const)('%s', (_, accounts, structures, expected) => {
    expect(isMass({ accounts, holders: 0, structures }, firstPolicy)).toBe(expected)
  })

  test('is one where more than three hold a role, however few they are', () => {
    const taken = (many: number) => ({ accounts: many, holders: many, structures: [] })
    expect([isMass(taken(3), firstPolicy), isMass(taken(4), firstPolicy)]).toEqual([false, true])
  })

  test('is what the policy says', () => {
    const policy = { massAccounts: 20, massPercent: 50 }
    const taken = (accounts: number, touched: number) => ({ accounts, holders: 0, structures: [{ touched, accounts: 40 }] })
    expect([isMass(taken(20, 20), policy), isMass(taken(21, 5), policy), isMass(taken(20, 21), policy)]).toEqual([false, true, true])
  })
})

describe('pasted names', () => {
  test('are found whatever stands between them, each once, in lower case', () => {
    const text =
      'Paul Martin <Paul.Martin@ml-lyon.example>; nadia.roux,"nadia.roux"\t01900000-0000-7000-8000-000000000000\r\n[x.y] / a-b • *c_d*'
    expect(namesIn(text)).toEqual([
      'paul.martin@ml-lyon.example',
      'nadia.roux',
      '01900000-0000-7000-8000-000000000000',
      'x.y',
      'a-b',
      'c_d',
    ])
  })

  test('survive any mixture of separators', () => {
    const name = fc.stringMatching(/^[a-z0-9](?:[a-z0-9._-]{1,20}[a-z0-9])$/)
    const separator = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 4 })
      // Some letters are none any more once they are normalised.
      .filter((text) => [text, text.normalize('NFKC')].every((one) => !/[\p{Letter}\p{Number}._%+@<>-]/u.test(one.toLowerCase())))
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { minLength: 1, maxLength: 30 }),
        fc.array(separator, { minLength: 30, maxLength: 30 }),
        (names, between) => {
          expect(namesIn(names.map((one, index) => one + between[index]).join(''))).toEqual(names)
        },
      ),
    )
  })

  test.each([
    [['Nom', 'Identifiant', 'E-mail'], 1],
    [['Nom', 'ADRESSE E-MAIL'], 1],
    [['id', 'login'], 0],
    [['Nom', 'Ville'], null],
  ])('stand in the column of %j that says so', (header, column) => {
    expect(namingColumn(header)).toBe(column)
  })
})

test('a filter with a value or a key it does not know is refused, never read as everybody', () => {
  const at = '2026-11-22T03:00:00Z'
  const filter = (narrow: unknown) => bulkSelection.safeParse({ from: 'filter', filter: narrow, at, except: [] }).success
  expect(filter({ status: 'active' })).toBe(true)
  for (const wrong of [{ status: 'actif' }, { organisation: 'x' }, { organisations: [] }, { q: 1 }, null, undefined])
    expect(filter(wrong)).toBe(false)
})

const now = new Date('2026-11-22T03:00:00Z')
const bulk = (change: Partial<BulkCase> = {}): BulkCase => ({
  verb: 'suspend',
  status: 'running',
  ordererId: 'sophie',
  place: lyon,
  planned: 3,
  listHash: 'seen',
  step: 'act',
  previewedAt: now,
  endedAt: null,
  ...change,
})
const word = (verdict: { ok: boolean; value?: unknown; refusal?: string }) => (verdict.ok ? verdict.value : verdict.refusal)

describe('a bulk', () => {
  test('goes by listed steps alone, and what is over stays over', () => {
    for (const status of bulkStatuses)
      for (const steer of ['pause', 'resume', 'stop'] as const) {
        const possible: Partial<Record<string, BulkStatus>> = nextBulkStatus[status]
        expect(word(decideSteer(steer, { actor: sophie, bulk: bulk({ status }), now }))).toBe(possible[steer] ?? 'already-in-state')
      }
    expect([nextBulkStatus.finished, nextBulkStatus.stopped]).toEqual([{}, {}])
  })

  test('is held up by whoever could have ordered it, and by nobody else', () => {
    const regional: BulkCase = bulk({ ordererId: 'somebody' })
    expect(word(decideSteer('stop', { actor: sophie, bulk: regional, now }))).toBe('stopped')
    expect(word(decideSteer('stop', { actor: claire, bulk: regional, now }))).toBe('stopped')
    expect(word(decideSteer('resume', { actor: claire, bulk: { ...regional, status: 'paused' }, now }))).toBe('not-permitted')
    expect(word(decideSteer('stop', { actor: claire, bulk: { ...regional, verb: 'reset' }, now }))).toBe('not-permitted')
    // A return is not stopped by whoever could have put them out.
    const olivier: Actor = { id: 'olivier', grants: [{ role: 'it-admin', level: 'nation', organisationId: 'nation' }] }
    expect(word(decideSteer('stop', { actor: olivier, bulk: { ...regional, verb: 'reinstate' }, now }))).toBe('not-permitted')
    expect(word(decideSteer('stop', { actor: claire, bulk: { ...regional, verb: 'reinstate' }, now }))).toBe('stopped')
    expect(word(decideSteer('stop', { actor: isabelle, bulk: regional, now }))).toBe('not-permitted')
    expect(word(decideSteer('stop', { actor: thomas, bulk: regional, now }))).toBe('out-of-scope')
  })

  test.each([
    ['seen as it is', true, {}, 'seen'],
    ['seen otherwise', 'content-changed', {}, 'other'],
    ['of yesterday', 'expired', { previewedAt: new Date('2026-11-21T02:00:00Z') }, 'seen'],
    ['of nobody', 'nothing-to-do', { planned: 0 }, 'seen'],
    ['started already', 'already-decided', { status: 'running' }, 'seen'],
    ['of somebody else', 'out-of-scope', { ordererId: 'thomas' }, 'seen'],
  ] as const)('starts from a dry run %s: %s', (_, expected, change, seen) => {
    expect(word(decideStart({ actor: sophie, bulk: bulk({ status: 'previewed', ...change }), now, seen }))).toBe(expected)
  })

  test.each([
    ['that is over', true, { status: 'finished' }],
    ['that waits for its second signature', true, { status: 'waiting', verb: 'revoke', step: 'contain' }],
    ['that nobody countersigned', true, { status: 'finished', verb: 'revoke', step: 'contain', endedAt: new Date('2026-11-21T04:00:00Z') }],
    ['whose accounts are revoked for good', 'account-revoked', { status: 'finished', verb: 'revoke' }],
    ['that still works', 'bulk-at-work', {}],
    ['of resets', 'already-in-state', { verb: 'reset', status: 'finished' }],
    ['of the day before yesterday', 'undo-too-late', { status: 'finished', endedAt: new Date('2026-11-20T03:00:00Z') }],
    ['that never began', 'already-in-state', { status: 'previewed' }],
  ] as const)('%s is given back: %s', (_, expected, change) => {
    expect(word(decideGivingBack({ actor: sophie, bulk: bulk(change), now }))).toBe(expected)
  })

  test('is given back by whoever may ask for accounts back, not by whoever only reads', () => {
    expect(word(decideGivingBack({ actor: isabelle, bulk: bulk({ status: 'finished' }), now }))).toBe('not-permitted')
  })
})
