import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FlowCookie } from '@countersign/server/features/identities/flow.ts'
import { type Provider, providerOf } from '@countersign/server/features/identities/providers.ts'
import { personOfToken } from '@countersign/server/kernel/actor.ts'
import { openLimits } from '@countersign/server/kernel/limits.ts'
import { Refused } from '@countersign/server/kernel/refused.ts'
import { hashToken } from '@countersign/server/kernel/secrets.ts'
import { identityNamed } from '@countersign/shared/access/proof.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Authenticator, withPasskey } from '../support/authenticator.ts'
import { callerOf } from '../support/caller.ts'
import { makerOf, outcome, verdictOfDatabase } from '../support/make.ts'
import { claimsOf, openProvider, type TestProvider } from '../support/provider.ts'
import { openWorld, type Signed, type World } from '../support/world.ts'

const publicUrl = 'https://countersign.test'
let world: World
let make: ReturnType<typeof makerOf>
let pro: TestProvider
let other: TestProvider
let hub: TestProvider
let providers: readonly Provider[]
let sophie: Signed
let hers: Authenticator

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  pro = await openProvider({ publicUrl, id: 'pro' })
  other = await openProvider({ publicUrl, id: 'other' })
  hub = await openProvider({ publicUrl, id: 'hub', hub: true })
  providers = [pro, other, hub].map(({ setting }) => providerOf(setting, publicUrl, world.log))
  sophie = await world.as('sophie.marchand')
  hers = await withPasskey(sophie)
})
afterEach(async () => {
  pro.swaps(null)
  expect(await world.broken()).toEqual([])
})
afterAll(async () => {
  await Promise.all([pro.close(), other.close(), hub.close()])
  await world.close()
})

/** A browser with its one cookie, of somebody who is signed in or of nobody. */
const browserOf = (signed: Signed | null = null) => {
  let sealed: string | null = null
  let token: string | null = null
  const flow = (): FlowCookie => ({
    sealed,
    keep: (kept) => {
      sealed = kept
    },
  })
  const call = () =>
    callerOf({
      ...world.contextOf(signed?.person ?? null),
      providers,
      flow: flow(),
      setSession: (fresh) => {
        token = fresh
      },
    }).identities
  return {
    call,
    begin: async (provider = 'pro') => (await call().begin({ provider, linking: false })).url,
    /** The same to link what comes back to who is signed in. */
    beginLinking: async () => (await call().begin({ provider: 'pro', linking: true })).url,
    /** What it keeps of a sign-in elsewhere; and as if it kept this. */
    cookie: () => sealed,
    holds: (other: string | null) => {
      sealed = other
    },
    token: () => token,
  }
}

const personOf = (token: string | null) => personOfToken(world.db, hashToken(token ?? ''))

const known = { subject: 'sophie@pro', acr: 'eidas2', amr: ['pwd', 'mfa'] }

/** Begins, signs in there as this person, and brings the answer back. */
const enter = async (who: Parameters<TestProvider['signsIn']>[0] = known, browser = browserOf()) => {
  const url = await browser.begin()
  pro.signsIn(who)
  return outcome(browser.call().enter({ provider: 'pro', answer: await pro.visit(url) }))
}

/** Links an identity to whoever is signed in. */
const linked = async (signed: Signed, authenticator: Authenticator | null, subject: string) => {
  const browser = browserOf(signed)
  const url = await browser.beginLinking()
  pro.signsIn({ ...known, subject })
  const { issuer } = await browser.call().receive({ provider: 'pro', answer: await pro.visit(url) })
  const proof = await authenticator?.act(signed, 'link-identity', identityNamed({ issuer, subject }))
  await browser.call().link({ proof })
}

