import { encodeCursor } from '@countersign/server/kernel/page.ts'
import { pageSize } from '@countersign/shared/accounts/listing.ts'
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

describe('one click', () => {
  test('puts an account out with its sessions, links, requests and pending approvals, and counts them', async () => {
    const born = await make.account()
    const [nadia, sophie] = [await world.as('nadia.roux'), await world.as('sophie.marchand')]
    const asked = await make.pending(nadia)
    const [line] = await sophie.call.accounts.revoke({ accountIds: [nadia.person.id] })

    // Her session, the unused invitation of the account she asked for, what she filed and had pending.
    const stillPending = await world.owner.query(`select id from request where requester_id = $1 and status = 'pending'`, [nadia.person.id])
    expect(stillPending.rows).toEqual([])
    expect(line?.refusal).toBeNull()
    expect(line?.ended?.sessions).toBeGreaterThanOrEqual(1)
    expect(line?.ended?.links).toBeGreaterThanOrEqual(1)
    expect(line?.ended?.requestsVoided).toBeGreaterThanOrEqual(1)
    expect(await world.alive(nadia.token)).toBe(false)
    expect(await outcome(nadia.call.requests.submit(await make.creation()))).toBe('not-signed-in')
    expect(await world.entriesAbout(asked.id)).toEqual(['request.submitted', 'request.voided'])
    const links = await world.owner.query('select voided_at is not null as dead from link where account_id = $1', [born.id])
    expect(links.rows).toEqual([{ dead: true }])

    // The same hand, within 30 seconds: back, but nothing it ended comes back with it.
    expect(await sophie.call.accounts.undo({ accountId: nadia.person.id })).toBe('active')
    expect(await world.alive(nadia.token)).toBe(false)
    expect(await world.entriesAbout(asked.id)).toEqual(['request.submitted', 'request.voided'])
  })

  test('reopens a request that lacked one approval and loses the one it had', async () => {
    const [claire, marc, helene] = [await world.as('claire.fontaine'), await world.as('marc.delorme'), await world.as('helene.garnier')]
    const olivier = await world.as('olivier.perrin')
    const accountId = await make.agentOf('Mission locale de Lille')
    const id = await make.askedRole(claire, accountId, 'account-manager', await make.organisation('Mission locale de Lille'))
    const seen = await make.hashOf(id)
    await marc.call.requests.approve({ requestId: id, seen })
    await olivier.call.accounts.suspend({ accountIds: [marc.person.id] })
    expect(await helene.call.requests.approve({ requestId: id, seen })).toBe('pending')
    expect(await world.entriesAbout(id)).toEqual([
      'request.submitted',
      'request.approval-given',
      'request.approval-voided',
      'request.approval-given',
    ])
    await olivier.call.accounts.undo({ accountId: marc.person.id })
  })

  test('may be taken back by the same person alone, and for 30 seconds alone', async () => {
    const [sophie, olivier] = [await world.as('sophie.marchand'), await world.as('olivier.perrin')]
    const accountId = await make.agentOf('Mission locale de Lyon')
    await sophie.call.accounts.suspend({ accountIds: [accountId] })
    expect(await outcome(olivier.call.accounts.undo({ accountId }))).toBe('not-found')
    await world.tamper(`update account set status_changed_at = now() - interval '31 seconds' where id = $1`, [accountId])
    expect(await outcome(sophie.call.accounts.undo({ accountId }))).toBe('undo-too-late')
  })

  test('on several answers for each of them and does what is allowed', async () => {
    const sophie = await world.as('sophie.marchand')
    const [mine, theirs, gone] = [
      await make.agentOf('Mission locale de Lyon'),
      await make.agentOf('Mission locale de Lille', 1),
      '01900000-0000-7000-8000-000000000000',
    ]
    for (const ids of [
      [mine, theirs, gone],
      [theirs, gone, await make.agentOf('Mission locale de Lyon', 1)],
    ]) {
      const lines = await sophie.call.accounts.suspend({ accountIds: ids })
      expect(lines.map(({ id, refusal }) => [id, refusal])).toEqual(
        ids.map((id) => [id, id === theirs || id === gone ? 'not-found' : null]),
      )
    }
  })
})

