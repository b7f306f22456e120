import { describe, expect, test } from 'vitest'
import { outcome } from '../../support/make.ts'
import { claire, entry, look, make, olivier, onSignalGround, openOnes, rulesOf, settled, world } from '../../support/signal-ground.ts'
import type { Signed } from '../../support/world.ts'

onSignalGround()

describe('what the ledger shows', () => {
  test('many failures and then a success are one finding with its numbers and its facts, however often it recurs', async () => {
    const id = await settled(0)
    const guess = async (from: number) => {
      for (let index = 0; index < 5; index += 1) await entry('sign-in.failed', id, { minutes: from + 5 - index, address: '185.220.1.1' })
      await entry('session.opened', id, { minutes: from, address: '185.220.1.1' })
    }
    await guess(30)
    await look()
    const [finding] = await openOnes(olivier, id)
    expect([finding?.rule, finding?.severity, finding?.times]).toEqual(['failures-then-success', 'critical', 1])
    expect(finding?.numbers).toMatchObject({ failures: 5, usual: 0, fromNew: 1 })
    const facts = await olivier.call.signals.facts({ findingId: finding?.id ?? '' })
    expect(facts.map(({ type }) => type)).toEqual([...Array.from({ length: 5 }, () => 'sign-in.failed'), 'session.opened'])
    await look()
    expect((await openOnes(olivier, id)).map(({ times }) => times)).toEqual([1])
    expect(await world.entriesAbout(finding?.id ?? '')).toEqual(['signal.raised'])
  })

  test('somebody in two places within minutes, of which one was never seen, is found', async () => {
    const id = await settled(1)
    await entry('session.opened', id, { minutes: 12 })
    await entry('session.opened', id, { minutes: 2, address: '185.220.1.1' })
    await look()
    expect(await rulesOf(id)).toEqual(['impossible-pace'])
  })

  test('an ordinary sign-in, and a slip of the fingers before it, are not worth a word', async () => {
    const id = await settled(2)
    await entry('sign-in.failed', id, { minutes: 3 })
    await entry('session.opened', id, { minutes: 2 })
    await look()
    expect(await rulesOf(id)).toEqual([])
  })

  test('two processes that look through the same stretch find it once', async () => {
    const id = await settled(3)
    await entry('session.opened', id, { minutes: 12 })
    await entry('session.opened', id, { minutes: 2, address: '185.220.1.1' })
    await Promise.all([look(), look(), look()])
    expect((await openOnes(olivier, id)).map(({ rule, times }) => [rule, times])).toEqual([['impossible-pace', 1]])
  })

  test('a decoy that somebody tries to sign in to is critical, and whoever answers for it is written to', async () => {
    const id = await make.agentOf('Mission locale de Lyon', 4)
    expect(await outcome(olivier.call.signals.placeCanary({ accountId: id }))).toBe('not-permitted')
    await claire.call.signals.placeCanary({ accountId: id })
    await entry('sign-in.failed', id)
    await look()
    expect((await openOnes(olivier, id)).map(({ rule, severity }) => [rule, severity])).toEqual([['canary-used', 'critical']])
    const { rows } = await world.owner.query(`select 1 from outbox where destination = 'mail.signal' and account_id = $1`, [
      olivier.person.id,
    ])
    expect(rows.length).toBeGreaterThan(0)
    // Who may not know it learns it from no entry, no life and no export of the audit.
    expect(await world.entriesAbout(id)).not.toContain('canary.placed')
    const life = (await (await world.as('sophie.marchand')).call.accounts.get({ accountId: id })).life
    expect(life.filter(({ type }) => type.startsWith('canary.'))).toEqual([])
    const told = (await olivier.call.audit.list({ type: 'canary.placed' })).rows
    expect(JSON.stringify(told)).not.toContain(id)
    expect(await outcome(claire.call.signals.placeCanary({ accountId: await world.idOf('nadia.roux') }))).toBe('canary-with-role')
    await claire.call.signals.liftCanary({ accountId: id })
  })

  test('the list of accounts is narrowed to those about whom something stands, for those who may know, and never to oneself', async () => {
    const [sophie, nadia] = [await world.as('sophie.marchand'), await world.as('nadia.roux')]
    const agent = await make.agentOf('Mission locale de Lyon', 6)
    await make.finding(agent)
    await make.finding(sophie.person.id)
    const idsOf = async (by: Signed) => (await by.call.accounts.list({ signal: 'open' })).rows.map(({ id }) => id)
    expect(await idsOf(sophie)).toContain(agent)
    expect(await idsOf(sophie)).not.toContain(sophie.person.id)
    expect(await idsOf(olivier)).toContain(sophie.person.id)
    expect(await idsOf(nadia)).toEqual([])
    await world.tamper('delete from finding where account_id = any($1)', [[agent, sophie.person.id]])
  })

  test('one click suspends, and what was found about somebody who is out waits for nobody', async () => {
    const id = await settled(5)
    await entry('session.opened', id, { minutes: 12 })
    await entry('session.opened', id, { minutes: 2, address: '185.220.1.1' })
    await look()
    await olivier.call.accounts.suspend({ accountIds: [id] })
    expect(await openOnes(olivier, id)).toEqual([])
    expect((await olivier.call.signals.list({ view: 'handled', account: id })).rows.length).toBe(1)
    await olivier.call.accounts.undo({ accountId: id })
  })
})
