import type { Ask } from '@countersign/server/demo/history.store.ts'
import { tellSubmissions } from '@countersign/server/demo/history.ts'
import { revoke, suspend } from '@countersign/server/features/accounts/end.ts'
import { explain } from '@countersign/server/features/accounts/explain.ts'
import { revokeRole } from '@countersign/server/features/accounts/revoke-role.ts'
import { links } from '@countersign/server/features/links/links.store.ts'
import { redeem } from '@countersign/server/features/links/redeem.ts'
import { approve } from '@countersign/server/features/requests/approve.ts'
import { cancel } from '@countersign/server/features/requests/cancel.ts'
import { edit } from '@countersign/server/features/requests/edit.ts'
import { factOf } from '@countersign/server/features/requests/facts.ts'
import { reject } from '@countersign/server/features/requests/reject.ts'
import { canonicalContent, requests } from '@countersign/server/features/requests/requests.store.ts'
import { submit } from '@countersign/server/features/requests/submit.ts'
import { enterDemo } from '@countersign/server/features/sessions/enter-demo.ts'
import { signIn } from '@countersign/server/features/sessions/sign-in.ts'
import { type Nobody, nobody, type Person } from '@countersign/server/kernel/actor.ts'
import { type Operation, runCommitted } from '@countersign/server/kernel/commit.ts'
import { Refused } from '@countersign/server/kernel/refused.ts'
import { hashToken, newToken } from '@countersign/server/kernel/secrets.ts'
import { decideApproval, decideOwn, independentSince } from '@countersign/shared/requests/approval.ts'
import { requirementFor } from '@countersign/shared/requests/requirement.ts'
import { sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makerOf, outcome, verdictOfDatabase } from '../../support/make.ts'
import { controlTrials, inBatches, tally, trials } from '../../support/race.ts'
import { openWorld, type Signed, type World } from '../../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
let nadia: Signed
let sophie: Signed
let others: readonly Signed[]

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  nadia = await world.as('nadia.roux')
  sophie = await world.as('sophie.marchand')
  const { rows } = await world.owner.query<{ id: string }>(
    `select g.account_id as id from role_grant g join organisation o on o.id = g.organisation_id join organisation n on n.id = o.network_id
    where g.role = 'supervisor' and o.name = 'Auvergne-Rhône-Alpes' and n.name = 'Missions locales' and g.account_id <> $1 order by g.account_id`,
    [sophie.person.id],
  )
  others = await Promise.all(rows.map(({ id }) => world.enter(id)))
})
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

const run = <I, T, A extends Person | Nobody>(operation: Operation<I, T, A>, actor: A, input: I) =>
  outcome(runCommitted(operation, { db: world.db, actor, origin: { channel: 'web' } }, input))

/** Active accounts without a role; those a trial puts out come back by its undo, so that 3,000 trials do not empty the network. */
const ordinary = async (count: number): Promise<readonly string[]> => {
  const { rows } = await world.owner.query<{ id: string }>(
    `select a.id from account a where a.status = 'active' and not exists (select 1 from role_grant g where g.account_id = a.id) order by a.id limit $1`,
    [count],
  )
  return rows.map(({ id }) => id)
}

/** Many pending requests of Nadia's at once, each needing this many signatures. */
const stock = async (count: number, needed: number) => {
  const home = await world.owner.query<{
    id: string
    nation_id: string
    network_id: string
    region_id: string
    departement_id: string
    structure_id: string
    site_id: string
  }>('select * from organisation where id = $1', [await make.siteOf('Mission locale de Lyon')])
  const row = home.rows[0]
  if (!row) throw new Error('Lyon has no site')
  const place = {
    nationId: row.nation_id,
    networkId: row.network_id,
    regionId: row.region_id,
    departementId: row.departement_id,
    structureId: row.structure_id,
    siteId: row.site_id,
  }
  const asks = await Promise.all(
    Array.from({ length: count }, async (): Promise<Ask> => {
      const content = { ...(await make.creation()), phone: '+33612345678' }
      return {
        id: uuid(),
        content,
        subjectId: null,
        organisationId: row.id,
        place,
        requirement: { ...requirementFor('create-account', 'standard', 3), approvalsNeeded: needed },
        expiresAt: new Date(Date.now() + 86_400_000),
      }
    }),
  )
  for (let start = 0; start < asks.length; start += 300)
    await runCommitted(tellSubmissions, { db: world.db, actor: nadia.person, origin: { channel: 'web' } }, asks.slice(start, start + 300))
  return asks.map(({ id, content }) => {
    if (content.kind !== 'create-account') throw new Error('the stock is of creations')
    return { id, content, seen: canonicalContent(content).hash }
  })
}

