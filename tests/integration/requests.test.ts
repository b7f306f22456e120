import { closeOverdue } from '@countersign/server/jobs.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makerOf, outcome } from '../support/make.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
})
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

describe('a request for an account', () => {
  test('creates nothing until it is countersigned, and then exactly what was asked', async () => {
    const [nadia, sophie] = [await world.as('nadia.roux'), await world.as('sophie.marchand')]
    const request = await make.pending(nadia)
    await expect(world.idOf(request.content.login)).rejects.toThrow()

    expect(await sophie.call.requests.approve({ requestId: request.id, seen: request.seen })).toBe('executed')

    const { rows } = await world.owner.query('select status, phone, profile_id, reach > 0 as reaches from account where login = $1', [
      request.content.login,
    ])
    expect(rows).toEqual([{ status: 'active', phone: '+33612345678', profile_id: 'site-adviser', reaches: true }])
    expect(await world.entriesAbout(request.id)).toEqual(['request.submitted', 'request.approval-given', 'request.executed'])
    expect(await world.entriesAbout(await world.idOf(request.content.login))).toEqual(['account.created'])
  })

  test('is refused to whoever asked it, and the attempt stays in the audit', async () => {
    const nadia = await world.as('nadia.roux')
    const accountId = await make.agentOf('Mission locale de Lyon')
    await make.role(accountId, 'supervisor', await make.organisation('Mission locale de Lyon'))
    const both = await world.enter(accountId)
    await make.role(accountId, 'account-manager', await make.organisation('Mission locale de Lyon'))
    const again = await world.enter(both.person.id)
    const request = await make.pending(again)
    expect(await outcome(again.call.requests.approve({ requestId: request.id, seen: request.seen }))).toBe('own-request')
    expect(await outcome(nadia.call.requests.approve({ requestId: request.id, seen: request.seen }))).toBe('not-permitted')
    expect(await world.entriesAbout(again.person.id)).toContain('attempt.refused')
  })

  test('reads as not found to a supervisor of another region', async () => {
    const request = await make.pending(await world.as('nadia.roux'))
    const thomas = await world.as('thomas.vasseur')
    expect(await outcome(thomas.call.requests.approve({ requestId: request.id, seen: request.seen }))).toBe('not-found')
    expect(await outcome(thomas.call.requests.get({ requestId: request.id }))).toBe('not-found')
  })

  test('is filed by an account manager for their own structure only', async () => {
    const nadia = await world.as('nadia.roux')
    const elsewhere = await make.creation({ organisationId: await make.siteOf('Mission locale de Lille') })
    expect(await outcome(nadia.call.requests.submit(elsewhere))).toBe('not-found')
  })

  test.each([
    ['a login that is taken', { login: 'paul.martin' }, 'login-taken', 'login'],
    ['a phone number that does not exist', { phone: '01 23' }, 'phone-invalid', 'phone'],
    ['an end beyond the convention', { endsOn: '2099-12-31' }, 'end-date-beyond-convention', 'endsOn'],
    ['an end that has passed', { endsOn: '2020-01-01' }, 'end-date-past', 'endsOn'],
    ['a reach wider than the requester’s scope', { profile: 'region-coordinator' as const }, 'profile-not-allowed', 'profile'],
    ['a profile the network does not allow', { profile: 'national-support' as const }, 'profile-not-allowed', 'profile'],
  ])('with %s is refused at its field', async (_, change, refusal, field) => {
    const nadia = await world.as('nadia.roux')
    const error = await nadia.call.requests
      .submit(await make.creation(change))
      .catch((thrown: { cause: { fields: unknown } }) => thrown.cause)
    expect(error).toMatchObject({ code: refusal, fields: expect.arrayContaining([{ field, refusal }]) })
  })

  test('at a network or the nation itself is of one that opens no file, and is asked and countersigned by whoever supervises there', async () => {
    const network = await make.organisation('Missions locales', 'network')
    const staff = { organisationId: network, profile: 'without-files' as const }
    const [nadia, sophie] = [await world.as('nadia.roux'), await world.as('sophie.marchand')]
    // Whoever supervises a structure or a region has no business there.
    for (const one of [nadia, sophie]) expect(await outcome(one.call.requests.submit(await make.creation(staff)))).toBe('not-found')
    const [first, second] = [await make.agentOf('Mission locale de Lyon', 3), await make.agentOf('Mission locale de Lille', 3)]
    for (const id of [first, second]) await make.role(id, 'supervisor', network)
    // As if they had been named by different hands.
    await world.tamper('delete from lineage where to_account_id = any($1)', [[first, second]])
    const [asks, signs] = [await world.enter(first), await world.enter(second)]
    for (const profile of ['region-coordinator', 'national-support'] as const)
      expect(await outcome(asks.call.requests.submit(await make.creation({ ...staff, profile })))).toBe('profile-not-allowed')
    expect(await asks.call.organisations.profiles({ organisationId: network })).toEqual(['without-files'])
    const { id, seen, content } = await make.pending(asks, staff)
    expect(await signs.call.requests.approve({ requestId: id, seen })).toBe('executed')
    const accountId = await world.idOf(content.login)
    const account = await signs.call.accounts.get({ accountId })
    expect([account.profileId, account.reach, account.reached]).toEqual(['without-files', 0, null])
    // It opens no file, and is found all the same by whoever follows a suspicion.
    const { nodes } = await signs.call.cascade.trace({ suspectId: accountId, since: new Date(Date.now() - 3_600_000).toISOString() })
    expect(nodes.map((one) => [one.id, one.reachedId, one.files])).toEqual([[accountId, null, 0]])
  })

  test('edited after a countersignature needs a new one', async () => {
    const [nadia, sophie] = [await world.as('nadia.roux'), await world.as('sophie.marchand')]
    const { id, content } = await make.pending(nadia)
    await world.tamper('update request set approvals_needed = 2 where id = $1', [id])
    const before = await make.hashOf(id)
    expect(await sophie.call.requests.approve({ requestId: id, seen: before })).toBe('pending')
    const changed = { ...content, givenName: 'Autre' }
    await nadia.call.requests.edit({ requestId: id, content: changed })

    expect(await outcome(sophie.call.requests.approve({ requestId: id, seen: before }))).toBe('content-changed')
    expect(await sophie.call.requests.approve({ requestId: id, seen: await make.hashOf(id) })).toBe('pending')
    expect(await outcome(sophie.call.requests.edit({ requestId: id, content: changed }))).toBe('not-your-request')
    await nadia.call.requests.cancel({ requestId: id })
  })

  test('for a login somebody else asks for at the same instant: one is told it is taken', async () => {
    const [nadia, sophie] = [await world.as('nadia.roux'), await world.as('sophie.marchand')]
    for (let trial = 0; trial < 20; trial += 1) {
      const content = await make.creation()
      const answers = await Promise.all([nadia, sophie].map((one) => outcome(one.call.requests.submit(content))))
      expect(answers.toSorted()).toEqual(['allowed', 'login-taken'])
    }
  })

  test('cancelled by its requester can no longer be countersigned', async () => {
    const nadia = await world.as('nadia.roux')
    const request = await make.pending(nadia)
    await nadia.call.requests.cancel({ requestId: request.id })
    const sophie = await world.as('sophie.marchand')
    expect(await outcome(sophie.call.requests.approve({ requestId: request.id, seen: request.seen }))).toBe('already-decided')
    expect(await world.entriesAbout(request.id)).toEqual(['request.submitted', 'request.cancelled'])
  })

  test('that nobody answers in time is refused by silence', async () => {
    const request = await make.pending(await world.as('nadia.roux'))
    await world.tamper(`update request set expires_at = now() - interval '1 second' where id = $1`, [request.id])
    const sophie = await world.as('sophie.marchand')
    expect(await outcome(sophie.call.requests.approve({ requestId: request.id, seen: request.seen }))).toBe('expired')
    expect(await closeOverdue(world.db)).toBeGreaterThanOrEqual(1)
    expect(await world.entriesAbout(request.id)).toEqual(['request.submitted', 'request.expired'])
  })

  test('rejected carries its reason', async () => {
    const request = await make.pending(await world.as('nadia.roux'))
    await (await world.as('sophie.marchand')).call.requests.reject({
      requestId: request.id,
      seen: request.seen,
      reason: 'Convention non signée',
    })
    const shown = await (await world.as('nadia.roux')).call.requests.get({ requestId: request.id })
    expect(shown).toMatchObject({ status: 'rejected', reason: 'Convention non signée' })
  })
})

