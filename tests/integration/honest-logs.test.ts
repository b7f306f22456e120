import { createHash } from 'node:crypto'
import { nationKey } from '@countersign/server/features/organisations/trunk.ts'
import { policies } from '@countersign/server/features/policy/policy.store.ts'
import { bundleLines } from '@countersign/server/features/seal/bundle.ts'
import { roleAsked } from '@countersign/shared/access/proof.ts'
import { canonicalJson } from '@countersign/shared/requests/canonical.ts'
import { callBackOutcomes } from '@countersign/shared/requests/status.ts'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Verification } from '../../verify/countersign-verify.mjs'
import { logKey, sealAll } from '../support/bundle.ts'
import type { Caller } from '../support/caller.ts'
import { underLong } from '../support/long.ts'
import { outcome } from '../support/make.ts'
import { comesInElsewhere } from '../support/small-log.ts'
import { type Founded, foundSmall, openSmall, type Small } from '../support/small-network.ts'

/** A thousand under `npm run test:long`; beside the other tests, as many as a minute has room for. */
const logs = underLong ? 1_000 : 60
const commands = 45

let founded: Founded
beforeAll(async () => {
  founded = await foundSmall()
}, 120_000)
afterAll(() => founded.forget())

/** Mulberry32: the same log for the same seed, so that one that alarms can be looked at. */
const random = (seed: number) => {
  let state = seed
  return (most: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most
  }
}

type Life = Small & {
  readonly pick: (most: number) => number
  readonly accounts: string[]
  readonly requests: string[]
  /** Who calls back, and signs for resets and contacts: asked for by Anne, and signed for by Bruno, when this began. */
  readonly caller: Caller
}
type Verb = (life: Life, by: Caller, other: Caller) => Promise<unknown>

const missing = '01900000-0000-7000-8000-000000000000'
const one = <T extends string>(of: readonly T[], pick: Life['pick']): T => of[pick(Math.max(1, of.length))] ?? (missing as T)
const justification = 'Au hasard'

const callerIn = async (small: Small): Promise<Caller> => {
  const accountId = await small.born(small.anne, small.bruno)
  const grant = { accountId, role: 'reset-manager' as const, organisationId: small.at(nationKey) }
  const { id } = await small.anne.requests.submit({ kind: 'grant-role', ...grant, justification })
  await small.signed(small.bruno, id)
  return small.comesIn(accountId)
}

const contactOf = async ({ db }: Small, accountId: string) => {
  const { rows } = await db.execute<{ email: string; phone: string }>(sql`select email, phone from account where id = ${accountId}`)
  return rows[0] ?? { email: 'nobody@mission.example', phone: '+33612345678' }
}

/** Those who came after the two founders and the caller: with one of these out nothing would happen any more. */
const newcomers = ({ accounts }: Life): readonly string[] => accounts.slice(3)

const asking = async (life: Life, by: Caller, asked: Parameters<Caller['requests']['submit']>[0]) => {
  const { id } = await by.requests.submit(asked)
  life.requests.push(id)
}
const grown = async ({ db, accounts }: Life) => {
  const { rows } = await db.execute<{ id: string }>('select id from account order by created_at, id')
  accounts.splice(0, accounts.length, ...rows.map(({ id }) => id))
}

