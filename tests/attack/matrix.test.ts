import { appRouter } from '@countersign/server/router.ts'
import { type Permission, permissions } from '@countersign/shared/access/permissions.ts'
import { firstPolicy } from '@countersign/shared/policy/first.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makerOf, outcome } from '../support/make.ts'
import { type Login, openWorld, type Signed, type World } from '../support/world.ts'

/** Every procedure, read from the router at run time × every role × one's own, another's, missing and malformed. */
type Procedure = {
  readonly _def: {
    readonly type: 'query' | 'mutation' | 'subscription'
    readonly meta?: { readonly permission?: Permission; readonly open?: true }
  }
}
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Procedure>)

const holders: Record<string, Login> = {
  'account-manager': 'julien.lefebvre',
  supervisor: 'thomas.vasseur',
  'reset-manager': 'amina.benali',
  'it-admin': 'olivier.perrin',
  auditor: 'isabelle.carpentier',
  'policy-owner': 'marc.delorme',
  agent: 'paul.martin',
}

let world: World
let make: ReturnType<typeof makerOf>
const people = new Map<string, Signed>()
let inputs: Record<string, { valid: unknown; elsewhere?: unknown }>
const missing = '01900000-0000-7000-8000-000000000000'
const recently = new Date().toISOString()
const tomorrow = new Date(Date.now() + 86_400_000).toISOString()

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  for (const [role, login] of Object.entries(holders)) people.set(role, await world.as(login))
  const foreign = await make.pending(await world.as('nadia.roux'))
  const nadia = await world.idOf('nadia.roux')
  const sophie = await world.as('sophie.marchand')
  const { bulkId: theirs } = await sophie.call.bulks.preview({ verb: 'suspend', selection: { from: 'ticked', accountIds: [nadia] } })
  await sophie.call.bulks.start({
    bulkId: theirs,
    seen: (await sophie.call.bulks.get({ bulkId: theirs })).listHash,
    justification: 'Essai',
  })
  const { incidentId: incident } = await sophie.call.cascade.contain({
    suspectId: await make.agentOf('Mission locale de Lyon', 5),
    since: recently,
    accountIds: [await make.agentOf('Mission locale de Lyon', 5)],
    justification: 'Essai',
    under: { name: 'Essai' },
  })
  const finding = await make.finding(nadia)
  const decision = { requestId: foreign.id, seen: foreign.seen }
  inputs = {
    'accounts.list': { valid: {} },
    'accounts.get': { valid: { accountId: missing }, elsewhere: { accountId: nadia } },
    'accounts.mine': { valid: undefined },
    'accounts.suspend': { valid: { accountIds: [missing] }, elsewhere: { accountIds: [nadia] } },
    'accounts.revoke': { valid: { accountIds: [missing] }, elsewhere: { accountIds: [nadia] } },
    'accounts.undo': { valid: { accountId: missing }, elsewhere: { accountId: nadia } },
    'accounts.explain': {
      valid: { accountIds: [missing], reason: 'other', note: '' },
      elsewhere: { accountIds: [nadia], reason: 'other', note: '' },
    },
    'accounts.revokeRole': {
      valid: { accountId: missing, role: 'auditor', organisationId: missing },
      elsewhere: { accountId: nadia, role: 'auditor', organisationId: missing },
    },
    'accounts.disown': { valid: undefined },
    'accounts.facets': { valid: {} },
    'audit.list': { valid: {} },
    'audit.kept': { valid: undefined },
    'seal.state': { valid: undefined },
    'seal.checkpoints': { valid: {} },
    'identities.providers': { valid: undefined },
    'identities.begin': { valid: { provider: 'none', linking: false } },
    'identities.enter': { valid: { provider: 'none', answer: '?code=x' } },
    'identities.receive': { valid: { provider: 'none', answer: '?code=x' } },
    'identities.mine': { valid: undefined },
    'identities.link': { valid: {} },
    'identities.unlink': { valid: { identityId: missing } },
    'passkeys.mine': { valid: undefined },
    'passkeys.nonce': { valid: undefined },
    'passkeys.options': { valid: undefined },
    'passkeys.add': {
      valid: { name: 'Essai', nonce: 'x', registration: { credentialId: 'x', clientData: 'x', attestation: 'x', transports: [] } },
    },
    'passkeys.remove': { valid: { passkeyId: missing } },
    'absences.mine': { valid: undefined },
    'absences.announce': { valid: { from: '2020-01-01', until: '2020-01-02', delegateId: null } },
    'absences.withdraw': { valid: { absenceId: missing } },
    'policy.get': { valid: undefined },
    'policy.ask': { valid: { after: { ...firstPolicy, criticalSuspends: true }, justification: 'Essai' } },
    'policy.try': { valid: { after: firstPolicy } },
    'policy.signing': {
      valid: { organisationId: missing },
      elsewhere: { organisationId: await make.organisation('Mission locale de Lyon') },
    },
    'collusion.list': { valid: {} },
    'collusion.explain': {
      valid: { organisationId: missing },
      elsewhere: { organisationId: await make.organisation('Mission locale de Lyon') },
    },
    'bulks.list': { valid: {} },
    'bulks.get': { valid: { bulkId: missing }, elsewhere: { bulkId: theirs } },
    'bulks.lines': { valid: { bulkId: missing, list: 'change' }, elsewhere: { bulkId: theirs, list: 'change' } },
    'bulks.preview': { valid: { verb: 'suspend', selection: { from: 'ticked', accountIds: [missing] } } },
    'bulks.start': {
      valid: { bulkId: missing, seen: '0'.repeat(64), justification: 'Essai' },
      elsewhere: { bulkId: theirs, seen: '0'.repeat(64), justification: 'Essai' },
    },
    'bulks.pause': { valid: { bulkId: missing }, elsewhere: { bulkId: theirs } },
    'bulks.resume': { valid: { bulkId: missing }, elsewhere: { bulkId: theirs } },
    'bulks.stop': { valid: { bulkId: missing }, elsewhere: { bulkId: theirs } },
    'bulks.giveBack': {
      valid: { bulkId: missing, justification: 'Essai' },
      elsewhere: { bulkId: theirs, justification: 'Essai' },
    },
    'cascade.trace': { valid: { suspectId: missing, since: recently }, elsewhere: { suspectId: nadia, since: recently } },
    'cascade.contain': {
      valid: { suspectId: missing, since: recently, accountIds: [missing], justification: 'Essai', under: { name: 'Essai' } },
    },
    'finder.find': { valid: { words: '1001' } },
    'incidents.list': { valid: {} },
    'incidents.open': { valid: undefined },
    'incidents.get': { valid: { incidentId: missing }, elsewhere: { incidentId: incident } },
    'incidents.accounts': { valid: { incidentId: missing }, elsewhere: { incidentId: incident } },
    'incidents.story': { valid: { incidentId: missing }, elsewhere: { incidentId: incident } },
    'incidents.note': { valid: { incidentId: missing, note: 'Essai' }, elsewhere: { incidentId: incident, note: 'Essai' } },
    'incidents.date': { valid: { incidentId: missing, knownAt: recently }, elsewhere: { incidentId: incident, knownAt: recently } },
    'incidents.notify': {
      valid: { incidentId: missing, at: recently, reference: 'FR-1' },
      elsewhere: { incidentId: incident, at: recently, reference: 'FR-1' },
    },
    'incidents.close': { valid: { incidentId: missing, note: 'Essai' }, elsewhere: { incidentId: incident, note: 'Essai' } },
    'incidents.reopen': { valid: { incidentId: missing, note: 'Essai' }, elsewhere: { incidentId: incident, note: 'Essai' } },
    'links.describe': { valid: { token: 'x'.repeat(43) } },
    'links.redeem': { valid: { token: 'x'.repeat(43), password: null, code: null } },
    'links.disown': { valid: { token: 'x'.repeat(43) } },
    'live.changes': { valid: undefined },
    'mailbox.list': { valid: undefined },
    'organisations.search': { valid: { words: '', levels: [], purpose: 'read' } },
    'organisations.named': { valid: { ids: [missing] } },
    'organisations.profiles': {
      valid: { organisationId: missing },
      elsewhere: { organisationId: await make.siteOf('Mission locale de Lyon') },
    },
    'overview.get': { valid: undefined },
    'requests.list': { valid: {} },
    'requests.get': { valid: { requestId: missing }, elsewhere: { requestId: foreign.id } },
    'requests.submit': {
      valid: { kind: 'reinstate', accountId: missing, justification: 'Essai' },
      elsewhere: { kind: 'reset-credentials', accountId: nadia, justification: 'Essai' },
    },
    'requests.approve': { valid: { ...decision, requestId: missing }, elsewhere: decision },
    'requests.reject': { valid: { ...decision, requestId: missing, reason: 'non' }, elsewhere: { ...decision, reason: 'non' } },
    'requests.callBack': {
      valid: { requestId: missing, outcome: 'confirmed', note: '' },
      elsewhere: { requestId: foreign.id, outcome: 'confirmed', note: '' },
    },
    'requests.cancel': { valid: { requestId: missing }, elsewhere: { requestId: foreign.id } },
    'requests.edit': {
      valid: { requestId: missing, content: foreign.content },
      elsewhere: { requestId: foreign.id, content: foreign.content },
    },
    'requests.askReset': { valid: { name: 'nobody.here', justification: '' } },
    'signals.list': { valid: { view: 'open' } },
    'signals.facts': { valid: { findingId: missing }, elsewhere: { findingId: finding } },
    'signals.accept': {
      valid: { findingId: missing, until: tomorrow, reason: 'Essai' },
      elsewhere: { findingId: finding, until: tomorrow, reason: 'Essai' },
    },
    'signals.snooze': { valid: { findingId: missing, until: tomorrow }, elsewhere: { findingId: finding, until: tomorrow } },
    'signals.canaries': { valid: undefined },
    'signals.placeCanary': { valid: { accountId: missing } },
    'signals.liftCanary': { valid: { accountId: missing } },
    'views.list': { valid: undefined },
    'views.save': { valid: { name: 'Essai', search: {}, hidden: [], shared: false } },
    'views.remove': { valid: { viewId: missing } },
    'sessions.current': { valid: undefined },
    'sessions.cast': { valid: undefined },
    'sessions.signIn': { valid: { login: 'nobody', password: 'x', code: null } },
    'sessions.passkeyChallenge': { valid: undefined },
    'sessions.signInWithPasskey': {
      valid: { nonce: 'x'.repeat(43), credentialId: 'x', authenticatorData: 'x', clientData: 'x', signature: 'x' },
    },
    'sessions.allowExport': { valid: { on: 'audit' } },
    'sessions.signOutElsewhere': { valid: undefined },
    'sessions.signOut': { valid: { sessionId: missing } },
    'sessions.enterDemo': { valid: { accountId: missing } },
  }
})
afterAll(() => world.close())