describe('the list of accounts', () => {
  test('pages through a scope without missing or repeating anybody, in every order', async () => {
    const sophie = await world.as('sophie.marchand')
    const { rows } = await world.owner.query<{ count: number }>(
      `select count(*)::int from account a join organisation o on o.id = a.region_id where o.name = 'Auvergne-Rhône-Alpes' and a.network_id = (select id from organisation where name = 'Missions locales')`,
    )
    for (const sort of ['name', 'last-sign-in', 'reach', 'end'] as const) {
      for (const order of ['asc', 'desc'] as const) {
        const seen = new Set<string>()
        let cursor: string | undefined
        do {
          const page: Awaited<ReturnType<typeof sophie.call.accounts.list>> = await sophie.call.accounts.list({
            sort,
            order,
            ...(cursor ? { cursor } : {}),
          })
          for (const row of page.rows) {
            expect(seen.has(row.id)).toBe(false)
            seen.add(row.id)
          }
          cursor = page.next ?? undefined
        } while (cursor)
        expect(seen.size).toBe(rows[0]?.count)
      }
    }
  })

  test('is put in a second order within the first, either way, page after page, each account once', async () => {
    const sophie = await world.as('sophie.marchand')
    for (const order of ['asc', 'desc'] as const) {
      for (const secondOrder of ['asc', 'desc'] as const) {
        const all: { id: string; endsOn: string; reach: number }[] = []
        let cursor: string | undefined
        do {
          const page: Awaited<ReturnType<typeof sophie.call.accounts.list>> = await sophie.call.accounts.list({
            ...{ sort: 'end', order, second: 'reach', secondOrder },
            ...(cursor ? { cursor } : {}),
          })
          all.push(...page.rows)
          cursor = page.next ?? undefined
        } while (cursor)
        expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
        // Otherwise this would say nothing: there are several pages, and first keys that several share.
        expect([all.length > 2 * pageSize, new Set(all.map(({ endsOn }) => endsOn)).size < all.length]).toEqual([true, true])
        const sign = { asc: 1, desc: -1 } as const
        const inOrder = all.toSorted(
          (a, b) =>
            sign[order] * a.endsOn.localeCompare(b.endsOn) ||
            sign[secondOrder] * (a.reach - b.reach) ||
            sign[order] * (a.id < b.id ? -1 : 1),
        )
        expect(all.map(({ id }) => id)).toEqual(inOrder.map(({ id }) => id))
      }
    }
  })

  test('finds a person whatever the accents, the case and the hyphens', async () => {
    const olivier = await world.as('olivier.perrin')
    for (const q of ['helene garnier', 'HÉLÈNE', 'hélène.garnier@', 'garnier helene']) {
      const { rows } = await olivier.call.accounts.list({ q })
      expect(rows.map(({ login }) => login)).toContain('helene.garnier')
    }
    expect((await olivier.call.accounts.list({ q: '%' })).rows.length).toBe(50)
    expect((await olivier.call.accounts.list({ q: 'zzzzzz' })).rows).toEqual([])
  })

  test('filters by status, role, profile, organisation and life', async () => {
    const olivier = await world.as('olivier.perrin')
    expect((await olivier.call.accounts.list({ status: 'revoked' })).rows.every(({ status }) => status === 'revoked')).toBe(true)
    expect((await olivier.call.accounts.list({ role: 'policy-owner' })).rows.length).toBe(3)
    expect(
      (await olivier.call.accounts.list({ profile: 'structure-management' })).rows.every(
        ({ profileId }) => profileId === 'structure-management',
      ),
    ).toBe(true)
    expect(
      (await olivier.call.accounts.list({ organisation: await make.organisation('Mission locale de Lyon') })).rows.every(
        ({ place }) => place === 'Mission locale de Lyon',
      ),
    ).toBe(true)
    expect((await olivier.call.accounts.list({ life: 'dormant' })).rows.length).toBeGreaterThan(0)
    expect((await olivier.call.accounts.list({ life: 'expiring' })).rows.length).toBeGreaterThan(0)
  })

  test('reads garbage cursors and filters as none', async () => {
    const olivier = await world.as('olivier.perrin')
    const first = await olivier.call.accounts.list({})
    expect((await olivier.call.accounts.list({ cursor: 'rubbish' })).rows[0]?.id).toBe(first.rows[0]?.id)
  })

  test('reads a position no list ever gave as none, in whatever order', async () => {
    const olivier = await world.as('olivier.perrin')
    const id = '01a202c3-2808-736f-8a43-8c5350cd42de'
    const forged = [
      ['last-sign-in', ['1', id]],
      ['last-sign-in', ['2020-01-01 (x)', id]],
      ['last-sign-in', ['0000-01-01 00:00:00+00', id]],
      ['reach', [3_000_000_000, id]],
      ['end', ['0000-01-01', id]],
      ['name', ['a', id]],
    ] as const
    for (const [sort, position] of forged) {
      const first = await olivier.call.accounts.list({ sort })
      expect((await olivier.call.accounts.list({ sort, cursor: encodeCursor([...position]) })).rows[0]?.id).toBe(first.rows[0]?.id)
    }
  })

  test('goes on after somebody whose name is as long as a name may be', async () => {
    const olivier = await world.as('olivier.perrin')
    const position = encodeCursor(['é'.repeat(80), '名'.repeat(80), '01a202c3-2808-736f-8a43-8c5350cd42de'])
    expect(await outcome(olivier.call.accounts.list({ cursor: position }))).toBe('allowed')
  })
})

