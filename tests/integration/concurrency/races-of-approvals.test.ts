import { revoke } from '@countersign/server/features/accounts/end.ts'
import { approve } from '@countersign/server/features/requests/approve.ts'
import { cancel } from '@countersign/server/features/requests/cancel.ts'
import { edit } from '@countersign/server/features/requests/edit.ts'
import { factOf } from '@countersign/server/features/requests/facts.ts'
import { reject } from '@countersign/server/features/requests/reject.ts'
import { requests } from '@countersign/server/features/requests/requests.store.ts'
import { signatures } from '@countersign/server/features/requests/signatures.store.ts'
import { type Operation, runCommitted } from '@countersign/server/kernel/commit.ts'
import { Refused } from '@countersign/server/kernel/refused.ts'
import { firstPolicy } from '@countersign/shared/policy/first.ts'
import { decideApproval, decideOwn, independentSince } from '@countersign/shared/requests/approval.ts'
import { sql } from 'drizzle-orm'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { proving } from '../../support/caller.ts'
import { verdictOfDatabase } from '../../support/make.ts'
import { controlTrials, inBatches, openRaces, tally, trials } from '../../support/race.ts'

const { world, nadia, sophie, others, run, stock, statusOf } = await openRaces()
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

/** The negative control: the same approval without holding the row. */
const approveUnlocked: Operation<{ requestId: string; seen: string }, string> = async ({ tx, actor, now }, { requestId, seen }) => {
  const request = await requests.read(tx as never, requestId)
  if (!request) throw new Refused('not-found')
  const verdict = decideApproval({
    actor,
    request,
    kinship: await signatures.kinship(tx, [actor.id], independentSince(now, firstPolicy)),
    since: independentSince(now, firstPolicy),
    device: actor.device,
    onList: false,
    relatedToList: false,
    now,
    seen,
    strongest: null,
    through: null,
  })
  if (!verdict.ok) throw new Refused(verdict.refusal)
  await tx.execute(sql`select pg_sleep(0.005)`)
  await signatures.give(tx, { requestId, approverId: actor.id, contentHash: seen, assurance: 'session', device: actor.device, now })
  return {
    value: verdict.value,
    events: [
      {
        type: 'request.approval-given',
        subject: requestId,
        organisation: request.organisationId,
        data: { ...factOf(request), contentHash: seen, requirementHash: '', assurance: 'session', seconds: null, signed: null },
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
        run(approve(proving), sophie.person, { requestId: id, seen }),
        run(approve(proving), others[0]?.person ?? sophie.person, { requestId: id, seen }),
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
        run(approve(proving), sophie.person, { requestId: id, seen }),
        run(approve(proving), others[0]?.person ?? sophie.person, { requestId: id, seen }),
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
        run(approve(proving), sophie.person, { requestId: id, seen }),
        run(approve(proving), sophie.person, { requestId: id, seen }),
      ])
      return both.sort().join(' + ')
    })
    expect(tally(results)).toEqual({ 'allowed + already-approved': trials })
  })

  test.each([
    ['cancel', (id: string) => run(cancel, nadia.person, { requestId: id }), 'cancelled'],
    [
      'reject',
      (id: string, seen: string) => run(reject(proving), others[0]?.person ?? sophie.person, { requestId: id, seen, reason: 'non' }),
      'rejected',
    ],
  ] as const)('an approval and a %s: exactly one of them', async (_, other, ended) => {
    const pending = await stock(trials, 1)
    const results = await inBatches(trials, async (index) => {
      const { id, seen, content } = pending[index] ?? { id: '', seen: '', content: { login: '' } }
      const both = await Promise.all([run(approve(proving), sophie.person, { requestId: id, seen }), other(id, seen)])
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
        run(approve(proving), sophie.person, { requestId: id, seen }),
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
          run(approve(proving), approver.person, { requestId: id, seen }),
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
        await signatures.give(tx, {
          requestId,
          approverId: approver,
          contentHash: seen,
          assurance: 'session',
          device: others[1]?.person.device ?? null,
          now: new Date(),
        })
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
})
