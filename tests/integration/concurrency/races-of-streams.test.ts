import { revoke } from '@countersign/server/features/accounts/end.ts'
import { explain } from '@countersign/server/features/accounts/explain.ts'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { controlTrials, inBatches, openRaces, tally, trials } from '../../support/race.ts'

const { world, make, run, ordinary } = await openRaces()
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

describe('a stream', () => {
  test('hears nothing of the revocation of its person or of anything after, and ends within a second', async () => {
    const olivier = await world.as('olivier.perrin')
    const agents = await ordinary(controlTrials)
    const results = await inBatches(trials, async (index) => {
      const agent = await world.enter(agents[index % agents.length] ?? '')
      const stream = await agent.call.live.changes()
      const heard: string[] = []
      const reading = (async () => {
        for await (const changes of stream) heard.push(...changes.map(({ type }) => type))
        return Date.now()
      })()
      await run(revoke, olivier.person, { accountIds: [agent.person.id] })
      const revokedAt = Date.now()
      await run(explain, olivier.person, { accountIds: [agent.person.id], reason: 'other', note: '' })
      const took = (await reading) - revokedAt
      await olivier.call.accounts.undo({ accountId: agent.person.id })
      return `${heard.filter((type) => type !== 'session.opened').length} heard, ${took < 1000 ? 'in time' : 'late'}`
    })
    expect(tally(results)).toEqual({ '0 heard, in time': trials })
  })

  test('is not told by a forged notification: it only has what was committed read again', async () => {
    const sophie = await world.as('sophie.marchand')
    const stream = await sophie.call.live.changes()
    const heard: string[] = []
    void (async () => {
      for await (const changes of stream) heard.push(...changes.map(({ type, subject }) => `${type} ${subject}`))
    })()
    const { rows } = await world.owner.query<{ id: string; transaction: string }>(
      `select e.subject_id as id, e.transaction_id::text as transaction from audit_entry e join account a on a.id = e.subject_id
       where e.type = 'account.created' and a.region_id <> (select region_id from account where id = $1) limit 1`,
      [await make.agentOf('Mission locale de Lyon')],
    )
    for (const payload of ['', '0', "1'; drop table account; --", '{"type":"account.revoked"}', '9'.repeat(25), rows[0]?.transaction ?? ''])
      await world.pool.query(`select pg_notify('committed', $1)`, [payload])
    const mine = await make.agentOf('Mission locale de Lyon')
    await sophie.call.accounts.suspend({ accountIds: [mine] })
    await expect.poll(() => heard).toContain(`account.suspended ${mine}`)
    expect(heard.filter((line) => !line.endsWith(mine) && !line.endsWith(sophie.person.id))).toEqual([])
  })

  test('negative control: without asking for the session the revocation would have been heard', async () => {
    const olivier = await world.as('olivier.perrin')
    const agents = await ordinary(20)
    const heard: string[] = []
    const stop = world.live.listen((changes) => heard.push(...changes.map(({ type }) => type)))
    for (const id of agents) await run(revoke, olivier.person, { accountIds: [id] })
    await expect.poll(() => heard.filter((type) => type === 'account.revoked').length).toBe(agents.length)
    stop()
  })
})
