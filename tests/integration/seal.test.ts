import { sealLedger } from '@countersign/server/features/seal/seal.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleOf, log, verified } from '../support/bundle.ts'
import { makerOf } from '../support/make.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

test('a year of the network is sealed, exported and held by the auditor’s own program', async () => {
  await sealLedger(world.db, log)
  await makerOf(world).account()
  await sealLedger(world.db, log)
  const file = await bundleOf(world.url)
  const answer = verified(file)
  expect(answer.said).toContain('All of it holds')
  expect(answer.holds).toBe(true)
})