describe('an account', () => {
  test('shows who asked for it and who countersigned it', async () => {
    const { id } = await make.account()
    const sophie = await world.as('sophie.marchand')
    const { lineage, reached, reach } = await sophie.call.accounts.get({ accountId: id })
    expect(lineage.by.map(({ kind, name }) => [kind, name])).toEqual(
      expect.arrayContaining([
        ['asked', 'Nadia Roux'],
        ['countersigned', 'Sophie Marchand'],
      ]),
    )
    expect(reached?.total).toBe(reach)
  })

  test('outside scope is not found', async () => {
    const thomas = await world.as('thomas.vasseur')
    expect(await outcome(thomas.call.accounts.get({ accountId: await world.idOf('nadia.roux') }))).toBe('not-found')
  })

  test('is left everywhere else in one click, and stays open here', async () => {
    const [nadia, second, third, sophie] = [
      await world.as('nadia.roux'),
      await world.as('nadia.roux'),
      await world.as('nadia.roux'),
      await world.as('sophie.marchand'),
    ]
    expect(await nadia.call.sessions.signOutElsewhere()).toBeGreaterThanOrEqual(2)
    expect(await Promise.all([nadia, second, third, sophie].map(({ token }) => world.alive(token)))).toEqual([true, false, false, true])
    expect((await world.entriesAbout(nadia.person.id)).filter((type) => type === 'session.closed').length).toBeGreaterThanOrEqual(2)
    expect(await outcome(nadia.call.sessions.signOutElsewhere())).toBe('nothing-to-do')
  })

  test('disowned by its own holder is out at once', async () => {
    const paul = await world.as('paul.martin')
    await paul.call.accounts.disown()
    expect(await world.alive(paul.token)).toBe(false)
    expect(await world.entriesAbout(paul.person.id)).toContain('account.suspended')
  })

  test('of an ordinary agent opens nothing but their own page', async () => {
    const agent = await world.enter(await make.agentOf('Mission locale de Lyon', 2))
    expect(await outcome(agent.call.accounts.list({}))).toBe('not-permitted')
    expect((await agent.call.accounts.mine()).id).toBe(agent.person.id)
  })
})