describe('signing in through an identity provider', () => {
  test('an unknown subject gets nothing: no session, no account, no word of who there is', async () => {
    const count = async () =>
      (await world.owner.query('select (select count(*) from account) as accounts, (select count(*) from session) as sessions')).rows
    const before = await count()
    const browser = browserOf()
    expect(await enter({ subject: 'nobody@pro', amr: ['mfa'] }, browser)).toBe('identity-unknown')
    expect(browser.token()).toBeNull()
    expect(await count()).toEqual(before)
  })

  test('whoever linked an identity, proven by a passkey over that very name, comes in by it; what the provider said stands with the session', async () => {
    const mine = browserOf(sophie)
    const url = await mine.beginLinking()
    pro.signsIn(known)
    const answer = await pro.visit(url)
    expect(await mine.call().receive({ provider: 'pro', answer })).toMatchObject({ issuer: pro.issuer, subject: known.subject })
    expect(await outcome(mine.call().link({}))).toBe('second-factor-needed')
    const wrong = await hers.act(sophie, 'link-identity', identityNamed({ issuer: pro.issuer, subject: 'thief@pro' }))
    expect(await outcome(mine.call().link({ proof: wrong }))).toBe('passkey-wrong')
    const proof = await hers.act(sophie, 'link-identity', identityNamed({ issuer: pro.issuer, subject: known.subject }))
    await mine.call().link({ proof })

    const browser = browserOf()
    expect(await enter(known, browser)).toBe('allowed')
    const person = await personOf(browser.token())
    expect(person).toMatchObject({
      id: sophie.person.id,
      twoFactor: true,
      through: { issuer: pro.issuer, acr: 'eidas2', amr: ['pwd', 'mfa'] },
    })
    expect(await world.entriesAbout(sophie.person.id)).toEqual(expect.arrayContaining(['identity.linked', 'proof.given', 'session.opened']))
    const { rows } = await world.owner.query(`select 1 from outbox where destination = 'mail.identities-changed' and account_id = $1`, [
      sophie.person.id,
    ])
    expect(rows).toHaveLength(1)
  })

  test('a hub says which of its providers it was; what stands with the session and its signatures is that name, and without it nobody comes in', async () => {
    const through = async (who: Parameters<TestProvider['signsIn']>[0]) => {
      const browser = browserOf()
      const url = await browser.begin('hub')
      hub.signsIn(who)
      const answer = await hub.visit(url)
      return { browser, entered: await outcome(browser.call().enter({ provider: 'hub', answer })) }
    }
    const mine = browserOf(sophie)
    const { url } = await mine.call().begin({ provider: 'hub', linking: true })
    hub.signsIn({ ...known, behind: 'agency-1' })
    const { issuer, subject } = await mine.call().receive({ provider: 'hub', answer: await hub.visit(url) })
    await mine.call().link({ proof: await hers.act(sophie, 'link-identity', identityNamed({ issuer, subject })) })
    const { browser, entered } = await through({ ...known, behind: 'agency-1' })
    expect(entered).toBe('allowed')
    const at = { issuer: hub.issuer, behind: 'agency-1', acr: 'eidas2', amr: ['pwd', 'mfa'] }
    expect(await personOf(browser.token())).toMatchObject({ through: at })
    const { rows } = await world.owner.query(
      `select data -> 'through' as through from audit_entry where type = 'session.opened' and subject_id = $1 order by at desc limit 1`,
      [sophie.person.id],
    )
    expect(rows).toEqual([{ through: at }])
    expect((await through(known)).entered).toBe('provider-answer-wrong')
    expect((await through({ ...known, behind: 'agency \u202e1' })).entered).toBe('provider-answer-wrong')
  })

  test('is nothing that was refused there, replayed, brought to another browser, or too long ago', async () => {
    expect(await enter(null)).toBe('provider-refused')

    const browser = browserOf()
    const url = await browser.begin()
    pro.signsIn(known)
    const answer = await pro.visit(url)
    const cookie = browser.cookie()
    expect(await outcome(browserOf().call().enter({ provider: 'pro', answer }))).toBe('sign-in-stale')
    const elsewhere = browserOf()
    await elsewhere.begin()
    expect(await outcome(elsewhere.call().enter({ provider: 'pro', answer }))).toBe('provider-answer-wrong')
    expect(await outcome(browser.call().enter({ provider: 'pro', answer }))).toBe('allowed')
    expect(await outcome(browser.call().enter({ provider: 'pro', answer }))).toBe('sign-in-stale')
    browser.holds(cookie)
    expect(await outcome(browser.call().enter({ provider: 'pro', answer }))).toBe('provider-answer-wrong')
    browser.holds(`${cookie?.slice(0, -4)}AAA=`)
    expect(await outcome(browser.call().enter({ provider: 'pro', answer }))).toBe('sign-in-stale')
  })

  test('one state opens one session, even where a provider redeems a code twice', async () => {
    const real = providers[0] as Provider
    const browser = browserOf()
    const url = await browser.begin()
    pro.signsIn(known)
    const answer = await pro.visit(url)
    const cookie = browser.cookie()
    let redeemed: ReturnType<Provider['redeem']> | null = null
    const lax: Provider = { ...real, redeem: (...given) => (redeemed ??= real.redeem(...given)) }
    const tried = await Promise.all(
      [1, 2, 3].map(() =>
        outcome(
          callerOf({ ...world.contextOf(null), providers: [lax], flow: { sealed: cookie, keep: () => undefined } }).identities.enter({
            provider: 'pro',
            answer,
          }),
        ),
      ),
    )
    expect(tried.sort()).toEqual(['allowed', 'sign-in-stale', 'sign-in-stale'])
  })

  test('is not what another provider said, in its own name or in that of the one that was asked', async () => {
    other.signsIn(known)
    pro.signsIn(known)
    const browser = browserOf()
    const url = await browser.begin()
    const fromOther = await other.visit(await browserOf().begin('other'))
    expect(await outcome(browser.call().enter({ provider: 'other', answer: fromOther }))).toBe('provider-answer-wrong')
    await browser.begin()
    expect(await outcome(browser.call().enter({ provider: 'pro', answer: fromOther }))).toBe('provider-answer-wrong')
    const mixed = new URLSearchParams(await pro.visit(await browser.begin()))
    mixed.set('iss', other.issuer)
    expect(await outcome(browser.call().enter({ provider: 'pro', answer: `?${mixed}` }))).toBe('provider-answer-wrong')
    expect(url).toContain(pro.issuer)
  })

  test.each([
    ['of another provider’s issuer', (token: string) => pro.signed({ ...claimsOf(token), iss: other.issuer })],
    ['signed by another provider in its name', (token: string) => other.signed(claimsOf(token))],
    ['for another client', (token: string) => pro.signed({ ...claimsOf(token), aud: 'another' })],
    ['that was made for another sign-in', (token: string) => pro.signed({ ...claimsOf(token), nonce: 'of another' })],
    ['that has expired', (token: string) => pro.signed({ ...claimsOf(token), iat: 1_700_000_000, exp: 1_700_003_600 })],
    [
      'of somebody who signed in there a day ago',
      (token: string) => pro.signed({ ...claimsOf(token), auth_time: Math.floor(Date.now() / 1000) - 86_400 }),
    ],
    ['whose subject is written as another’s', (token: string) => pro.signed({ ...claimsOf(token), sub: 'sophie@pro\u200b' })],
    ['whose subject is not text', (token: string) => pro.signed({ ...claimsOf(token), sub: 'x\u0000' })],
    ['whose methods are not text', (token: string) => pro.signed({ ...claimsOf(token), amr: ['\u0000'] })],
    [
      'of a sign-in that is still to come',
      (token: string) => pro.signed({ ...claimsOf(token), auth_time: Math.floor(Date.now() / 1000) + 86_400 }),
    ],
    ['that does not say when', (token: string) => pro.signed({ ...claimsOf(token), auth_time: undefined })],
    ['without a signature', (token: string) => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`],
  ])('is no ID token %s', async (_, swap) => {
    pro.swaps(swap)
    expect(await enter()).toBe('provider-answer-wrong')
    pro.swaps(null)
    expect(await enter()).toBe('allowed')
  })

  test('with one factor does not open an account that has two; one that has none here holds no role', async () => {
    expect(await enter({ ...known, acr: 'eidas1', amr: ['pwd'] })).toBe('provider-one-factor')
    const nadia = await world.as('nadia.roux')
    await linked(nadia, null, 'nadia@pro')
    const browser = browserOf()
    expect(await enter({ subject: 'nadia@pro', acr: 'eidas1', amr: ['pwd'] }, browser)).toBe('allowed')
    expect(await personOf(browser.token())).toMatchObject({ twoFactor: false, grants: [] })
  })

  test('is asked of the provider once, whatever browsers show again', async () => {
    const limits = openLimits(world.pool)
    const browser = browserOf()
    const url = await browser.begin()
    pro.signsIn(known)
    const answer = await pro.visit(url)
    const sealed = browser.cookie()
    let asked = 0
    const counting: Provider = {
      ...(providers[0] as Provider),
      redeem: (...given) => {
        asked += 1
        return (providers[0] as Provider).redeem(...given)
      },
    }
    const ctx = { ...world.contextOf(null), limits, providers: [counting], flow: { sealed, keep: () => undefined } }
    const tried = await Promise.all([1, 2, 3].map(() => outcome(callerOf(ctx).identities.enter({ provider: 'pro', answer }))))
    expect([tried.sort(), asked]).toEqual([['allowed', 'sign-in-stale', 'sign-in-stale'], 1])
  })

  test('brings what one provider was asked to no other, who would get a code that is not theirs', async () => {
    const browser = browserOf()
    const url = await browser.begin('pro')
    pro.signsIn(known)
    const answer = await pro.visit(url)
    const redeemed: string[] = []
    const curious: Provider = {
      ...(providers[1] as Provider),
      redeem: async (code) => {
        redeemed.push(code)
        return { subject: known.subject, through: { issuer: pro.issuer, acr: null, amr: ['mfa'] } }
      },
    }
    const flow = { sealed: browser.cookie(), keep: () => undefined }
    const door = callerOf({ ...world.contextOf(null), providers: [providers[0] as Provider, curious], flow })
    expect(await outcome(door.identities.enter({ provider: 'other', answer }))).toBe('provider-answer-wrong')
    expect(redeemed).toEqual([])
  })

  test('a provider that sends too much, or says of itself what cannot be, is refused, and asked again', async () => {
    const bent: { body: object | null } = { body: null }
    const server = createServer((_request, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(bent.body)),
    )
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const fit = { issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys` }
    const provider = providerOf({ ...pro.setting, issuer }, publicUrl, world.log)
    const begun = async (body: object) => {
      bent.body = body
      return provider.begin(false).then(
        () => 'begun',
        (error: unknown) => (error instanceof Refused ? error.code : error),
      )
    }
    expect(await begun({ ...fit, token_endpoint: undefined })).toBe('provider-answer-wrong')
    expect(await begun({ ...fit, authorization_endpoint: 'javascript:alert(1)' })).toBe('provider-answer-wrong')
    expect(await begun({ ...fit, token_endpoint: 'http://elsewhere.example/token' })).toBe('provider-answer-wrong')
    expect(await begun({ ...fit, issuer: `${issuer}/` })).toBe('provider-answer-wrong')
    expect(await begun({ ...fit, more: 'x'.repeat(300_000) })).toBe('provider-silent')
    expect(await begun(fit)).toBe('begun')
    server.close()
  })

  test('a provider that does not answer keeps nobody waiting for ever, and answers again when it does', async () => {
    const gone = await openProvider({ publicUrl, id: 'gone' })
    const provider = providerOf(gone.setting, publicUrl, world.log)
    const { port } = new URL(gone.issuer)
    await gone.close()
    await expect(provider.begin(false)).rejects.toMatchObject({ code: 'provider-silent' })
    const back = await openProvider({ publicUrl, id: 'gone', port: Number(port) })
    expect((await provider.begin(false)).url).toContain(`:${port}/`)
    await back.close()
  })
})

