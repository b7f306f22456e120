import { watchLedger } from '@countersign/server/features/signals/watch.ts'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { makerOf } from './make.ts'
import { openWorld, type Signed, type World } from './world.ts'

export let world: World
export let make: ReturnType<typeof makerOf>
export let olivier: Signed
export let claire: Signed

/** Looks through all that was written before this, once nothing older can still be committed anywhere in the cluster. */
export const look = async () => {
  const { rows } = await world.owner.query<{ now: string }>('select pg_current_xact_id()::text as now')
  const past = async () => {
    const { rows: found } = await world.owner.query<{ past: boolean }>(
      'select pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 as past',
      [rows[0]?.now],
    )
    return found[0]?.past === true
  }
  while (!(await past())) await new Promise((done) => setTimeout(done, 20))
  await watchLedger(world.db, () => false)
}
export const openOnes = async (by: Signed, accountId: string) => (await by.call.signals.list({ view: 'open', account: accountId })).rows
export const rulesOf = async (accountId: string) => (await openOnes(olivier, accountId)).map(({ rule }) => rule).toSorted()

/** An entry as the ledger would hold it: so many minutes ago, from this address. */
export const entry = (type: string, accountId: string, { minutes = 0, address = '90.1.2.3', data = '{}' } = {}) =>
  world.tamper(
    `insert into audit_entry (id, at, type, subject_id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, origin, data, transaction_id)
     select gen_random_uuid(), now() - make_interval(mins => $3), $1, id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id,
       jsonb_build_object('channel', 'web', 'address', $4::text, 'device', 'Firefox'), $5::jsonb, pg_current_xact_id() from account where id = $2`,
    [type, accountId, minutes, address, data],
  )
/** Somebody who has signed in from one network, day after day. */
export const settled = async (offset: number): Promise<string> => {
  const id = await make.agentOf('Mission locale de Lyon', offset)
  for (let day = 12; day > 1; day -= 1) await entry('session.opened', id, { minutes: day * 1440 })
  await look()
  // The network's invented past has no sign-ins of theirs.
  await world.tamper('delete from finding where account_id = $1', [id])
  return id
}

/** A world in which the ledger is looked through, whole after every test. */
export const onSignalGround = () => {
  beforeAll(async () => {
    world = await openWorld()
    make = makerOf(world)
    olivier = await world.as('olivier.perrin')
    claire = await world.as('claire.fontaine')
    await look()
  })
  afterEach(async () => expect(await world.broken()).toEqual([]))
  afterAll(() => world.close())
}
