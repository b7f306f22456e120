import { seal } from '@countersign/server/kernel/secrets.ts'
import { roleAsked } from '@countersign/shared/access/proof.ts'
import { firstPolicy } from '@countersign/shared/policy/first.ts'
import { generateSecret, generateSync } from 'otplib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Authenticator, openAuthenticator, withPasskey } from '../../support/authenticator.ts'
import { makerOf, outcome, verdictOfDatabase } from '../../support/make.ts'
import { openWorld, type Signed, type World } from '../../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
let nadia: Signed
let sophie: Signed
let hers: Authenticator

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  nadia = await world.as('nadia.roux')
  sophie = await world.as('sophie.marchand')
  hers = await withPasskey(sophie)
})
afterEach(async () => expect(await world.broken()).toEqual([]))
afterAll(() => world.close())

/** A whole creation, which Sophie signs with hers. */
const born = async () => {
  const { id: requestId, seen, content } = await make.pending(nadia)
  await sophie.call.requests.approve({ requestId, seen, proof: await hers.decide(sophie, requestId, 'approve') })
  return { id: await world.idOf(content.login), requestId }
}

const lastEntry = async (subject: string, type: string) => {
  const { rows } = await world.owner.query<{ data: Record<string, unknown> }>(
    'select data from audit_entry where subject_id = $1 and type = $2 order by number desc limit 1',
    [subject, type],
  )
  return rows[0]?.data ?? {}
}

