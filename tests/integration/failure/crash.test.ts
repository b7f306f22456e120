import type { ChildProcess } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../../support/caller.ts'
import { type Ground, openGround, startWorker } from '../../support/ground.ts'
import { invariants } from '../../support/invariants.ts'

const kills = 20

let ground: Ground
type Hand = { readonly token: string; readonly call: Caller }
let anne: Hand
let bruno: Hand
/** As many people as there are servers: what one person does takes turns. */
let enders: readonly Hand[]
let signers: readonly Hand[]
beforeAll(async () => {
  ground = await openGround('crash')
  anne = await ground.enter(ground.founders[0])
  bruno = await ground.enter(ground.founders[1])
  enders = await officers([anne, bruno], 'it-admin', ground.nation)
  signers = await officers([bruno, anne], 'supervisor', ground.network)
}, 120_000)
afterEach(async () => expect(await invariants(ground.owner)).toEqual([]))
afterAll(() => ground.close())

type Pending = { readonly requestId: string; readonly seen: string; readonly login: string }

const asked = async (by: Hand, content: Parameters<Caller['requests']['submit']>[0]) => {
  const { id } = await by.call.requests.submit(content)
  const { contentHash } = await by.call.requests.get({ requestId: id })
  return { requestId: id, seen: contentHash }
}
const pending = async (by = anne): Promise<Pending> => {
  const content = ground.creation()
  return { ...(await asked(by, content)), login: content.login }
}
const born = async ([by, other]: readonly [Hand, Hand]): Promise<string> => {
  const { requestId, seen, login } = await pending(by)
  await other.call.requests.approve({ requestId, seen })
  const { rows } = await ground.owner.query<{ id: string }>('select id from account where login = $1', [login])
  return rows[0]?.id ?? ''
}
const account = async (): Promise<string> => {
  const id = await born([anne, bruno])
  await ground.enter(id)
  return id
}
const officers = ([by, other]: readonly [Hand, Hand], role: 'it-admin' | 'supervisor', organisationId: string) =>
  severally(async () => {
    const accountId = await born([by, other])
    await other.call.requests.approve(
      await asked(by, { kind: 'grant-role', accountId, role, organisationId, justification: 'Ouverture du réseau' }),
    )
    return ground.enter(accountId)
  })
const severally = <T>(make: () => Promise<T>): Promise<readonly T[]> => Promise.all(Array.from({ length: kills }, make))

/** A process for each task, ready to begin. */
const started = async (tasks: readonly unknown[]): Promise<readonly ChildProcess[]> => {
  const children = tasks.map((task) => startWorker('single-worker', task))
  await Promise.all(children.map((child) => new Promise((ready) => child.once('message', ready))))
  return children
}

/**
 * Kills every process at the same named point: the moment it wants to write to `table`, which is locked against writers. Then
 * lets the table go and waits until the database has noticed that nobody is there any more.
 */
const killedBefore = async (table: string, tasks: readonly unknown[]): Promise<void> => {
  const children = await started(tasks)
  const gate = await ground.owner.connect()
  await gate.query('begin')
  await gate.query(`lock table ${table} in share mode`)
  for (const child of children) child.send('go')
  const waiting = async () => {
    const { rows } = await ground.owner.query<{ count: number }>(
      `select count(*)::int as count from pg_locks where not granted and relation = $1::regclass`,
      [table],
    )
    return rows[0]?.count ?? 0
  }
  while ((await waiting()) < tasks.length) {
    expect(children.every(({ exitCode }) => exitCode === null)).toBe(true)
    await wait(50)
  }
  for (const child of children) child.kill('SIGKILL')
  await gate.query('rollback')
  gate.release()
  const open = async () => {
    const { rows } = await ground.owner.query<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity where usename = 'countersign_application' and xact_start is not null`,
    )
    return rows[0]?.count ?? 0
  }
  while ((await open()) > 0) await wait(20)
}

describe(`${kills} servers killed on their way through a revocation`, () => {
  test.for([
    ['account', 'the row is locked and nothing is written'],
    ['session', 'the account is out and its sessions are not yet'],
    ['approval', 'sessions and requests are gone and its approvals are not yet'],
    ['audit_entry', 'everything is written and nothing is told'],
  ] as const)('before %s: when %s, nothing has happened, and it can be done again', async ([table]) => {
    const ids = await severally(account)
    await killedBefore(
      table,
      ids.map((id, index) => ({ url: ground.url, token: enders[index]?.token ?? '', revoke: id })),
    )
    const { rows } = await ground.owner.query<{ status: string; sessions: number; told: number }>(
      `select a.status, (select count(*)::int from session s where s.account_id = a.id and s.epoch = a.epoch) as sessions,
        (select count(*)::int from audit_entry e where e.subject_id = a.id and e.type = 'account.revoked') as told
      from account a where a.id = any($1)`,
      [ids],
    )
    expect(rows).toEqual(ids.map(() => ({ status: 'active', sessions: 1, told: 0 })))
    const lines = await anne.call.accounts.suspend({ accountIds: [...ids] })
    expect(lines.map(({ refusal }) => refusal)).toEqual(ids.map(() => null))
  })
})

describe(`${kills} servers killed on their way through the last countersignature`, () => {
  test.for([
    ['approval', 'nothing is signed'],
    ['account', 'it is decided and the account is not born'],
    ['link', 'the account is born and not invited'],
    ['audit_entry', 'everything is written and nothing is told'],
    ['lineage', 'it is told and nobody is its parent'],
    ['outbox', 'all is done but the mail that must leave'],
  ] as const)('before %s: when %s, there is no account, and it can be signed again', async ([table]) => {
    const waiting = await severally(() => pending())
    await killedBefore(
      table,
      waiting.map(({ requestId, seen }, index) => ({ url: ground.url, token: signers[index]?.token ?? '', approve: { requestId, seen } })),
    )
    const logins = waiting.map(({ login }) => login)
    expect((await ground.owner.query('select 1 from account where login = any($1)', [logins])).rowCount).toBe(0)
    for (const { requestId, seen } of waiting) expect(await bruno.call.requests.approve({ requestId, seen })).toBe('executed')
    expect((await ground.owner.query('select 1 from account where login = any($1)', [logins])).rowCount).toBe(kills)
  })
})

test(`${kills} servers killed right after the commit: what was committed stays, though nobody was answered`, async () => {
  const ids = await severally(account)
  const listener = await ground.owner.connect()
  await listener.query('listen committed')
  const children = await started(ids.map((id, index) => ({ url: ground.url, token: enders[index]?.token ?? '', revoke: id })))
  const told = new Promise<void>((done) => {
    let count = 0
    listener.on('notification', () => {
      count += 1
      if (count === ids.length) done()
    })
  })
  for (const child of children) child.send('go')
  await told
  for (const child of children) child.kill('SIGKILL')
  await listener.query('unlisten committed')
  listener.release()
  const { rows } = await ground.owner.query<{ status: string }>('select distinct status from account where id = any($1)', [ids])
  expect(rows).toEqual([{ status: 'revoked' }])
})
