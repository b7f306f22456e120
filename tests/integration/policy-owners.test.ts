import { nationKey } from '@countersign/server/features/organisations/trunk.ts'
import type { Role } from '@countersign/shared/access/roles.ts'
import { foundingDemand } from '@countersign/shared/requests/requirement.ts'
import { sql } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makerOf, outcome, verdictOfDatabase } from '../support/make.ts'
import { type Founded, foundSmall, openSmall, type Small } from '../support/small-network.ts'
import { openWorld, type Signed, type World } from '../support/world.ts'

/** A world each: whoever takes policy owners away leaves none for the next test. */
let world: World
let make: ReturnType<typeof makerOf>
let owners: readonly [claire: Signed, marc: Signed, helene: Signed]
let olivier: Signed

beforeEach(async () => {
  world = await openWorld()
  make = makerOf(world)
  owners = [await world.as('claire.fontaine'), await world.as('marc.delorme'), await world.as('helene.garnier')]
  olivier = await world.as('olivier.perrin')
})
afterEach(async () => {
  expect(await world.broken()).toEqual([])
  await world.close()
})

const idOf = ({ person }: Signed) => person.id
const statusOf = async (id: string) =>
  (await world.owner.query<{ status: string }>('select status from account where id = $1', [id])).rows[0]?.status

