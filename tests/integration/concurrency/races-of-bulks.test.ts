import { closeAccounts } from '@countersign/server/features/accounts/close.ts'
import { advance } from '@countersign/server/features/bulks/advance.ts'
import { bulks } from '@countersign/server/features/bulks/bulks.store.ts'
import { bulkLines } from '@countersign/server/features/bulks/lines.store.ts'
import { preview } from '@countersign/server/features/bulks/preview.ts'
import { start } from '@countersign/server/features/bulks/start.ts'
import { pause, stop } from '@countersign/server/features/bulks/steer.ts'
import { enterDemo } from '@countersign/server/features/sessions/enter-demo.ts'
import { nobody, type Orderer, ordererOf } from '@countersign/server/kernel/actor.ts'
import { type Operation, runCommitted, told } from '@countersign/server/kernel/commit.ts'
import { sql } from 'drizzle-orm'
import { afterAll, afterEach, expect, test } from 'vitest'
import { proving } from '../../support/caller.ts'
import { controlTrials, inBatches, openRaces, tally, trials } from '../../support/race.ts'
import type { Signed } from '../../support/world.ts'

const { world, make, run, ordinary } = await openRaces()
const olivier = await world.as('olivier.perrin')
const second = await make.agentOf('Mission locale de Lille')
await make.role(second, 'it-admin', await make.organisation('Réseau pour l’emploi', 'nation'))
const admins = [olivier, await world.enter(second)] as const
afterEach(async () => {
  await world.tamper(`update account set status = 'active', previous_status = null where status = 'suspended'`)
  await world.owner.query('select recount_accounts()')
  expect(await world.broken()).toEqual([])
})
afterAll(() => world.close())

const origin = { channel: 'job' as const }
const agents = await ordinary(600)
/** Three accounts for each trial, and others for the trials that run beside it. */
const trio = (index: number): readonly string[] => [0, 1, 2].map((step) => agents[(index * 3 + step) % agents.length] ?? '')

const begun = async (by: Signed, accountIds: readonly string[]): Promise<string> => {
  const context = { db: world.db, actor: by.person, origin: { channel: 'web' as const } }
  const { bulkId } = await runCommitted(preview, context, { verb: 'suspend', selection: { from: 'ticked', accountIds: [...accountIds] } })
  const seen = (await bulks.read(world.db, bulkId))?.listHash ?? ''
  await runCommitted(start(proving), context, { bulkId, seen, justification: 'Course' })
  return bulkId
}
/** What a trial has begun is over with it: one person runs ten at once and no more. */
const over = (by: Signed, bulkId: string) => run(stop, by.person, { bulkId })
const step = (by: Signed, bulkId: string) => run(advance, ordererOf(by.person.id, by.person.epoch), { bulkId })
const toldOf = async (bulkIds: readonly string[]) => {
  const { rows } = await world.owner.query<{ count: number }>(
    `select count(*)::int as count from audit_entry where type = 'account.suspended' and data ->> 'bulkId' = any($1)`,
    [bulkIds],
  )
  return rows[0]?.count ?? 0
}
const restore = (ids: readonly string[]) =>
  world.tamper(`update account set status = 'active', previous_status = null where id = any($1)`, [ids])
const deadlocks = async () =>
  (await world.owner.query<{ count: string }>('select deadlocks as count from pg_stat_database where datname = current_database()')).rows[0]
    ?.count

test('two bulks over the same accounts: each account is done once, by one of them, and nobody deadlocks', async () => {
  const before = await deadlocks()
  const results = await inBatches(trials, async (index) => {
    const ids = trio(index)
    const [one, two] = admins
    const pair = await Promise.all([begun(one, ids), begun(two, ids)])
    await Promise.all([step(one, pair[0]), step(two, pair[1])])
    await Promise.all([over(one, pair[0]), over(two, pair[1])])
    const answer = `${await toldOf(pair)} told`
    await restore(ids)
    return answer
  })
  expect(tally(results)).toEqual({ '3 told': trials })
  expect(await deadlocks()).toBe(before)
})

test('one bulk taken further by two processes: no account twice, none lost', async () => {
  const results = await inBatches(trials, async (index) => {
    const ids = trio(index)
    const bulkId = await begun(olivier, ids)
    await Promise.all([step(olivier, bulkId), step(olivier, bulkId), step(olivier, bulkId)])
    const bulk = await bulks.read(world.db, bulkId)
    const answer = `${await toldOf([bulkId])} told, ${bulk?.done} done, ${bulk?.status}`
    await restore(ids)
    return answer
  })
  expect(tally(results)).toEqual({ '3 told, 3 done, finished': trials })
})

/** The negative control: the same chunk without holding the bulk or the accounts. */
const advanceUnlocked: Operation<{ readonly bulkId: string }, true, Orderer> = async ({ tx, actor, now }, { bulkId }) => {
  const bulk = await bulks.read(tx, bulkId)
  if (!bulk) throw new Error('no bulk')
  const open = await bulkLines.next(tx, bulk, 10)
  const ids = open.map(({ accountId }) => accountId)
  const rows = (
    await world.owner.query<{ id: string; organisation_id: string }>(`select id, organisation_id from account where id = any($1)`, [ids])
  ).rows
  await tx.execute(sql`select pg_sleep(0.005)`)
  const { events } = await closeAccounts(tx, {
    rows: rows.map(({ id, organisation_id }) => ({ id, organisationId: organisation_id, status: 'active' }) as never),
    verb: 'suspend',
    by: actor.id,
    cause: 'bulk',
    bulkId,
    now,
  })
  return { value: true, events: told(events) }
}

test('negative control: without the locks an account is done twice', async () => {
  await world.tamper('alter table account disable trigger account_changed')
  const results = await inBatches(controlTrials, async (index) => {
    const ids = trio(index)
    const bulkId = await begun(olivier, ids)
    const twice = admins.map(({ person }) =>
      runCommitted(advanceUnlocked, { db: world.db, actor: ordererOf(person.id, person.epoch), origin }, { bulkId }),
    )
    await Promise.all(twice)
    const answer = (await toldOf([bulkId])) > 3 ? 'twice' : 'once'
    await over(olivier, bulkId)
    await restore(ids)
    return answer
  })
  await world.tamper('alter table account enable trigger account_changed')
  expect(tally(results)['twice']).toBeGreaterThan(0)
})

test('a bulk and a sign-in at the same instant: no session survives', async () => {
  const results = await inBatches(trials, async (index) => {
    const ids = trio(index)
    const bulkId = await begun(olivier, ids)
    await Promise.all([step(olivier, bulkId), ...ids.map((accountId) => run(enterDemo, nobody, { accountId }))])
    const left = await world.owner.query('select 1 from session where account_id = any($1)', [ids])
    await over(olivier, bulkId)
    await restore(ids)
    return `${left.rowCount} left`
  })
  expect(tally(results)).toEqual({ '0 left': trials })
})

test('a bulk and whoever pauses or stops it: what it says it did is what it did', async () => {
  const results = await inBatches(trials, async (index) => {
    const ids = trio(index)
    const bulkId = await begun(olivier, ids)
    await Promise.all([step(olivier, bulkId), run(index % 2 ? pause : stop, olivier.person, { bulkId })])
    const bulk = await bulks.read(world.db, bulkId)
    const answer = bulk?.done === (await toldOf([bulkId])) ? 'true' : `says ${bulk?.done}`
    await over(olivier, bulkId)
    await restore(ids)
    return answer
  })
  expect(tally(results)).toEqual({ true: trials })
})