describe('an identity', () => {
  test('opens one account, and one account has one at each provider', async () => {
    const olivier = await world.as('olivier.perrin')
    expect(await outcome(linked(olivier, null, known.subject))).toBe('identity-taken')
    expect(await outcome(linked(sophie, hers, 'sophie.two@pro'))).toBe('identity-linked')
  })

  test('answered in one session is linked in no other', async () => {
    const karim = await world.as('karim.haddad')
    const browser = browserOf(karim)
    pro.signsIn({ ...known, subject: 'karim@pro' })
    const answer = await pro.visit(await browser.beginLinking())
    await browser.call().receive({ provider: 'pro', answer })
    const thief = browserOf(await world.as('karim.haddad'))
    thief.holds(browser.cookie())
    expect(await outcome(thief.call().link({}))).toBe('sign-in-stale')
    expect(await outcome(browser.call().link({}))).toBe('allowed')
  })

  test('opens nothing while its account is out, goes with a reset, and with it whoever came in elsewhere when it is unlinked', async () => {
    const { id: requestId, seen, content } = await make.pending(await world.as('nadia.roux'))
    await sophie.call.requests.approve({ requestId, seen, proof: await hers.decide(sophie, requestId, 'approve') })
    const agent = await world.enter(await world.idOf(content.login))
    await linked(agent, null, 'agent@pro')
    const theirs = { ...known, subject: 'agent@pro' }
    await sophie.call.accounts.suspend({ accountIds: [agent.person.id] })
    expect(await enter(theirs)).toBe('identity-unknown')
    await sophie.call.accounts.undo({ accountId: agent.person.id })
    expect(await enter(theirs)).toBe('allowed')

    const again = await world.enter(agent.person.id)
    const browser = browserOf()
    await enter(theirs, browser)
    const [held] = await browserOf(again).call().mine()
    await browserOf(again)
      .call()
      .unlink({ identityId: held?.id ?? '' })
    expect(await world.alive(browser.token() ?? '')).toBe(false)
    expect(await enter(theirs)).toBe('identity-unknown')
    await linked(again, null, 'agent@pro')

    const nadia = await world.as('nadia.roux')
    const karim = await world.as('karim.haddad')
    const { id } = await nadia.call.requests.submit({
      kind: 'reset-credentials',
      accountId: agent.person.id,
      justification: 'Téléphone perdu',
    })
    await karim.call.requests.callBack({ requestId: id, outcome: 'confirmed', note: '' })
    await karim.call.requests.approve({ requestId: id, seen: await make.hashOf(id) })
    expect(await enter(theirs)).toBe('identity-unknown')
  })

  test('of somebody who is gone for good opens the account they come back as', async () => {
    const { id: requestId, seen, content } = await make.pending(await world.as('nadia.roux'))
    await sophie.call.requests.approve({ requestId, seen, proof: await hers.decide(sophie, requestId, 'approve') })
    const agent = await world.enter(await world.idOf(content.login))
    await linked(agent, null, 'returning@pro')
    await sophie.call.accounts.revoke({ accountIds: [agent.person.id] })
    await linked(await world.as('paul.martin'), null, 'returning@pro')
    expect(await enter({ ...known, subject: 'returning@pro' })).toBe('allowed')
  })

  test('is not linked by a sign-in, nor is anybody signed in by what was to link one', async () => {
    const karim = await world.as('amina.benali')
    pro.signsIn({ ...known, subject: 'nobody@pro' })
    const browser = browserOf(karim)
    const signing = await pro.visit(await browser.begin())
    expect(await outcome(browser.call().receive({ provider: 'pro', answer: signing }))).toBe('sign-in-stale')
    const linking = await pro.visit(await browser.beginLinking())
    expect(await outcome(browser.call().enter({ provider: 'pro', answer: linking }))).toBe('sign-in-stale')
  })

  test('is linked by nobody who is not signed in, whatever entries are written with it', async () => {
    const id = await make.agentOf('Mission locale de Lyon')
    const told = (type: string, data: string) =>
      `insert into audit_entry (id, at, recorded_at, transaction_id, type, actor_id, subject_id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, origin, data)
       select gen_random_uuid(), date_trunc('milliseconds', now()), now(), pg_current_xact_id(), '${type}', id, id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, '{"channel": "web"}', '${data}' from account where id = '${id}';`
    const identityId = '01900000-0000-7000-8000-00000000000a'
    expect(
      await verdictOfDatabase(
        world.owner.query(`${told('proof.given', '{"act": "link-identity"}')} ${told('identity.linked', JSON.stringify({ identityId }))}
          insert into identity (id, account_id, issuer, subject, linked_at) values ('${identityId}', '${id}', 'https://thief', 'x', now())`),
      ),
    ).toBe('P1')
  })

  test('is held by the database: none without its proof, its entry or a session, and no session through a provider that knows nobody', async () => {
    const id = sophie.person.id
    expect(
      await verdictOfDatabase(
        world.owner.query(
          `insert into identity (id, account_id, issuer, subject, linked_at) values (gen_random_uuid(), $1, 'https://thief', 'x', now())`,
          [id],
        ),
      ),
    ).toBe('P6')
    expect(await verdictOfDatabase(world.owner.query('delete from identity where account_id = $1', [id]))).toBe('P6')
    expect(
      await verdictOfDatabase(
        world.owner.query(
          `insert into session (id, account_id, token_hash, method, issuer, amr, epoch, device, address, created_at, last_seen_at, expires_at)
           select gen_random_uuid(), id, '\\x00', 'provider', 'https://thief', '{}', epoch, '', '', now(), now(), now() + interval '1 hour' from account where id = $1`,
          [id],
        ),
      ),
    ).toBe('P1')
    expect(await verdictOfDatabase(world.owner.query(`update session set issuer = 'https://thief' where account_id = $1`, [id]))).toBe(
      '23514',
    )
  })
})
