import { recheckSignatures } from '@countersign/server/jobs.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makerOf } from '../support/make.ts'
import { openWorld, type Signed, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
let claire: Signed
let marc: Signed
let helene: Signed
beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  claire = await world.as('claire.fontaine')
  marc = await world.as('marc.delorme')
  helene = await world.as('helene.garnier')
})
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

/** A role asked by Claire that Marc has signed; somebody else has yet to. */
const halfSigned = async () => {
  const accountId = await make.agentOf('Mission locale de Lille')
  const organisationId = await make.organisation('Mission locale de Lille')
  const id = await make.askedRole(claire, accountId, 'account-manager', organisationId)
  await marc.call.requests.approve({ requestId: id, seen: await make.hashOf(id) })
  return id
}
/** As if Claire had asked for a reset of Marc's at this time, and it had been done. */
const related = (id: string, at: string) =>
  world.tamper(
    `insert into lineage (id, kind, from_account_id, to_account_id, request_id, at) values (gen_random_uuid(), 'reset', $1, $2, $3, ${at})`,
    [claire.person.id, marc.person.id, id],
  )
const forget = () =>
  world.tamper('delete from lineage where from_account_id = $1 and to_account_id = $2', [claire.person.id, marc.person.id])

describe('a signature', () => {
  test('that no longer is independent does not count when the next is given', async () => {
    const id = await halfSigned()
    await related(id, 'now()')
    expect(await helene.call.requests.approve({ requestId: id, seen: await make.hashOf(id) })).toBe('pending')
    expect(await world.entriesAbout(id)).toEqual([
      'request.submitted',
      'request.approval-given',
      'request.approval-voided',
      'request.approval-given',
    ])
    await claire.call.requests.cancel({ requestId: id })
    await forget()
  })

  test('is held against the lineage every hour: a dependent one on a pending request is void', async () => {
    const id = await halfSigned()
    expect(await recheckSignatures(world.db, new Date())).toEqual([])
    await related(id, 'now()')
    expect(await recheckSignatures(world.db, new Date(Date.now() + 1000))).toEqual([id])
    expect((await world.entriesAbout(id)).at(-1)).toBe('request.approval-voided')
    expect(await recheckSignatures(world.db, new Date(Date.now() + 1000))).toEqual([])
    await claire.call.requests.cancel({ requestId: id })
    await forget()
  })

  test('that was executed although it depended on the requester is written down once; what happened after it is not held against it', async () => {
    const id = await halfSigned()
    await helene.call.requests.approve({ requestId: id, seen: await make.hashOf(id) })
    await related(id, 'now()')
    expect(await recheckSignatures(world.db, new Date())).toEqual([])
    await forget()
    await related(id, `(select decided_at - interval '1 hour' from request where id = $3)`)
    // Everything these two decided together within the month is in doubt, and this request with it.
    expect(await recheckSignatures(world.db, new Date())).toContain(id)
    expect((await world.entriesAbout(id)).filter((type) => type === 'request.found-dependent').length).toBe(1)
    expect(await recheckSignatures(world.db, new Date())).toEqual([])
    await forget()
  })
})