describe('policy owners', () => {
  test('cannot be revoked while too few would be left to name another; suspended they can be, and the others go on', async () => {
    const [claire, marc, helene] = owners
    const nation = await make.organisation('Réseau pour l’emploi', 'nation')
    const role = { accountId: idOf(claire), role: 'policy-owner' as const, organisationId: nation }
    expect(await outcome(olivier.call.accounts.revoke({ accountIds: [idOf(claire)] }))).toBe('last-policy-owner')
    expect(await outcome(olivier.call.accounts.revokeRole(role))).toBe('last-policy-owner')
    expect(await outcome(marc.call.accounts.revokeRole(role))).toBe('last-policy-owner')
    expect(await outcome(olivier.call.accounts.suspend({ accountIds: [idOf(claire)] }))).toBe('allowed')

    // With her out, a fourth is named: the IT admin asks, and gives nothing; the two others sign. Then she can be revoked.
    const accountId = await make.agentOf('Mission locale de Lyon')
    const { id } = await olivier.call.requests.submit({ ...role, kind: 'grant-role', accountId, justification: 'Relève' })
    const seen = await make.hashOf(id)
    expect(await outcome(olivier.call.requests.approve({ requestId: id, seen }))).toBe('not-found')
    expect(await marc.call.requests.approve({ requestId: id, seen })).toBe('pending')
    expect(await helene.call.requests.approve({ requestId: id, seen })).toBe('executed')
    expect(await outcome(olivier.call.accounts.revoke({ accountIds: [idOf(claire)] }))).toBe('allowed')
    expect(await outcome(olivier.call.accounts.revoke({ accountIds: [idOf(marc)] }))).toBe('last-policy-owner')
  })

  test('whose time is over count for nothing', async () => {
    const [claire, marc, helene] = owners
    await world.tamper('update account set ends_on = current_date - 1 where id = any($1)', [[idOf(claire), idOf(marc)]])
    expect(await outcome(olivier.call.accounts.suspend({ accountIds: [idOf(helene)] }))).toBe('last-policy-owner')
  })

  test('who are out already are in nobody’s way: their rows change with the rest, whoever else is leaving', async () => {
    const [claire, marc] = owners
    const nation = await make.organisation('Réseau pour l’emploi', 'nation')
    await make.role(await make.agentOf('Mission locale de Lyon'), 'policy-owner', nation)
    expect(await outcome(olivier.call.accounts.revoke({ accountIds: [idOf(claire)] }))).toBe('allowed')
    await world.tamper('update account set ends_on = current_date - 1 where id = $1', [idOf(marc)])
    expect(await verdictOfDatabase(world.pool.query('update account set reach = reach + 1 where id = $1', [idOf(claire)]))).toBe('allowed')
    expect(await verdictOfDatabase(world.pool.query(`update account set language = 'en' where id = $1`, [idOf(claire)]))).toBe('allowed')
  })

  test('what a founder asked before there were three stays decidable, and falls with whoever asked it', async () => {
    const [claire, marc] = owners
    const ask = async (offset: number) => {
      const accountId = await make.agentOf('Mission locale de Lyon', offset)
      const organisationId = await make.organisation('Mission locale de Lyon')
      const id = await make.askedRole(claire, accountId, 'account-manager', organisationId)
      await world.tamper('update request set approvals_needed = 1, demand = $2 where id = $1', [id, foundingDemand])
      return id
    }
    const [signed, cancelled, fallen] = [await ask(0), await ask(1), await ask(2)]
    expect(await marc.call.requests.approve({ requestId: signed, seen: await make.hashOf(signed) })).toBe('executed')
    expect(await outcome(claire.call.requests.cancel({ requestId: cancelled }))).toBe('allowed')
    expect(await outcome(olivier.call.accounts.suspend({ accountIds: [idOf(claire)] }))).toBe('allowed')
    const { rows } = await world.owner.query('select status from request where id = $1', [fallen])
    expect(rows).toEqual([{ status: 'voided' }])
  })

  test('cannot take away the last IT admin, who could put them out', async () => {
    const [claire] = owners
    const nation = await make.organisation('Réseau pour l’emploi', 'nation')
    expect(await outcome(claire.call.accounts.revokeRole({ accountId: idOf(olivier), role: 'it-admin', organisationId: nation }))).toBe(
      'last-it-admin',
    )
    expect(await outcome(olivier.call.accounts.revoke({ accountIds: [idOf(olivier)] }))).toBe('last-it-admin')
    expect(await outcome(olivier.call.accounts.suspend({ accountIds: [idOf(claire)] }))).toBe('allowed')
  })

  test('all three suspended at the same instant: two stay, one to ask and one to sign', async () => {
    const answers = await Promise.all(owners.map((owner) => outcome(olivier.call.accounts.suspend({ accountIds: [idOf(owner)] }))))
    expect(answers.toSorted()).toEqual(['allowed', 'last-policy-owner', 'last-policy-owner'])
  })

  test('the last one who says "this was not me" is locked out, with all that could act for them, and stays the owner', async () => {
    const [claire, marc, helene] = owners
    const ask = async (by: Signed, offset: number) => {
      const { id } = await by.call.requests.submit({
        kind: 'grant-role',
        accountId: await make.agentOf('Mission locale de Lille', offset),
        role: 'account-manager',
        organisationId: await make.organisation('Mission locale de Lille'),
        justification: 'Essai',
      })
      return id
    }
    const signed = await ask(claire, 0)
    await helene.call.requests.approve({ requestId: signed, seen: await make.hashOf(signed) })
    const filed = await ask(helene, 1)
    const reset = await olivier.call.requests.submit({ kind: 'reset-credentials', accountId: idOf(helene), justification: 'Oubli' })
    await world.tamper(
      `insert into credential (id, account_id, kind, secret, link_id, created_at) select gen_random_uuid(), $1, 'password', 'x', id, now() from link where account_id = $1 limit 1`,
      [idOf(helene)],
    )
    // The two others are out, without anything of theirs having gone with them.
    await world.tamper(`update account set status = 'suspended' where id = any($1)`, [[idOf(claire), idOf(marc)]])
    expect(await outcome(helene.call.accounts.disown())).toBe('allowed')
    expect(await statusOf(idOf(helene))).toBe('active')
    expect(await world.alive(helene.token)).toBe(false)
    expect((await world.owner.query('select 1 from credential where account_id = $1', [idOf(helene)])).rowCount).toBe(0)
    expect((await world.entriesAbout(idOf(helene))).at(-1)).toBe('account.locked-out')
    expect((await world.entriesAbout(filed)).at(-1)).toBe('request.voided')
    expect((await world.entriesAbout(reset.id)).at(-1)).toBe('request.voided')
    expect(await world.entriesAbout(signed)).toContain('request.approval-voided')
    await world.tamper(`update account set status = 'active' where id = any($1)`, [[idOf(claire), idOf(marc)]])
  })

  test('the last one is held by the database too, whichever way', async () => {
    const ids = owners.map(idOf)
    const all = `update account set status = 'suspended', previous_status = status, epoch = epoch + 1, status_changed_at = now() where id = any($1)`
    expect(await verdictOfDatabase(world.pool.query(all, [ids]))).toBe('P10')
    for (const role of ['policy-owner', 'it-admin'])
      expect(await verdictOfDatabase(world.pool.query('update role_grant set revoked_at = now() where role = $1', [role]))).toBe('P10')
    const one = `update account set status = 'revoked', previous_status = status, epoch = epoch + 1, status_changed_at = now() where id = $1`
    expect(await verdictOfDatabase(world.pool.query(one, [ids[0]]))).toBe('P10')
  })
})

