import { setTimeout as wait } from 'node:timers/promises'
import { personOfToken } from '@countersign/server/kernel/actor.ts'
import { hashToken } from '@countersign/server/kernel/secrets.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Ground, openGround, startWorker } from '../../support/ground.ts'
import { invariants } from '../../support/invariants.ts'
import { outcome } from '../../support/make.ts'

const kills = 8
const workers = 8
/** A worker that has done nothing for this long after the database is back is stuck. */
const stuckMilliseconds = 10_000

let ground: Ground
beforeAll(async () => {
  ground = await openGround('driver')
})
afterAll(() => ground.close())

test('eight kills of PostgreSQL under eight workers: nothing uncaught, nobody stuck, and who was revoked stays out', async () => {
  const [anne, bruno] = ground.founders
  const kept = await ground.enter(anne)
  const { call } = kept
  const { id } = await call.requests.submit(ground.creation())
  const { contentHash } = await call.requests.get({ requestId: id })
  const other = await ground.enter(bruno)
  await other.call.requests.approve({ requestId: id, seen: contentHash })
  const { rows } = await ground.owner.query<{ id: string }>(`select id from account where login = 'person.1'`)
  const hijacked = await ground.enter(rows[0]?.id ?? '')
  await call.accounts.revoke({ accountIds: [rows[0]?.id ?? ''] })

  const progress = Array.from({ length: workers }, () => 0)
  const child = startWorker('busy-worker', { url: ground.url, accountId: bruno, workers })
  child.on('message', (index: number) => {
    progress[index] = (progress[index] ?? 0) + 1
  })
  /** Waits until every worker has done something since now; the numbers of those who have not. */
  const stuck = async (): Promise<readonly number[]> => {
    const before = [...progress]
    const still = () => progress.flatMap((count, index) => (count > (before[index] ?? 0) ? [] : [index]))
    for (const end = Date.now() + stuckMilliseconds; Date.now() < end && still().length > 0 && child.exitCode === null; ) await wait(20)
    return still()
  }
  expect(await stuck()).toEqual([])
  for (let kill = 0; kill < kills; kill += 1) {
    ground.killDatabase()
    await wait(50 * kill)
    await ground.restartDatabase()
    expect({ kill, stuck: await stuck(), ended: child.exitCode }).toEqual({ kill, stuck: [], ended: null })
    expect(await personOfToken(ground.db, hashToken(hijacked.token))).toBeNull()
    expect((await personOfToken(ground.db, hashToken(kept.token)))?.id).toBe(anne)
  }
  child.kill('SIGKILL')
  expect(await invariants(ground.owner)).toEqual([])
  expect(await outcome(call.accounts.list({}))).toBe('allowed')
})
