import { revoke, suspend } from '@countersign/server/features/accounts/end.ts'
import { revokeRole } from '@countersign/server/features/accounts/revoke-role.ts'
import { links } from '@countersign/server/features/links/links.store.ts'
import { redeem } from '@countersign/server/features/links/redeem.ts'
import { submit } from '@countersign/server/features/requests/submit.ts'
import { enterDemo } from '@countersign/server/features/sessions/enter-demo.ts'
import { signIn } from '@countersign/server/features/sessions/sign-in.ts'
import { nobody } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import { Refused } from '@countersign/server/kernel/refused.ts'
import { hashToken, newToken } from '@countersign/server/kernel/secrets.ts'
import { v7 as uuid } from 'uuid'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { proving } from '../../support/caller.ts'
import { outcome } from '../../support/make.ts'
import { controlTrials, inBatches, openRaces, tally, trials } from '../../support/race.ts'

const { world, make, nadia, run, ordinary } = await openRaces()
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

describe('at the same instant', () => {
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
          Array.from({ length: 50 }, () => run(redeem(proving), nobody, { token, password: 'la pluie tombe sur Vénissieux', code: null })),
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
        await Promise.all([
          run(submit(proving), nadia.person, { content }),
          run(revokeRole, claire.person, role),
          run(submit(proving), nadia.person, { content: others_ }),
        ])
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
      olivier.call.accounts.suspend({ accountIds: ids.slice(0, 150) }),
      second.call.accounts.suspend({ accountIds: ids.slice(40).reverse() }),
    ])
    const done = [...one, ...two].filter(({ refusal }) => refusal === null).map(({ id }) => id)
    expect(done.length).toBe(190)
    expect(new Set(done).size).toBe(190)
  })
})