describe('a role that is taken away', () => {
  test('takes along what its holder asked for and signed by it, and narrows their open stream', async () => {
    const [claire, marc, helene] = owners
    const nation = await make.organisation('Réseau pour l’emploi', 'nation')
    const agent = await make.agentOf('Mission locale de Lille')
    const lille = await make.organisation('Mission locale de Lille')
    const content = {
      kind: 'grant-role' as const,
      accountId: agent,
      role: 'account-manager' as const,
      organisationId: lille,
      justification: 'Essai',
    }
    const signed = await claire.call.requests.submit(content)
    await marc.call.requests.approve({ requestId: signed.id, seen: await make.hashOf(signed.id) })
    const filed = await marc.call.requests.submit({ ...content, accountId: await make.agentOf('Mission locale de Lille', 1) })

    const heard: string[] = []
    const stream = await marc.call.live.changes()
    void (async () => {
      for await (const changes of stream) heard.push(...changes.map(({ subject }) => subject))
    })()
    const successor = await make.role(await make.agentOf('Mission locale de Lyon', 2), 'policy-owner', nation)
    expect(successor).not.toBe('')
    await olivier.call.accounts.revokeRole({ accountId: idOf(marc), role: 'policy-owner', organisationId: nation })

    expect(await world.entriesAbout(signed.id)).toEqual(['request.submitted', 'request.approval-given', 'request.approval-voided'])
    expect(await world.entriesAbout(filed.id)).toEqual(['request.submitted', 'request.voided'])
    expect(await helene.call.requests.approve({ requestId: signed.id, seen: await make.hashOf(signed.id) })).toBe('pending')
    await expect.poll(() => heard).toContain(idOf(marc))
    heard.length = 0
    // Elsewhere something happens, then to Marc himself: he hears of himself alone.
    await olivier.call.accounts.suspend({ accountIds: [agent] })
    await marc.call.sessions.signOut({ sessionId: (await world.enter(idOf(marc))).person.sessionId })
    await expect.poll(() => heard.length).toBeGreaterThan(0)
    expect(new Set(heard)).toEqual(new Set([idOf(marc)]))
  })
})

describe('an account two people want out', () => {
  test('stays out: the first can no longer take it back alone', async () => {
    const sophie = await world.as('sophie.marchand')
    const accountId = await make.agentOf('Mission locale de Lyon')
    await sophie.call.accounts.suspend({ accountIds: [accountId] })
    expect(await olivier.call.accounts.suspend({ accountIds: [accountId] })).toEqual([
      { id: accountId, refusal: null, status: 'suspended', ended: null },
    ])
    expect(await outcome(sophie.call.accounts.undo({ accountId }))).toBe('undo-too-late')
    expect((await world.entriesAbout(accountId)).slice(-2)).toEqual(['account.suspended', 'account.ending-confirmed'])
    expect(await outcome(olivier.call.accounts.suspend({ accountIds: [accountId] }))).toBe('already-in-state')
  })
})

describe('a network that is being founded', () => {
  let founded: Founded
  let small: Small
  beforeEach(async () => {
    founded = await foundSmall()
    small = await openSmall(founded)
  })
  afterEach(async () => {
    await small.close()
    await founded.forget()
  })

  const asks = async (role: Role, over: string) => {
    const asked = { accountId: await small.born(small.anne, small.bruno), role, organisationId: small.at(over) }
    const { id } = await small.anne.requests.submit({ kind: 'grant-role', ...asked, justification: 'Fondation' })
    return { ...asked, answer: await small.signed(small.bruno, id) }
  }

  test('goes on with two people after a third owner is named: whoever they have made could not sign with them for a month', async () => {
    expect((await asks('policy-owner', nationKey)).answer).toBe('executed')
    expect((await asks('it-admin', nationKey)).answer).toBe('executed')
    expect((await asks('supervisor', 'region')).answer).toBe('executed')
    // A month later there are three, and two of them sign besides whoever asks.
    await small.owner.transaction(async (tx) => {
      await tx.execute(sql`set local session_replication_role = replica`)
      await tx.execute(sql`update role_grant set granted_at = granted_at - interval '31 days' where role = 'policy-owner'`)
    })
    expect((await asks('supervisor', 'region')).answer).toBe('pending')
  })
})