describe('a countersignature by passkey', () => {
  test('signs exactly this content, requirement and decision, and stands in the audit with what was signed', async () => {
    const { id, seen } = await make.pending(nadia)
    const proof = await hers.decide(sophie, id, 'approve')
    expect(await sophie.call.requests.approve({ requestId: id, seen, proof })).toBe('executed')
    const entry = await lastEntry(id, 'request.approval-given')
    expect(entry).toMatchObject({
      contentHash: seen,
      assurance: 'passkey',
      signed: { signature: 'signature' in proof ? proof.signature : '' },
    })
    const detail = await nadia.call.requests.get({ requestId: id })
    expect(detail.approvals.map(({ assurance }) => assurance)).toEqual(['passkey'])
  })

  test('is asked for afresh each time of whoever has one: a session that was left open signs nothing', async () => {
    const { id, seen } = await make.pending(nadia)
    expect(await outcome(sophie.call.requests.approve({ requestId: id, seen }))).toBe('second-factor-needed')
    const { nonce } = await sophie.call.requests.get({ requestId: id })
    expect(await outcome(sophie.call.requests.approve({ requestId: id, seen, proof: { kind: 'none', nonce } }))).toBe(
      'second-factor-needed',
    )
    expect(await outcome(sophie.call.requests.reject({ requestId: id, seen, reason: 'non' }))).toBe('second-factor-needed')
  })

  test.each([
    ['of another request', async (id: string) => hers.decide(sophie, id, 'approve', { requestId: crypto.randomUUID() })],
    ['of another content', async (id: string) => hers.decide(sophie, id, 'approve', { contentHash: '0'.repeat(64) })],
    ['of another requirement', async (id: string) => hers.decide(sophie, id, 'approve', { requirementHash: '0'.repeat(64) })],
    ['of the other decision', async (id: string) => hers.decide(sophie, id, 'reject')],
    ['made on another site', async (id: string) => hers.decide(sophie, id, 'approve', { origin: 'https://countersign.example' })],
    ['for another host', async (id: string) => hers.decide(sophie, id, 'approve', { host: 'countersign.example' })],
    ['without its owner’s finger or code', async (id: string) => hers.decide(sophie, id, 'approve', { flags: 0x01 })],
    ['by a passkey of nobody', async (id: string) => openAuthenticator().decide(sophie, id, 'approve')],
  ])('%s does not count', async (_, signing) => {
    const { id, seen } = await make.pending(nadia)
    expect(await outcome(sophie.call.requests.approve({ requestId: id, seen, proof: await signing(id) }))).toBe('passkey-wrong')
    const { rowCount } = await world.owner.query('select 1 from approval where request_id = $1', [id])
    expect(rowCount).toBe(0)
  })

  test.each([
    [
      'a longer length than it needs',
      (signature: Buffer) => Buffer.concat([Buffer.of(0x30, 0x81, signature.readUInt8(1)), signature.subarray(2)]),
    ],
    ['something after its end', (signature: Buffer) => Buffer.concat([signature, Buffer.of(5, 0)])],
  ])('written with %s, which an auditor would call wrong, does not count', async (_, bent) => {
    const { id, seen } = await make.pending(nadia)
    const proof = await hers.decide(sophie, id, 'approve')
    if (proof.kind !== 'passkey') throw new Error('a passkey signs')
    const signature = bent(Buffer.from(proof.signature, 'base64url')).toString('base64url')
    expect(await outcome(sophie.call.requests.approve({ requestId: id, seen, proof: { ...proof, signature } }))).toBe('passkey-wrong')
  })

  test('is none that was given to sign in with', async () => {
    const { id, seen } = await make.pending(nadia)
    const { nonce } = await sophie.call.requests.get({ requestId: id })
    const { nonce: _challenge, ...signedIn } = hers.signIn(nonce)
    expect(await outcome(sophie.call.requests.approve({ requestId: id, seen, proof: { kind: 'passkey', nonce, ...signedIn } }))).toBe(
      'passkey-wrong',
    )
    const { challenge } = await world.anonymous.sessions.passkeyChallenge()
    expect(await outcome(world.anonymous.sessions.signInWithPasskey({ nonce: challenge, ...hers.assertion(challenge) }))).toBe(
      'passkey-wrong',
    )
  })

  test('is of the request it was opened for', async () => {
    const [one, other] = [await make.pending(nadia), await make.pending(nadia)]
    const { nonce } = await sophie.call.requests.get({ requestId: other.id })
    const proof = await hers.decide(sophie, one.id, 'approve', { nonce })
    expect(await outcome(sophie.call.requests.approve({ requestId: one.id, seen: one.seen, proof }))).toBe('proof-stale')
  })

  test('by somebody else’s passkey does not count', async () => {
    const amina = await world.as('amina.benali')
    const theirs = await withPasskey(amina)
    const { id, seen } = await make.pending(nadia)
    expect(await outcome(sophie.call.requests.approve({ requestId: id, seen, proof: await theirs.decide(sophie, id, 'approve') }))).toBe(
      'passkey-wrong',
    )
  })

  test('over fewer signatures than it needs by now is no wrong one: it has to be read again', async () => {
    const { id, seen } = await make.pending(nadia)
    const proof = await hers.decide(sophie, id, 'approve')
    await world.tamper('update request set approvals_needed = 2 where id = $1', [id])
    expect(await outcome(sophie.call.requests.approve({ requestId: id, seen, proof }))).toBe('content-changed')
    const again = await hers.decide(sophie, id, 'approve')
    expect(await sophie.call.requests.approve({ requestId: id, seen, proof: again })).toBe('pending')
  })

  test('signed in another session, or long ago, does not count; nor does one that was given before', async () => {
    const { id, seen } = await make.pending(nadia)
    const elsewhere = await world.as('sophie.marchand')
    const proof = await hers.decide(elsewhere, id, 'approve')
    expect(await outcome(sophie.call.requests.approve({ requestId: id, seen, proof }))).toBe('proof-stale')
    const own = await hers.decide(sophie, id, 'approve')
    await sophie.call.requests.approve({ requestId: id, seen, proof: own })
    // As if the signature had fallen and the request waited once more: what was signed then is no new signature.
    const again = await make.pending(nadia)
    expect(await outcome(sophie.call.requests.approve({ requestId: again.id, seen: again.seen, proof: own }))).toBe('proof-stale')
  })

  test('given twice at the same instant is given once', async () => {
    const { id, seen } = await make.pending(nadia)
    const proof = await hers.decide(sophie, id, 'approve')
    const both = await Promise.all([1, 2].map(() => outcome(sophie.call.requests.approve({ requestId: id, seen, proof }))))
    expect(both.sort()).toEqual(['allowed', 'already-decided'])
  })

  test('refuses as well as it agrees', async () => {
    const { id, seen } = await make.pending(nadia)
    const proof = await hers.decide(sophie, id, 'reject')
    expect(await sophie.call.requests.reject({ requestId: id, seen, proof, reason: 'Convention non signée' })).toBe('rejected')
    expect(await lastEntry(id, 'request.rejected')).toMatchObject({ assurance: 'passkey', contentHash: seen })
  })
})

