import { createHash } from 'node:crypto'
import { reportOf } from '@countersign/server/features/bulks/conclude.ts'
import { describe, expect, test } from 'vitest'
import {
  approve,
  begun,
  claire,
  drawn,
  make,
  marc,
  names,
  olivier,
  onBulkGround,
  spread,
  statuses,
  step,
  work,
  world,
} from '../../support/bulk-ground.ts'
import { outcome } from '../../support/make.ts'

onBulkGround()

describe('a run', () => {
  test('of resets asks for each, and whoever has one pending is left alone', async () => {
    const nadia = await world.as('nadia.roux')
    const agents = [await make.agentOf('Mission locale de Lyon', 0), await make.agentOf('Mission locale de Lyon', 1)]
    const bulkId = await begun(nadia, 'reset', names(agents))
    await nadia.call.requests.submit({ kind: 'reset-credentials', accountId: agents[0] ?? '', justification: 'Seule' })
    await work()
    const bulk = await nadia.call.bulks.get({ bulkId })
    expect([bulk.status, bulk.done, bulk.skipped]).toEqual(['finished', 1, 1])
    const pending = await world.owner.query(
      `select 1 from request where kind = 'reset-credentials' and status = 'pending' and subject_id = any($1)`,
      [agents],
    )
    expect(pending.rowCount).toBe(2)
  })

  test('of 1,200 suspensions acts on each once, tells of each, and proves its report by a hash in the audit', async () => {
    const ids = await spread(1_200)
    const bulkId = await begun(olivier, 'suspend', names(ids))
    await work()
    const bulk = await olivier.call.bulks.get({ bulkId })
    expect([bulk.status, bulk.done, bulk.skipped]).toEqual(['finished', 1_200, 0])
    expect(await statuses(ids)).toEqual({ suspended: 1_200 })
    const told = await world.owner.query(
      `select 1 from audit_entry where type = 'account.suspended' and subject_id = any($1) and data ->> 'bulkId' = $2 and actor_id = $3`,
      [ids, bulkId, olivier.person.id],
    )
    expect(told.rowCount).toBe(1_200)
    expect(await world.entriesAbout(bulkId)).toEqual(['bulk.previewed', 'bulk.started', 'bulk.advanced', 'bulk.advanced', 'bulk.finished'])
    const hash = createHash('sha256')
    for await (const part of reportOf(world.db, bulkId)) hash.update(part)
    expect(bulk.reportHash).toBe(hash.digest('hex'))
    // And back again, all of them, by one request that somebody else countersigns.
    const { bulkId: back } = await marc.call.bulks.giveBack({ bulkId, justification: 'Fausse alerte' })
    const request = (await marc.call.bulks.get({ bulkId: back })).request
    expect(await outcome(approve(marc, request?.id ?? ''))).toBe('own-request')
    await approve(claire, request?.id ?? '')
    await work()
    expect(await statuses(ids)).toEqual({ active: 1_200 })
    expect(await world.entriesAbout(ids[0] ?? '')).toContain('account.reinstated')
  })

  test('leaves alone, and reports, an account that changed since the dry run', async () => {
    const [changed = '', plain = ''] = await spread(2)
    const { id, listHash } = await drawn(olivier, 'suspend', names([changed, plain]))
    await olivier.call.accounts.suspend({ accountIds: [changed] })
    await olivier.call.accounts.undo({ accountId: changed })
    await olivier.call.bulks.start({ bulkId: id, seen: listHash, justification: 'Exercice' })
    await work()
    expect(await statuses([changed, plain])).toEqual({ active: 1, suspended: 1 })
    const { rows } = await olivier.call.bulks.lines({ bulkId: id, list: 'skipped' })
    expect(rows.map(({ accountId, outcome: why }) => [accountId, why])).toEqual([[changed, 'changed-since']])
  })

  test('is paused between two chunks, goes on where it stood, and is stopped for good', async () => {
    const ids = await spread(1_100)
    const bulkId = await begun(olivier, 'suspend', names(ids))
    await step(olivier, bulkId)
    expect(await olivier.call.bulks.pause({ bulkId })).toBe('paused')
    await work()
    expect(await statuses(ids)).toEqual({ active: 100, suspended: 1_000 })
    await olivier.call.bulks.resume({ bulkId })
    // By anybody who could ask for its return.
    expect(await outcome(claire.call.bulks.resume({ bulkId }))).toBe('not-permitted')
    expect(await claire.call.bulks.stop({ bulkId })).toBe('stopped')
    await work()
    expect(await statuses(ids)).toEqual({ active: 100, suspended: 1_000 })
    expect(await outcome(olivier.call.bulks.resume({ bulkId }))).toBe('already-in-state')
  })

  test('ends with its orderer: who is put out orders nothing any more', async () => {
    const other = await make.agentOf('Mission locale de Lille', 1)
    await make.role(other, 'it-admin', await make.organisation('Réseau pour l’emploi', 'nation'))
    const admin = await world.enter(other)
    const ids = await spread(1_050)
    const bulkId = await begun(admin, 'suspend', names(ids))
    await step(admin, bulkId)
    await olivier.call.accounts.suspend({ accountIds: [other] })
    await work()
    expect((await olivier.call.bulks.get({ bulkId })).status).toBe('stopped')
    expect(await statuses(ids)).toEqual({ active: 50, suspended: 1_000 })
    await olivier.call.accounts.undo({ accountId: other })
  })
})
