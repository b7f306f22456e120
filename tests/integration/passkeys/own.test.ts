import { newNonce } from '@countersign/server/features/passkeys/nonces.ts'
import { hashPassword } from '@countersign/server/features/sessions/passwords.ts'
import { hashToken, newToken } from '@countersign/server/kernel/secrets.ts'
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

  test('are offered by the invitation of somebody without a role, whose password alone is enough until they take one', async () => {
    const plain = await opened((await born()).id, 'invitation')
    expect(plain.described.asks.secondFactor).toBe(false)
    expect((await world.anonymous.links.redeem({ token: plain.token, password, code: null })).recoveryCodes).toEqual([])
    expect(await outcome(world.anonymous.sessions.signIn({ login: plain.described.login, password, code: null }))).toBe('allowed')

    const { token, described } = await opened((await born()).id, 'invitation')
    const nonce = described.passkey?.nonce ?? ''
    const passkey = { name: 'Première clé', nonce, registration: openAuthenticator().made(nonce) }
    const { recoveryCodes } = await world.anonymous.links.redeem({ token, password, code: null, passkey })
    const signIn = (code: string | null) => outcome(world.anonymous.sessions.signIn({ login: described.login, password, code }))
    expect(await signIn(null)).toBe('second-factor-needed')
    expect(await signIn(recoveryCodes[0] ?? '')).toBe('allowed')
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