const statusOf = async (id: string): Promise<string> =>
  (await world.owner.query<{ status: string }>('select status from request where id = $1', [id])).rows[0]?.status ?? ''

/** The negative control: the same approval without holding the row. */
const approveUnlocked: Operation<{ requestId: string; seen: string }, string> = async ({ tx, actor, now }, { requestId, seen }) => {
  const request = await requests.read(tx as never, requestId)
  if (!request) throw new Refused('not-found')
  const verdict = decideApproval({ actor, request, kinship: await requests.kinship(tx, [actor.id], independentSince(now)), now, seen })
  if (!verdict.ok) throw new Refused(verdict.refusal)
  await tx.execute(sql`select pg_sleep(0.005)`)
  await requests.approve(tx, { requestId, approverId: actor.id, contentHash: seen, now })
  return {
    value: verdict.value,
    events: [
      {
        type: 'request.approval-given',
        subject: requestId,
        organisation: request.organisationId,
        data: { ...factOf(request), contentHash: seen },
      },
    ],
  }
}

describe('at the same instant', () => {
  test('two approvals of a request that needs one: it is approved once', async () => {
    const pending = await stock(trials, 1)
    const results = await inBatches(trials, async (index) => {
      const { id, seen } = pending[index] ?? { id: '', seen: '' }
      const both = await Promise.all([
        run(approve, sophie.person, { requestId: id, seen }),
        run(approve, others[0]?.person ?? sophie.person, { requestId: id, seen }),
      ])
      return both.sort().join(' + ')
    })
    expect(tally(results)).toEqual({ 'allowed + already-decided': trials })
  })

  test('two approvals of a request that needs two: it is executed, and never stuck', async () => {
    const pending = await stock(trials, 2)
    const results = await inBatches(trials, async (index) => {
      const { id, seen } = pending[index] ?? { id: '', seen: '' }
      await Promise.all([
        run(approve, sophie.person, { requestId: id, seen }),
        run(approve, others[0]?.person ?? sophie.person, { requestId: id, seen }),
      ])
      return statusOf(id)
    })
    expect(tally(results)).toEqual({ executed: trials })
  })

  test('negative control: without the row lock two approvals leave requests stuck with both signatures', async () => {
    const pending = await stock(controlTrials, 2)
    const results = await inBatches(controlTrials, async (index) => {
      const { id, seen } = pending[index] ?? { id: '', seen: '' }
      await Promise.all([
        run(approveUnlocked, sophie.person, { requestId: id, seen }),
        run(approveUnlocked, others[0]?.person ?? sophie.person, { requestId: id, seen }),
      ])
      return statusOf(id)
    })
    expect(tally(results)['pending']).toBeGreaterThan(0)
    expect(await world.broken()).toContain('P4 a pending request lacks approvals')
    await world.tamper(`delete from approval where request_id = any($1::uuid[])`, [pending.map(({ id }) => id)])
  })

  test('the same person twice: one signature', async () => {
    const pending = await stock(trials, 2)
    const results = await inBatches(trials, async (index) => {
      const { id, seen } = pending[index] ?? { id: '', seen: '' }
      const both = await Promise.all([
        run(approve, sophie.person, { requestId: id, seen }),
        run(approve, sophie.person, { requestId: id, seen }),
      ])
      return both.sort().join(' + ')
    })
    expect(tally(results)).toEqual({ 'allowed + already-approved': trials })
  })

  test.each([
    ['cancel', (id: string) => run(cancel, nadia.person, { requestId: id }), 'cancelled'],
    [
      'reject',
      (id: string, seen: string) => run(reject, others[0]?.person ?? sophie.person, { requestId: id, seen, reason: 'non' }),
      'rejected',
    ],
  ] as const)('an approval and a %s: exactly one of them', async (_, other, ended) => {
    const pending = await stock(trials, 1)
    const results = await inBatches(trials, async (index) => {
      const { id, seen, content } = pending[index] ?? { id: '', seen: '', content: { login: '' } }
      const both = await Promise.all([run(approve, sophie.person, { requestId: id, seen }), other(id, seen)])
      const { rowCount } = await world.owner.query('select 1 from account where login = $1', [content.login])
      return `${both.filter((one) => one === 'allowed').length} allowed, ${await statusOf(id)}, ${rowCount} account`
    })
    for (const result of Object.keys(tally(results)))
      expect(['1 allowed, executed, 1 account', `1 allowed, ${ended}, 0 account`]).toContain(result)
  })

  test('negative control: without the row lock an approval and a cancel are both in time, or the database has to refuse one', async () => {
    const cancelUnlocked: Operation<{ requestId: string }, string> = async ({ tx, actor, now }, { requestId }) => {
      const request = await requests.read(tx as never, requestId)
      if (!request) throw new Refused('not-found')
      const verdict = decideOwn({ actor, request, now })
      if (!verdict.ok) throw new Refused(verdict.refusal)
      await tx.execute(sql`select pg_sleep(0.005)`)
      await requests.decide(tx, requestId, { status: 'cancelled', by: actor.id, now, reason: null })
      return {
        value: 'cancelled',
        events: [{ type: 'request.cancelled', subject: requestId, organisation: request.organisationId, data: factOf(request) }],
      }
    }
    const pending = await stock(controlTrials, 1)
    const results = await inBatches(controlTrials, async (index) => {
      const { id, seen } = pending[index] ?? { id: '', seen: '' }
      const both = await Promise.all([
        verdictOfDatabase(
          runCommitted(approveUnlocked, { db: world.db, actor: sophie.person, origin: { channel: 'web' } }, { requestId: id, seen }),
        ),
        run(cancelUnlocked, nadia.person, { requestId: id }),
      ])
      return both.join(' + ')
    })
    const counted = tally(results)
    expect((counted['allowed + allowed'] ?? 0) + (counted['P3 + allowed'] ?? 0)).toBeGreaterThan(0)
    await world.tamper(`delete from approval where request_id = any($1::uuid[])`, [pending.map(({ id }) => id)])
  })

  test('an approval and an edit: what is executed is what was seen', async () => {
    const pending = await stock(trials, 1)
    const results = await inBatches(trials, async (index) => {
      const { id, seen, content } =
        pending[index] ??
        (() => {
          throw new Error('no request')
        })()
      await Promise.all([
        run(approve, sophie.person, { requestId: id, seen }),
        run(edit, nadia.person, { requestId: id, content: { ...content, email: `evil${index}@x.example` } }),
      ])
      const { rows } = await world.owner.query<{ email: string }>('select email from account where login = $1', [content.login])
      return rows[0] ? (rows[0].email === content.email ? 'as seen' : 'other') : await statusOf(id)
    })
    for (const result of Object.keys(tally(results))) expect(['as seen', 'pending']).toContain(result)
  })

  test('an approval and the revocation of its approver: counted before, or not at all', async () => {
    const pending = await stock(trials, 2)
    const olivier = await world.as('olivier.perrin')
    const results = await inBatches(
      trials,
      async (index) => {
        const { id, seen } = pending[index] ?? { id: '', seen: '' }
        const approver = await world.enter(others[1]?.person.id ?? '')
        await Promise.all([
          run(approve, approver.person, { requestId: id, seen }),
          run(revoke, olivier.person, { accountIds: [approver.person.id] }),
        ])
        const { rows } = await world.owner.query<{ live: number }>(
          'select count(*)::int as live from approval where request_id = $1 and voided_at is null',
          [id],
        )
        await olivier.call.accounts.undo({ accountId: approver.person.id })
        return `${rows[0]?.live} live`
      },
      1,
    )
    expect(tally(results)).toEqual({ '0 live': trials })
  })

  test('negative control: without holding the approver it takes the database to refuse the signature of somebody who is out', async () => {
    const pending = await stock(controlTrials, 2)
    const olivier = await world.as('olivier.perrin')
    const approver = others[1]?.person.id ?? ''
    const unheld = (requestId: string, seen: string) =>
      world.db.transaction(async (tx) => {
        const active = await tx.execute(sql`select 1 from account where id = ${approver} and status = 'active'`)
        if (active.rowCount !== 1) throw new Refused('not-signed-in')
        await tx.execute(sql`select pg_sleep(0.005)`)
        await requests.approve(tx, { requestId, approverId: approver, contentHash: seen, now: new Date() })
      })
    const results = await inBatches(
      controlTrials,
      async (index) => {
        const { id, seen } = pending[index] ?? { id: '', seen: '' }
        const [answer] = await Promise.all([verdictOfDatabase(unheld(id, seen)), run(revoke, olivier.person, { accountIds: [approver] })])
        await olivier.call.accounts.undo({ accountId: approver })
        return answer
      },
      1,
    )
    expect(tally(results)['P1']).toBeGreaterThan(0)
  })

  test('a sign-in and a revocation: no session survives', async () => {
    const olivier = await world.as('olivier.perrin')
    const agents = await ordinary(controlTrials)
    const results = await inBatches(trials, async (index) => {
      const accountId = agents[index % agents.length] ?? ''
      await Promise.all([run(enterDemo, nobody, { accountId }), run(revoke, olivier.person, { accountIds: [accountId] })])
      const left = await world.owner.query('select 1 from session where account_id = $1', [accountId])
      await olivier.call.accounts.undo({ accountId })
      return `${left.rowCount} left`
    })
    expect(tally(results)).toEqual({ '0 left': trials })
  })

  test('negative control: checking the account first and inserting then leaves a session behind', async () => {
    const agents = await ordinary(controlTrials)
    await world.tamper('alter table session disable trigger session_opened')
    const results = await inBatches(agents.length, async (index) => {
      const accountId = agents[index] ?? ''
      const careless = async () => {
        const { rowCount } = await world.pool.query(`select 1 from account where id = $1 and status = 'active'`, [accountId])
        await new Promise((done) => setTimeout(done, 25))
        if (rowCount)
          await world.pool.query(
            `insert into session (id, account_id, token_hash, method, epoch, device, address, created_at, last_seen_at, expires_at) values (gen_random_uuid(), $1::uuid, sha256($1::uuid::text::bytea), 'demo', 1, '', '', now(), now(), now() + interval '1 hour')`,
            [accountId],
          )
      }
      const olivier = await world.as('olivier.perrin')
      await Promise.all([careless(), run(revoke, olivier.person, { accountIds: [accountId] })])
      return `${(await world.owner.query('select 1 from session where account_id = $1', [accountId])).rowCount} left`
    })
    await world.tamper('alter table session enable trigger session_opened')
    expect(tally(results)['1 left']).toBeGreaterThan(0)
    await world.tamper(`delete from session where account_id in (select id from account where status <> 'active')`)
  })

  test('fifty uses of one link: one succeeds', async () => {
    const rounds = Math.max(6, Math.floor(trials / 50))
    const results = await inBatches(
      rounds,
      async () => {
        const born = await make.account()
        const token = newToken()
        await links.mint(world.db, { accountId: born.id, kinds: ['invitation'], hash: hashToken(token) })
        const all = await Promise.all(
          Array.from({ length: 50 }, () =>
            run(redeem(world.key), nobody, { token, password: 'la pluie tombe sur Vénissieux', code: null }),
          ),
        )
        return JSON.stringify(tally(all))
      },
      1,
    )
    expect(tally(results)).toEqual({ '{"allowed":1,"link-dead":49}': rounds })
  })

  test('negative control: reading whether a link is used and marking it then lets several in', async () => {
    await world.tamper('alter table link disable trigger link_used')
    const careless = async (id: string) => {
      const { rowCount } = await world.pool.query('select 1 from link where account_id = $1 and used_at is null', [id])
      await world.pool.query('select pg_sleep(0.05)')
      if (rowCount) await world.pool.query('update link set used_at = now() where account_id = $1', [id])
      return rowCount ? 'allowed' : 'link-dead'
    }
    let most = 0
    for (let trial = 0; trial < controlTrials && most < 2; trial += 1) {
      const { id } = await make.account()
      most = tally(await Promise.all(Array.from({ length: 20 }, () => careless(id))))['allowed'] ?? 0
    }
    await world.tamper('alter table link enable trigger link_used')
    expect(most).toBeGreaterThan(1)
  })

  test('a flood of one’s own does not keep one’s own suspension waiting', async () => {
    const olivier = await world.as('olivier.perrin')
    for (let trial = 0; trial < 5; trial += 1) {
      const agent = await world.enter(await make.agentOf('Mission locale de Lyon', trial))
      let over = false
      const flood = Array.from({ length: 12 }, async () => {
        while (!over) {
          const answer = await outcome(agent.call.requests.cancel({ requestId: uuid() }))
          if (answer === 'not-signed-in') return
        }
      })
      await new Promise((done) => setTimeout(done, 100))
      expect(await run(suspend, olivier.person, { accountIds: [agent.person.id] })).toBe('allowed')
      over = true
      await Promise.all(flood)
    }
  })

  test('a filing and the revocation of the role it is filed by: nothing stays that nobody may ask', async () => {
    const claire = await world.as('claire.fontaine')
    const organisationId = await make.organisation('Mission locale de Lyon')
    const role = { accountId: nadia.person.id, role: 'account-manager' as const, organisationId }
    const results = await inBatches(
      Math.min(trials, 100),
      async () => {
        const [content, others_] = [await make.creation(), await make.creation()]
        await Promise.all([run(submit, nadia.person, content), run(revokeRole, claire.person, role), run(submit, nadia.person, others_)])
        const { rowCount } = await world.owner.query(`select 1 from request where requester_id = $1 and status = 'pending'`, [
          nadia.person.id,
        ])
        await world.tamper(`update role_grant set revoked_at = null where account_id = $1 and role = 'account-manager'`, [nadia.person.id])
        return `${rowCount} pending`
      },
      1,
    )
    expect(Object.keys(tally(results))).toEqual(['0 pending'])
  })

  test('fifty wrong guesses at the same instant: as many are looked at as the counter allows', async () => {
    const results = await inBatches(
      10,
      async (index) => {
        const accountId = await make.agentOf('Mission locale de Lyon', index)
        const { rows } = await world.owner.query<{ epoch: number; organisation_id: string }>(
          'select epoch, organisation_id from account where id = $1',
          [accountId],
        )
        const { epoch, organisation_id: organisationId } = rows[0] ?? { epoch: 0, organisation_id: '' }
        const guess = { accountId, organisationId, epoch, proof: { wrong: 'sign-in-failed' as const } }
        await Promise.all(Array.from({ length: 50 }, () => run(signIn, nobody, guess)))
        const counted = await world.owner.query<{ failures: number }>('select failures from sign_in_failure where account_id = $1', [
          accountId,
        ])
        return `${counted.rows[0]?.failures} looked at`
      },
      1,
    )
    expect(tally(results)).toEqual({ '4 looked at': 10 })
  })

  test('a sign-in and a reset: what was proven against the old password opens nothing afterwards', async () => {
    const results = await inBatches(
      controlTrials,
      async () => {
        const accountId = await make.agentOf('Mission locale de Lyon', 12)
        const { rows } = await world.owner.query<{ epoch: number; organisation_id: string }>(
          'select epoch, organisation_id from account where id = $1',
          [accountId],
        )
        const { epoch, organisation_id: organisationId } = rows[0] ?? { epoch: 0, organisation_id: '' }
        // The password was right a moment ago; then a reset was executed.
        await world.tamper('update account set epoch = epoch + 1 where id = $1', [accountId])
        const proof = { factor: { kind: 'none' as const } }
        const answer = runCommitted(
          signIn,
          { db: world.db, actor: nobody, origin: { channel: 'web' } },
          { accountId, organisationId, epoch, proof },
        )
        return answer.then(
          (value) => ('refusal' in value ? value.refusal : 'allowed'),
          (error: unknown) => (error instanceof Refused ? error.code : 'broken'),
        )
      },
      1,
    )
    expect(tally(results)).toEqual({ 'sign-in-failed': controlTrials })
  })

  test('two overlapping batches in opposite order: each account once, no deadlock', async () => {
    const ids = await ordinary(190)
    const [olivier, second] = [await world.as('olivier.perrin'), await world.as('olivier.perrin')]
    const [one, two] = await Promise.all([
      olivier.call.accounts.revoke({ accountIds: ids.slice(0, 150) }),
      second.call.accounts.revoke({ accountIds: ids.slice(40).reverse() }),
    ])
    const done = [...one, ...two].filter(({ refusal }) => refusal === null).map(({ id }) => id)
    expect(done.length).toBe(190)
    expect(new Set(done).size).toBe(190)
  })
})

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