describe('a role', () => {
  test('needs two policy owners besides the one who asks', async () => {
    const [claire, marc, helene] = [await world.as('claire.fontaine'), await world.as('marc.delorme'), await world.as('helene.garnier')]
    const accountId = await make.agentOf('Mission locale de Lyon', 2)
    const organisationId = await make.organisation('Mission locale de Lyon')
    const id = await make.askedRole(claire, accountId, 'account-manager', organisationId)
    const seen = await make.hashOf(id)
    expect(await marc.call.requests.approve({ requestId: id, seen })).toBe('pending')
    expect(await outcome(marc.call.requests.approve({ requestId: id, seen }))).toBe('already-approved')
    expect(await helene.call.requests.approve({ requestId: id, seen })).toBe('executed')
    expect(await world.entriesAbout(accountId)).toContain('role.granted')
  })

  test('is not asked for oneself', async () => {
    const claire = await world.as('claire.fontaine')
    expect(
      await outcome(
        claire.call.requests.submit({
          kind: 'grant-role',
          accountId: claire.person.id,
          role: 'it-admin',
          organisationId: await make.organisation('Réseau pour l’emploi', 'nation'),
          justification: 'Moi',
        }),
      ),
    ).toBe('own-account')
  })
})

describe('a suspended account', () => {
  test('comes back by a countersigned reinstatement alone', async () => {
    const [nadia, sophie] = [await world.as('nadia.roux'), await world.as('sophie.marchand')]
    const accountId = await make.agentOf('Mission locale de Lyon', 3)
    await sophie.call.accounts.suspend({ accountIds: [accountId] })
    const { id } = await nadia.call.requests.submit({ kind: 'reinstate', accountId, justification: 'De retour' })
    expect(await sophie.call.requests.approve({ requestId: id, seen: await make.hashOf(id) })).toBe('executed')
    expect(await world.entriesAbout(accountId)).toEqual(expect.arrayContaining(['account.suspended', 'account.reinstated']))
  })
})
