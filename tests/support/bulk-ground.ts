import { advance } from '@countersign/server/features/bulks/advance.ts'
import { workBulks } from '@countersign/server/features/bulks/work.ts'
import { ordererOf } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import type { BulkSelection, BulkVerb } from '@countersign/shared/bulks/bulk.ts'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { makerOf } from './make.ts'
import { openWorld, type Signed, type World } from './world.ts'

export let world: World
export let make: ReturnType<typeof makerOf>
export let olivier: Signed
export let claire: Signed
export let marc: Signed

/** A world in which Olivier ends by the hundred, and Claire and Marc sign; whole after every test. */
export const onBulkGround = () => {
  beforeAll(async () => {
    world = await openWorld()
    make = makerOf(world)
    olivier = await world.as('olivier.perrin')
    claire = await world.as('claire.fontaine')
    marc = await world.as('marc.delorme')
  })
  afterEach(async () => expect(await world.broken()).toEqual([]))
  afterAll(() => world.close())
}

export const names = (all: readonly string[]): BulkSelection => ({ from: 'names', text: all.join(', ') })
export const drawn = async (by: Signed, verb: BulkVerb, selection: BulkSelection) => {
  const { bulkId } = await by.call.bulks.preview({ verb, selection })
  return by.call.bulks.get({ bulkId })
}
export const begun = async (by: Signed, verb: BulkVerb, selection: BulkSelection): Promise<string> => {
  const { id, listHash } = await drawn(by, verb, selection)
  await by.call.bulks.start({ bulkId: id, seen: listHash, justification: 'Exercice' })
  return id
}
export const work = () => workBulks(world.db, () => false)
export const step = (by: Signed, bulkId: string) =>
  runCommitted(advance, { db: world.db, actor: ordererOf(by.person.id, by.person.epoch), origin: { channel: 'job' } }, { bulkId })
/** Active accounts without a role, one of a structure, so that no structure loses more than a few. */
export const spread = async (count: number, offset = 0): Promise<readonly string[]> => {
  const { rows } = await world.owner.query<{ id: string }>(
    `select id from (select a.id, row_number() over (partition by a.structure_id order by a.id) as nth from account a
      where a.status = 'active' and a.structure_id is not null and a.login <> 'paul.martin' and not exists (select 1 from role_grant g where g.account_id = a.id)) a
     order by nth, id limit $1 offset $2`,
    [count, offset],
  )
  return rows.map(({ id }) => id)
}
export const statuses = async (ids: readonly string[]) => {
  const { rows } = await world.owner.query<{ status: string; count: number }>(
    'select status, count(*)::int as count from account where id = any($1) group by status order by status',
    [ids],
  )
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]))
}
export const approve = async (by: Signed, requestId: string) => by.call.requests.approve({ requestId, seen: await make.hashOf(requestId) })
