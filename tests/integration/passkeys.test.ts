import { newNonce } from '@countersign/server/features/passkeys/nonces.ts'
import { hashPassword } from '@countersign/server/features/sessions/passwords.ts'
import { hashToken, newToken, seal } from '@countersign/server/kernel/secrets.ts'
import { roleAsked } from '@countersign/shared/access/proof.ts'
import { generateSecret, generateSync } from 'otplib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Authenticator, openAuthenticator, withPasskey } from '../support/authenticator.ts'
import { makerOf, outcome, verdictOfDatabase } from '../support/make.ts'
import { openWorld, type Signed, type World } from '../support/world.ts'

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
  await world.tamper('insert into sign_in_failure (account_id, failures, last_at) values ($1, 10, now())', [thomas.person.id])
  expect(await typed(generateSync({ secret }))).toBe('executed')
  expect(await lastEntry(id, 'request.approval-given')).toMatchObject({ assurance: 'totp', signed: null })
})

describe('one’s own passkeys', () => {
  test('sign in, and nobody needs to be named; the same signature opens one session', async () => {
    const olivier = await world.as('olivier.perrin')
    const his = await withPasskey(olivier)
    const { challenge } = await world.anonymous.sessions.passkeyChallenge()
    const enter = () => world.anonymous.sessions.signInWithPasskey(his.signIn(challenge))
    const once = his.signIn(challenge)
    const results = await Promise.all([1, 2, 3].map(() => outcome(world.anonymous.sessions.signInWithPasskey(once))))
    expect(results.sort()).toEqual(['allowed', 'passkey-wrong', 'passkey-wrong'])
    expect(await outcome(enter())).toBe('passkey-wrong')
    const { rows } = await world.owner.query(`select method from session where account_id = $1 and method = 'passkey'`, [olivier.person.id])
    expect(rows).toHaveLength(1)
  })

  test('let nobody in who is out, and are forgotten with a reset', async () => {
    const account = await born()
    const one = await world.enter(account.id)
    const theirs = await withPasskey(one)
    const enter = async () => {
      const { challenge } = await world.anonymous.sessions.passkeyChallenge()
      return outcome(world.anonymous.sessions.signInWithPasskey(theirs.signIn(challenge)))
    }
    expect(await enter()).toBe('allowed')
    await sophie.call.accounts.suspend({ accountIds: [account.id] })
    expect(await enter()).toBe('passkey-wrong')
    await sophie.call.accounts.undo({ accountId: account.id })
    expect(await enter()).toBe('allowed')

    const karim = await world.as('karim.haddad')
    const { id } = await nadia.call.requests.submit({ kind: 'reset-credentials', accountId: account.id, justification: 'Téléphone perdu' })
    await karim.call.requests.callBack({ requestId: id, outcome: 'confirmed', note: '' })
    await karim.call.requests.approve({ requestId: id, seen: await make.hashOf(id) })
    expect(await enter()).toBe('passkey-wrong')
  })

  test('are added by what one held before, not within a day of a reset, and told by mail', async () => {
    const second = openAuthenticator()
    const { nonce } = await sophie.call.passkeys.options()
    const adding = { name: 'Clé de secours', nonce, registration: second.made(nonce) }
    expect(await outcome(sophie.call.passkeys.add(adding))).toBe('second-factor-needed')
    const proof = await hers.act(sophie, 'add-passkey', adding.name)
    expect(await outcome(sophie.call.passkeys.add({ ...adding, proof: await hers.act(sophie, 'add-passkey', 'Autre nom') }))).toBe(
      'passkey-wrong',
    )
    await sophie.call.passkeys.add({ ...adding, proof })
    const mine = await sophie.call.passkeys.mine()
    const thief = await world.as('sophie.marchand')
    expect(mine.map(({ name }) => name)).toEqual(['Mon téléphone', 'Clé de secours'])
    const passkeyId = mine[1]?.id ?? ''
    const { rows } = await world.owner.query(`select 1 from outbox where destination = 'mail.passkeys-changed' and account_id = $1`, [
      sophie.person.id,
    ])
    expect(rows.length).toBeGreaterThan(0)
    await sophie.call.passkeys.remove({ passkeyId, proof: await second.act(sophie, 'remove-passkey', passkeyId) })
    expect(await world.alive(thief.token)).toBe(false)
    expect(await world.entriesAbout(sophie.person.id)).toEqual(expect.arrayContaining(['passkey.added', 'passkey.removed', 'proof.given']))

    const account = await born()
    const one = await world.enter(account.id)
    await world.tamper(
      `insert into link (id, kind, account_id, request_id, created_at, expires_at, used_at) values (gen_random_uuid(), 'reset', $1, $2, now() - interval '3 hours', now(), now() - interval '2 hours')`,
      [account.id, account.requestId],
    )
    expect(await outcome(one.call.passkeys.options())).toBe('factor-after-reset')
    const early = newNonce(world.key, `session:${one.person.sessionId}`)
    const registration = openAuthenticator().made(early)
    expect(await outcome(one.call.passkeys.add({ name: 'Trop tôt', nonce: early, registration }))).toBe('factor-after-reset')
  })

  test.each([
    ['on another site', { origin: 'https://countersign.example' }],
    ['for another host', { host: 'countersign.example' }],
    ['without its owner’s finger or code', { flags: 0x41 }],
  ])('made %s are none', async (_, bent) => {
    const isabelle = await world.as('isabelle.carpentier')
    const { nonce } = await isabelle.call.passkeys.options()
    expect(await outcome(isabelle.call.passkeys.add({ name: 'Faux', nonce, registration: openAuthenticator().made(nonce, bent) }))).toBe(
      'passkey-wrong',
    )
  })

  /** A link of somebody's, opened as its mail would. */
  const opened = async (accountId: string, kind: 'invitation' | 'enrolment') => {
    const token = newToken()
    await world.pool.query('update link set token_hash = $2 where account_id = $1 and kind = $3', [accountId, hashToken(token), kind])
    return { token, described: await world.anonymous.links.describe({ token }) }
  }
  const password = 'la pluie tombe sur Vénissieux'

  test('are made through an invitation in the place of a code, with the password, which alone opens nothing then', async () => {
    const account = await born()
    await make.role(account.id, 'auditor', await make.organisation('Mission locale de Lyon'))
    const { token, described } = await opened(account.id, 'invitation')
    const phone = openAuthenticator()
    const nonce = described.passkey?.nonce ?? ''
    const made = { name: 'Première clé', nonce, registration: phone.made(nonce) }
    const other = { ...made, nonce: (await sophie.call.passkeys.options()).nonce }
    const redeem = (given: typeof made) => world.anonymous.links.redeem({ token, password, code: null, passkey: given })
    expect(await outcome(redeem(other))).toBe('passkey-wrong')
    expect((await redeem(made)).recoveryCodes).toHaveLength(10)
    expect(await lastEntry(account.id, 'passkey.added')).toMatchObject({ via: 'link', assurance: null })
    expect(await outcome(world.anonymous.sessions.signIn({ login: described.login, password, code: null }))).toBe('second-factor-needed')
    const { challenge } = await world.anonymous.sessions.passkeyChallenge()
    expect(await outcome(world.anonymous.sessions.signInWithPasskey(phone.signIn(challenge)))).toBe('allowed')
  })

  test('come by no link that asks for no password: the mailbox alone opens nothing', async () => {
    const account = await born()
    await world.tamper(
      `insert into credential (id, account_id, kind, secret, link_id, created_at) values (gen_random_uuid(), $1, 'password', $2, gen_random_uuid(), now())`,
      [account.id, await hashPassword(password)],
    )
    await make.role(account.id, 'auditor', await make.organisation('Mission locale de Lyon'))
    const { token, described } = await opened(account.id, 'enrolment')
    expect(described.passkey).toBeNull()
    const nonce = newNonce(
      world.key,
      `link:${(await world.owner.query<{ id: string }>(`select id from link where account_id = $1 and kind = 'enrolment'`, [account.id])).rows[0]?.id}`,
    )
    const passkey = { name: 'Clé', nonce, registration: openAuthenticator().made(nonce) }
    expect(await outcome(world.anonymous.links.redeem({ token, password: null, code: null, passkey }))).toBe('code-wrong')
    // Nor does a password alone bring one: its thief would stay.
    const one = await world.enter(account.id)
    const own = newNonce(world.key, `session:${one.person.sessionId}`)
    expect(await outcome(one.call.passkeys.options())).toBe('factor-by-link')
    expect(await outcome(one.call.passkeys.add({ name: 'Clé', nonce: own, registration: openAuthenticator().made(own) }))).toBe(
      'factor-by-link',
    )
  })

  test('the last factor of anybody is taken away by nobody alone, the database included', async () => {
    const [one] = await sophie.call.passkeys.mine()
    const passkeyId = one?.id ?? ''
    const proof = await hers.act(sophie, 'remove-passkey', passkeyId)
    expect(await outcome(sophie.call.passkeys.remove({ passkeyId, proof }))).toBe('last-factor')
    expect(await verdictOfDatabase(world.pool.query('delete from passkey where id = $1', [passkeyId]))).toBe('P6')
  })
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
    const after = { criticalSuspends: true, massAccounts: 100, massPercent: 10 }
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