const call = async (signed: Signed | null, path: string, input: unknown): Promise<string> => {
  const caller = signed ? signed.call : world.anonymous
  const [feature = '', verb = ''] = path.split('.')
  const run = (caller as unknown as Record<string, Record<string, (input: unknown) => Promise<unknown>>>)[feature]?.[verb]
  if (!run) throw new Error(`no procedure ${path}`)
  return outcome(run(input)).catch((error: { code?: string; message: string }) => error.code ?? error.message)
}

describe('the authorisation matrix', () => {
  test('lists every procedure of the router', () => {
    expect(Object.keys(inputs).sort()).toEqual(procedures.map(([path]) => path).sort())
  })

  test('answers nobody with "not signed in", but for the open doors', async () => {
    for (const [path, { _def }] of procedures) {
      if (_def.meta?.open) continue
      expect([path, await call(null, path, inputs[path]?.valid)]).toEqual([path, 'not-signed-in'])
    }
  })

  test('refuses every role that the permission does not name, whatever the input', async () => {
    for (const [path, { _def }] of procedures) {
      const permission = _def.meta?.permission
      if (!permission) continue
      for (const [role, signed] of people) {
        if ((permissions[permission] as readonly string[]).includes(role)) continue
        for (const input of [inputs[path]?.valid, inputs[path]?.elsewhere ?? inputs[path]?.valid])
          expect([path, role, await call(signed, path, input)]).toEqual([path, role, 'not-permitted'])
      }
    }
  })

  test('reads what is missing and what is outside scope alike: not found', async () => {
    const nationwide = ['it-admin', 'auditor', 'policy-owner', 'reset-manager']
    for (const [path] of procedures) {
      const { elsewhere } = inputs[path] ?? {}
      if (!elsewhere) continue
      for (const [role, signed] of people) {
        if (nationwide.includes(role)) continue
        const answers = [await call(signed, path, inputs[path]?.valid), await call(signed, path, elsewhere)]
        for (const answer of answers)
          expect([path, role, answer]).toEqual([path, role, expect.stringMatching(/^(not-found|not-permitted)$/)])
      }
    }
  })

  test('refuses malformed input at the door, never with a bug', async () => {
    const hostile: readonly unknown[] = [
      null,
      1,
      'text',
      [],
      { accountId: ['x'] },
      { __proto__: { admin: true } },
      JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'),
      { requestId: 'x\u0000' },
      { accountIds: Array(201).fill(missing) },
      { q: 'x'.repeat(1_000_000) },
    ]
    const olivier = people.get('it-admin') ?? null
    for (const [path, { _def }] of procedures) {
      if (inputs[path]?.valid === undefined || _def.type === 'subscription') continue
      for (const input of hostile)
        expect([path, await call(olivier, path, input)]).toEqual([
          path,
          expect.stringMatching(/^(BAD_REQUEST|not-permitted|allowed|not-found|PAYLOAD_TOO_LARGE)$/),
        ])
    }
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })
})