test('a code is the weaker assurance, and recorded as such; wrong ones are counted for the session, not at the door', async () => {
  const thomas = await world.as('thomas.vasseur')
  const julien = await world.as('julien.lefebvre')
  const secret = generateSecret()
  await world.tamper(
    `insert into credential (id, account_id, kind, secret, link_id, created_at) values (gen_random_uuid(), $1, 'totp', $2, gen_random_uuid(), now())`,
    [thomas.person.id, seal(world.key, secret)],
  )
  const organisationId = await make.siteOf('Mission locale de Lille')
  const { id, seen } = await make.pending(julien, { organisationId })
  const { nonce } = await thomas.call.requests.get({ requestId: id })
  const typed = (code: string) => thomas.call.requests.approve({ requestId: id, seen, proof: { kind: 'code', nonce, code } })
  for (let nth = 1; nth <= 3; nth += 1) expect(await outcome(typed('000000'))).toBe('code-wrong')
  expect(await world.entriesAbout(thomas.person.id)).toContain('sign-in.failed')
  // From the fourth on this session waits; guesses at the door are another matter, and keep nobody from their work.
  expect(await outcome(typed('000000'))).toBe('code-wrong')
  expect(await outcome(typed(generateSync({ secret })))).toBe('too-many')
  await world.tamper('update session set proof_failures = 0 where id = $1', [thomas.person.sessionId])
  await world.tamper(`insert into sign_in_failure (account_id, source, failures, last_at) values ($1, '~127.0.0', 10, now())`, [
    thomas.person.id,
  ])
  expect(await typed(generateSync({ secret }))).toBe('executed')
  expect(await lastEntry(id, 'request.approval-given')).toMatchObject({ assurance: 'totp', signed: null })
})

describe('what else asks for a proof afresh', () => {
  test('a role, a policy, a file: of whoever has a passkey, never of an open session', async () => {
    const [claire, isabelle] = [await world.as('claire.fontaine'), await world.as('isabelle.carpentier')]
    const [hersToo, theirs] = [await withPasskey(claire), await withPasskey(isabelle)]
    const accountId = await make.agentOf('Mission locale de Lyon')
    const asked = {
      kind: 'grant-role' as const,
      accountId,
      role: 'auditor' as const,
      organisationId: await make.organisation('Mission locale de Lyon'),
      justification: 'Essai',
    }
    expect(await outcome(claire.call.requests.submit(asked))).toBe('second-factor-needed')
    expect(await outcome(claire.call.requests.submit({ ...asked, proof: await hersToo.act(claire, 'ask-role', roleAsked(asked)) }))).toBe(
      'allowed',
    )
    // What was asked with a proof is not made something else without one.
    const { rows } = await world.owner.query<{ id: string }>(`select id from request where subject_id = $1 and kind = 'grant-role'`, [
      accountId,
    ])
    expect(await outcome(claire.call.requests.edit({ requestId: rows[0]?.id ?? '', content: { ...asked, role: 'supervisor' } }))).toBe(
      'not-permitted',
    )
    const after = { ...firstPolicy, criticalSuspends: true }
    expect(await outcome(claire.call.policy.ask({ after, justification: 'Essai' }))).toBe('second-factor-needed')
    expect(await outcome(isabelle.call.sessions.allowExport({ on: 'audit' }))).toBe('second-factor-needed')
    const { ticket } = await isabelle.call.sessions.allowExport({ on: 'audit', proof: await theirs.act(isabelle, 'export', 'audit') })
    expect(ticket).toHaveLength(43)
  })
})