/** What two people do to a network and to each other; most of it is allowed, and what is not is refused and leaves its own entry. */
const verbs: readonly Verb[] = [
  (life, by) => asking(life, by, life.person()),
  (life, by, other) => life.born(by, other).then(() => grown(life)),
  async (life, by) => {
    await life.signed(by, one(life.requests, life.pick))
    await grown(life)
  },
  (life, by) => life.signed(by, one(life.requests, life.pick)),
  async (life, by) => {
    const requestId = one(life.requests, life.pick)
    const proof = await life.proofOf(by, requestId, 'reject')
    return by.requests.reject({ requestId, seen: await life.seenOf(requestId), reason: justification, ...(proof ? { proof } : {}) })
  },
  (life, by) => by.requests.cancel({ requestId: one(life.requests, life.pick) }),
  (life, by) => by.requests.edit({ requestId: one(life.requests, life.pick), content: { ...life.person(), givenName: 'Autre' } }),
  (life, by) => by.accounts.suspend({ accountIds: [one(life.accounts, life.pick)] }),
  (life, by) => by.accounts.undo({ accountId: one(life.accounts, life.pick) }),
  (life, by) => by.accounts.revoke({ accountIds: [one(life.accounts, life.pick)] }),
  (life, by) => asking(life, by, { kind: 'reinstate', accountId: one(life.accounts, life.pick), justification }),
  (life, by) => asking(life, by, { kind: 'reset-credentials', accountId: one(life.accounts, life.pick), justification }),
  async (life, by) => {
    const accountId = one(life.accounts, life.pick)
    const before = await contactOf(life, accountId)
    const email = `moved-${life.pick(1_000)}@example.org`
    return asking(life, by, { kind: 'change-contact', accountId, before, ...before, email, justification })
  },
  (life) =>
    life.caller.requests.callBack({ requestId: one(life.requests, life.pick), outcome: one(callBackOutcomes, life.pick), note: '' }),
  // From the asking to the signature, and back again where it was not them.
  async (life, by) => {
    const accountId = one(newcomers(life), life.pick)
    const before = await contactOf(life, accountId)
    const email = `moved-${life.pick(1_000)}@example.org`
    const { id } = await by.requests.submit({ kind: 'change-contact', accountId, before, ...before, email, justification })
    await life.caller.requests.callBack({ requestId: id, outcome: 'confirmed', note: '' })
    await life.caller.requests.approve({ requestId: id, seen: await life.seenOf(id) })
    if (life.pick(2) === 0) await (await life.comesIn(accountId)).accounts.disown()
  },
  async (life, by) => {
    const { id } = await by.requests.submit({ kind: 'reset-credentials', accountId: one(newcomers(life), life.pick), justification })
    const outcome = life.pick(2) === 0 ? 'confirmed' : one(callBackOutcomes, life.pick)
    await life.caller.requests.callBack({ requestId: id, outcome, note: '' })
    await life.caller.requests.approve({ requestId: id, seen: await life.seenOf(id) })
  },
  async (life, by, other) => {
    const accountId = one(newcomers(life), life.pick)
    await by.accounts.suspend({ accountIds: [accountId] })
    const { id } = await by.requests.submit({ kind: 'reinstate', accountId, justification })
    await life.signed(other, id)
  },
  async (life) => (await life.comesIn(one(newcomers(life), life.pick))).accounts.disown(),
  async (life, by) => {
    const role = (['auditor', 'supervisor', 'reset-manager', 'account-manager'] as const)[life.pick(4)] ?? 'auditor'
    const asked = { accountId: one(life.accounts, life.pick), role, organisationId: life.at('structure') }
    const proof = by === life.bruno ? await life.phone.act(life.second, 'ask-role', roleAsked(asked)) : undefined
    return asking(life, by, { kind: 'grant-role', ...asked, justification, ...(proof ? { proof } : {}) })
  },
  (life) => comesInElsewhere(life, `bruno ${life.pick(3)}`),
  async ({ second, phone }) => {
    const [held] = await second.call.identities.mine()
    const identityId = held?.id ?? missing
    return second.call.identities.unlink({ identityId, proof: await phone.act(second, 'unlink-identity', identityId) })
  },
  async (life, by) => {
    const after = { ...(await policies.read(life.db)), independenceDays: 30 + life.pick(300) }
    const hash = createHash('sha256').update(canonicalJson(after)).digest('hex')
    const proof = by === life.bruno ? await life.phone.act(life.second, 'ask-policy', hash) : undefined
    const { id } = await by.policy.ask({ after, justification, ...(proof ? { proof } : {}) })
    life.requests.push(id)
  },
  ({ db }) => sealAll(db),
]

const happening = [
  ...['account.created', 'account.reset', 'account.contact-changed', 'account.contact-restored', 'account.suspended', 'account.revoked'],
  ...['account.reinstated', 'account.ending-undone', 'role.granted', 'policy.set', 'identity.linked', 'identity.unlinked'],
  ...['request.called-back', 'request.edited', 'request.rejected', 'request.cancelled', 'request.voided'],
]

const judged = ({ db }: Small): Promise<readonly string[]> =>
  db.transaction(async (tx) => {
    let verification: Verification | null = null
    for await (const text of bundleLines(tx, { since: null, until: null }, { log: logKey, witnesses: [] }))
      for (const line of text.split('\n').filter(Boolean)) {
        const part = JSON.parse(line) as object
        if (verification) verification.take(part)
        else verification = new Verification(part, { keyLine: logKey })
      }
    return verification?.end() ?? ['there is no log']
  })

test(`${logs} honest logs of ${commands} commands at random: no alarm`, { timeout: logs * 6_000 }, async () => {
  let allowed = 0
  const seen = new Set<string>()
  for (let seed = 1; seed <= logs; seed += 1) {
    const small = await openSmall(founded)
    const pick = random(seed)
    const life: Life = { ...small, pick, accounts: [small.second.person.id], requests: [], caller: await callerIn(small) }
    for (let command = 0; command < commands; command += 1) {
      const [by, other] = pick(2) === 0 ? [small.anne, small.bruno] : [small.bruno, small.anne]
      const said = await outcome((verbs[pick(verbs.length)] as Verb)(life, by, other))
      if (said === 'allowed') allowed += 1
    }
    await sealAll(small.db)
    const { rows } = await small.db.execute<{ type: string }>(sql`select distinct type from audit_entry`)
    for (const { type } of rows) seen.add(type)
    expect([seed, await judged(small)]).toEqual([seed, []])
    await small.close()
  }
  expect(allowed).toBeGreaterThan((logs * commands) / 4)
  // What was judged is what happens: none of it stood in these logs by name alone.
  expect([...seen]).toEqual(expect.arrayContaining(happening))
})