test('a signature that fell is not given again by showing it once more, though the passkey counts nothing', async () => {
  const marc = await world.as('marc.delorme')
  const synced = openAuthenticator({ synced: true })
  const { nonce } = await marc.call.passkeys.options()
  await marc.call.passkeys.add({ name: 'Trousseau', nonce, registration: synced.made(nonce) })
  const helene = await world.as('helene.garnier')
  const lyon = await make.organisation('Mission locale de Lyon')
  const id = await make.askedRole(helene, await make.agentOf('Mission locale de Lyon', 1), 'auditor', lyon)
  const proof = await synced.decide(marc, id, 'approve')
  const seen = await make.hashOf(id)
  expect(await marc.call.requests.approve({ requestId: id, seen, proof })).toBe('pending')
  await world.tamper(`update approval set voided_at = now(), voided_because = 'not-independent' where request_id = $1`, [id])
  expect(await outcome(marc.call.requests.approve({ requestId: id, seen, proof }))).toBe('proof-stale')
})

describe('the database itself', () => {
  test('takes no passkey without a session or a link, without its entry, or within a day of a reset', async () => {
    const account = await born()
    const insert = `insert into passkey (id, account_id, credential_id, public_key, sign_count, transports, name, synced, created_at)
      values (gen_random_uuid(), $1, decode(md5(random()::text), 'hex'), '\\x00', 0, '{}', 'x', false, now())`
    expect(await verdictOfDatabase(world.pool.query(insert, [account.id]))).toBe('P1')
    await world.enter(account.id)
    expect(await verdictOfDatabase(world.pool.query(insert, [account.id]))).toBe('P6')
    await sophie.call.accounts.suspend({ accountIds: [account.id] })
    expect(await verdictOfDatabase(world.pool.query(insert, [account.id]))).toBe('P5')
  })

  test('takes no approval that says less of its giver than they could show, or whose entry says something else', async () => {
    const { id, seen } = await make.pending(nadia)
    const approving = async (assurance: string, told: string | null) => {
      const client = await world.pool.connect()
      try {
        await client.query('begin')
        if (told)
          await client.query(
            `insert into audit_entry (id, at, type, actor_id, subject_id, origin, data) values (gen_random_uuid(), now(), 'request.approval-given', $2, $1, '{"channel":"web"}', jsonb_build_object('assurance', $3::text))`,
            [id, sophie.person.id, told],
          )
        await client.query(
          `insert into approval (id, request_id, approver_id, content_hash, independent, given_at, assurance, device_key) values (gen_random_uuid(), $1, $2, $3, true, now(), $4, 'x')`,
          [id, sophie.person.id, seen, assurance],
        )
        return await verdictOfDatabase(client.query('commit'))
      } finally {
        await client.query('rollback')
        client.release()
      }
    }
    expect(await approving('session', 'session')).toBe('P1')
    expect(await approving('totp', 'passkey')).toBe('P6')
    expect(await approving('totp', null)).toBe('P6')
  })

  test('keeps what was spent spent, and counts upwards', async () => {
    expect(await verdictOfDatabase(world.pool.query('delete from spent_nonce'))).toBe('P1')
    expect(await verdictOfDatabase(world.pool.query('update spent_nonce set expires_at = now()'))).toBe('42501')
    expect(await verdictOfDatabase(world.pool.query('update passkey set sign_count = sign_count - 1'))).toBe('P1')
    expect(await verdictOfDatabase(world.pool.query(`update passkey set public_key = '\\x00'`))).toBe('42501')
  })
})

test('whoever decided the last ten in under five seconds each is given a second reader, once for each request', async () => {
  const fast = async () => {
    const { id, seen } = await make.pending(nadia)
    const proof = await hers.decide(sophie, id, 'approve')
    return { id, status: await sophie.call.requests.approve({ requestId: id, seen, proof }) }
  }
  await world.tamper(`update audit_entry set data = jsonb_set(data, '{seconds}', '60') where actor_id = $1 and data ? 'seconds'`, [
    sophie.person.id,
  ])
  for (let nth = 1; nth <= 10; nth += 1) expect((await fast()).status).toBe('executed')
  const { id, status } = await fast()
  expect(status).toBe('pending')
  expect(await world.entriesAbout(id)).toEqual(['request.submitted', 'request.approval-given', 'request.held'])
  const shown = await sophie.call.requests.get({ requestId: id })
  expect(shown.pace).toMatchObject({ hurried: true })
  expect(shown.approvalsNeeded).toBe(2)
})
