import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { bundleLines } from '@countersign/server/features/seal/bundle.ts'
import { checkpoints } from '@countersign/server/features/seal/checkpoints.store.ts'
import { entryText } from '@countersign/server/features/seal/entry-text.ts'
import { type Leaf, seal } from '@countersign/server/features/seal/seal.store.ts'
import type { Tx } from '@countersign/server/kernel/db.ts'
import { checkpointText } from '@countersign/server/transparency/checkpoint.ts'
import { grow, joined, leafHash, subtreesOf } from '@countersign/server/transparency/merkle.ts'
import { cosigned, keyLine, readNote, type Signer, signedNote, signingKey, verifierOf } from '@countersign/server/transparency/note.ts'
import { type FrozenRequirement, requirementText } from '@countersign/shared/access/proof.ts'
import type { Demand } from '@countersign/shared/policy/rules.ts'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Verification } from '../../verify/countersign-verify.mjs'
import { log, logKey, witness, witnessKey } from '../support/bundle.ts'
import { openSmallLog, type SmallLog } from '../support/small-log.ts'

let small: SmallLog
let size: number
/** The checkpoints that left the house while the log grew. */
let kept: readonly { readonly at: string | null; readonly note: string }[]
let sizes: readonly number[]

const rows = async <T extends Record<string, unknown>>(tx: Tx, query: ReturnType<typeof sql>) => (await tx.execute<T>(query)).rows

const undone = Symbol('undone')

type Held = {
  readonly against?: typeof kept
  readonly key?: string
  readonly witnesses?: readonly string[]
  /** Lines of the bundle that are kept from the auditor. */
  readonly hidden?: (part: object) => boolean
}

/** What the auditor's program says of the bundle after a superuser with every trigger off has done this; then nothing has happened. */
const after = async (
  tamper: (tx: Tx) => Promise<unknown>,
  { against = kept, key = logKey, witnesses = [], hidden = () => false }: Held = {},
): Promise<readonly string[]> => {
  let found: readonly string[] = []
  await small.owner
    .transaction(async (tx) => {
      await tx.execute(sql`set local session_replication_role = replica`)
      await tamper(tx)
      let verification: Verification | null = null
      for await (const text of bundleLines(tx, { since: null, until: null }, { log: logKey, witnesses: [] }))
        for (const line of text.split('\n').filter(Boolean)) {
          const part = JSON.parse(line) as object
          if (hidden(part)) continue
          if (verification) verification.take(part)
          else verification = new Verification(part, { keyLine: key, witnessLines: witnesses, kept: against })
        }
      found = verification?.end() ?? []
      throw undone
    })
    .catch((error: unknown) => {
      if (error !== undone) throw error
    })
  return found
}

const entryAt = async (tx: Tx, position: number) => {
  const [row] = await rows<{ entry_id: string }>(tx, sql`select entry_id from audit_leaf where position = ${position}`)
  return row?.entry_id ?? ''
}

const flip = async (tx: Tx, position: number) =>
  tx.execute(sql`update audit_entry set origin = origin || '{"address": "203.0.113.7"}' where id = ${await entryAt(tx, position)}`)
const forget = async (tx: Tx, position: number) => tx.execute(sql`delete from audit_entry where id = ${await entryAt(tx, position)}`)

/** The whole tree made again, over these entries in this order: what somebody would do who knows how it is built and lacks the key alone. */
const rechain = async (tx: Tx, inOrder: (sealed: readonly string[], all: readonly string[]) => readonly string[]) => {
  const sealed = (await rows<{ entry_id: string }>(tx, sql`select entry_id from audit_leaf order by position`)).map(
    ({ entry_id }) => entry_id,
  )
  await tx.execute(sql`truncate audit_leaf, audit_subtree`)
  await tx.execute(sql`drop index audit_leaf__entry`)
  const all = new Map((await seal.unsealed(tx, 10_000)).map((entry) => [entry.id, entry]))
  const leaves = inOrder(sealed, [...all.keys()]).flatMap((id): Leaf[] => {
    const entry = all.get(id)
    return entry ? [{ entryId: id, at: entry.at, transaction: entry.transaction, hash: leafHash(entryText(entry)) }] : []
  })
  const hashes = leaves.map(({ hash }) => hash)
  await seal.append(tx, 0, leaves, grow(0, [], hashes).made)
}
const asTheyStand = (sealed: readonly string[]) => sealed

/** The positions a sentence names: one, or those between two. */
const named = (sentence: string): readonly [number, number] => {
  const one = /^entry (\d+) |^the entry at position (\d+)/.exec(sentence)?.slice(1).find(Boolean)
  if (one) return [Number(one), Number(one)]
  const cut = /kept a checkpoint over (\d+) entries and .* after position (\d+)/.exec(sentence)
  if (cut) return [Number(cut[2]) + 1, Number(cut[1]) - 1]
  const between = /up to position (-?\d+), and between there and position (\d+)/.exec(sentence)
  if (between) return [Number(between[1]) + 1, Number(between[2])]
  const unsigned = /positions from (\d+) to (\d+) are under no checkpoint/.exec(sentence)
  if (unsigned) return [Number(unsigned[1]), Number(unsigned[2])]
  throw new Error(`this names no position: ${sentence}`)
}

const upTo = (end: number) => Array.from({ length: end }, (_, position) => position)

/** Done at every position, it is found, and the first sentence names the entry itself, or a stretch that holds it and lies under one checkpoint. */
const foundEverywhere = async (
  tamper: (tx: Tx, position: number) => Promise<unknown>,
  names: 'the entry' | 'its checkpoint',
  { positions = upTo(size), first = 0 } = {},
) => {
  for (const position of positions) {
    const [sentence = 'nothing was found'] = await after((tx) => tamper(tx, position))
    const [from, to] = named(sentence)
    const changed = position + first
    expect([position, from <= changed && changed <= to, sentence]).toEqual([position, true, sentence])
    if (names === 'the entry') expect([from, to]).toEqual([changed, changed])
    else expect([position, from === 0 || sizes.includes(from), sentence]).toEqual([position, true, sentence])
  }
}

beforeAll(async () => {
  small = await openSmallLog()
  const { rows: notes } = await small.owner.execute<{ size: string; note: string }>(sql`select size, note from checkpoint order by size`)
  kept = notes.map(({ note }) => ({ at: null, note }))
  sizes = notes.map(({ size: one }) => Number(one))
  size = sizes.at(-1) ?? 0
}, 120_000)
afterAll(() => small.close())

test('an honest log of some three hundred entries is held to be one', async () => {
  expect(size).toBeGreaterThan(290)
  expect(sizes.length).toBeGreaterThan(30)
  expect(await after(async () => undefined)).toEqual([])
})

describe('whatever a superuser of the database does at any position is found, and named', () => {
  test('a bit flipped in an entry', () => foundEverywhere(flip, 'the entry'), 120_000)

  test('an entry deleted', () => foundEverywhere(forget, 'the entry'), 120_000)

  test(
    'a bit flipped, and everything chained anew',
    () =>
      foundEverywhere(async (tx, position) => {
        await flip(tx, position)
        await rechain(tx, asTheyStand)
      }, 'its checkpoint'),
    180_000,
  )

  test(
    'an entry deleted, and everything chained anew',
    () =>
      foundEverywhere(async (tx, position) => {
        await forget(tx, position)
        await rechain(tx, asTheyStand)
      }, 'its checkpoint'),
    180_000,
  )

  test(
    'an entry put in, and everything chained anew',
    () =>
      foundEverywhere(async (tx, position) => {
        const id = randomUUID()
        await tx.execute(sql`
        insert into audit_entry (id, at, recorded_at, transaction_id, type, actor_id, subject_id, organisation_id, origin, data)
        select ${id}, at, recorded_at, transaction_id, 'session.closed', actor_id, subject_id, organisation_id, origin, data
        from audit_entry where id = ${await entryAt(tx, position)}`)
        await rechain(tx, (sealed) => sealed.toSpliced(position, 0, id))
      }, 'its checkpoint'),
    180_000,
  )

  test(
    'an entry told twice',
    () =>
      // Its second place is the first that is wrong.
      foundEverywhere((tx, position) => rechain(tx, (sealed) => sealed.toSpliced(position, 0, sealed[position] ?? '')), 'its checkpoint', {
        first: 1,
      }),
    180_000,
  )

  test(
    'two entries that change places',
    () =>
      foundEverywhere(
        (tx, position) => rechain(tx, (sealed) => sealed.toSpliced(position, 2, sealed[position + 1] ?? '', sealed[position] ?? '')),
        'its checkpoint',
        { positions: upTo(size - 1) },
      ),
    180_000,
  )

  test(
    'time turned back',
    () =>
      foundEverywhere(
        async (tx, position) =>
          tx.execute(sql`update audit_entry set recorded_at = recorded_at - interval '1 second' where id = ${await entryAt(tx, position)}`),
        'the entry',
      ),
    120_000,
  )
})

describe('what is done to the whole log is found', () => {
  test('an entry put in behind our back, without a place', async () => {
    const [first] = await after((tx) =>
      tx.execute(sql`
        insert into audit_entry (id, at, recorded_at, transaction_id, type, actor_id, subject_id, organisation_id, origin, data)
        select gen_random_uuid(), at, recorded_at, transaction_id, 'account.revoked', actor_id, subject_id, organisation_id, origin, data from audit_entry where id = ${sql`(select entry_id from audit_leaf where position = 40)`}`),
    )
    expect(first).toContain('has no place in the log')
  })

  test('the newest entries cut off, at every length', async () => {
    for (const left of sizes.slice(0, -1)) {
      const cut = async (tx: Tx) => {
        await tx.execute(sql`delete from audit_entry where id in (select entry_id from audit_leaf where position >= ${left})`)
        await tx.execute(sql`delete from audit_leaf where position >= ${left}`)
        await tx.execute(sql`delete from checkpoint where size > ${left}`)
      }
      expect((await after(cut)).join()).toContain(`the log shown to you has ${left}: after position ${left - 1} it was cut`)
    }
  })

  test('the log told anew under another key, or another name', async () => {
    const told = (signer: Signer) => async (tx: Tx) => {
      for (const one of sizes) {
        const root = joined(await seal.hashes(tx, subtreesOf([0, one])))
        const note = signedNote(checkpointText({ origin: signer.name, size: one, root }), signer)
        await tx.execute(sql`update checkpoint set note = ${note} where size = ${one}`)
      }
    }
    const another = { name: log.name, key: signingKey(randomBytes(32)) }
    expect((await after(told(another)))[0]).toContain('was not signed with the key of this log')
    expect((await after(told({ ...log, name: 'another.test/audit' })))[0]).toContain('is of another log')
    // Given no key of their own, auditors would be shown a log that holds: hence they are told to compare it.
    expect(await after(told(another), { key: keyLine(verifierOf(another, 'log')), against: [] })).toEqual([])
  })

  test('a fork by whoever holds the key: the checkpoint somebody kept is of another log', async () => {
    const fork = async (tx: Tx) => {
      await flip(tx, 100)
      await rechain(tx, asTheyStand)
      await tx.execute(sql`delete from checkpoint where size <> ${size}`)
      const root = joined(await seal.hashes(tx, subtreesOf([0, size])))
      await tx.execute(sql`update checkpoint set note = ${signedNote(checkpointText({ origin: log.name, size, root }), log)}`)
    }
    expect(await after(fork, { against: [] })).toEqual([])
    expect((await after(fork))[0]).toContain('the checkpoint you kept')
    // One that was copied from the proof page, which shows them all, is as good as any.
    const first = await checkpoints.page(small.owner, undefined)
    const second = await checkpoints.page(small.owner, first.next ?? undefined)
    const shown = [...first.rows, ...second.rows]
    expect(shown.map((one) => one.size)).toEqual(sizes.toReversed().slice(0, shown.length))
    for (const { note } of shown.filter((one) => one.size > 100).slice(-2)) {
      expect(await after(async () => undefined, { against: [{ at: null, note }] })).toEqual([])
      expect((await after(fork, { against: [{ at: null, note }] }))[0]).toContain('the checkpoint you kept')
    }
  })

  test('a log told anew after the last checkpoint that a witness has signed: it is asked how far it has seen', async () => {
    const seen = (upTo: number) => async (tx: Tx) => {
      const [{ note = '' } = {}] = await rows<{ note: string }>(tx, sql`select note from checkpoint where size = ${upTo}`)
      const line = cosigned(readNote(note)?.text ?? '', witness, new Date('2026-11-24T08:00:00Z'))
      await checkpoints.cosign(tx, { size: upTo, witness: witness.name, line, at: new Date('2026-11-24T08:00:00Z') })
    }
    const named = { against: [], witnesses: [witnessKey] }
    expect(await after(seen(size), named)).toEqual([])
    for (const upTo of sizes.slice(0, -1))
      expect(await after(seen(upTo), named)).toEqual([
        expect.stringContaining(
          `the positions from ${upTo} to ${size - 1} came after the last checkpoint that the witness witness.test/1 has signed`,
        ),
      ])
  })

  test('an entry taken out and hidden behind a month that is said to be over: nobody hides what stands after younger ones', async () => {
    const hide = (until: string) => async (tx: Tx) => {
      await tx.execute(sql`update audit_leaf set at = '2000-01-01' where position = 150`)
      await forget(tx, 150)
      await tx.execute(sql`
        insert into audit_entry (id, at, recorded_at, transaction_id, number, type, actor_id, subject_id, organisation_id, nation_id, origin, data)
        select gen_random_uuid(), now(), now(), transaction_id, number + 1, 'audit.month-dropped', null, o.id, o.id, o.id, '{"channel": "cli"}', jsonb_build_object('month', '2000-01', 'entries', 1, 'until', ${until}::text)
        from audit_entry e, organisation o where o.level = 'nation' order by e.number desc limit 1`)
      // By the honest sealer, which knows no better.
      const [entry] = await seal.unsealed(tx, 1)
      if (!entry) throw new Error('nothing was put in')
      const hash = leafHash(entryText(entry))
      const grown = grow(size, await seal.hashes(tx, subtreesOf([0, size])), [hash])
      await seal.append(tx, size, [{ entryId: entry.id, at: entry.at, transaction: entry.transaction, hash }], grown.made)
      const note = signedNote(checkpointText({ origin: log.name, size: size + 1, root: joined(grown.edge) }), log)
      await checkpoints.add(tx, { size: size + 1, note, madeAt: new Date() })
    }
    expect((await after(hide('2000-02-01T00:00:00.000Z')))[0]).toContain('the entry at position 150 (after one of')
    expect((await after(hide('2030-02-01T00:00:00.000Z'))).join()).toContain('entries were dropped which are not a year old')
  })

  test('the policy in force kept from the auditor', async () => {
    expect(await after(async () => undefined, { hidden: (part) => 'policy' in part })).toEqual([
      'the bundle does not say which policy is in force',
    ])
  })

  test('a checkpoint taken away: the last positions are under none', async () => {
    expect((await after((tx) => tx.execute(sql`delete from checkpoint where size = ${size}`), { against: [] }))[0]).toMatch(
      /positions from \d+ to \d+ are under no checkpoint/,
    )
  })

  test.each([
    [
      'an account made in silence',
      sql`insert into account select (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'login', 'mallory'))).* from account a where login = 'agent.1'`,
      'was never created in the log',
    ],
    ['a profile widened in silence', sql`update account set profile_id = 'national-support' where login = 'agent.1'`, 'the log made it'],
    ['an account moved in silence', sql`update account set organisation_id = nation_id where login = 'agent.1'`, 'the log made it'],
    ['an end put off in silence', sql`update account set ends_on = '2099-12-31' where login = 'agent.1'`, 'it was countersigned until'],
    ...['email', 'phone', 'login', 'given_name', 'family_name'].map((column): [string, ReturnType<typeof sql>, string] => [
      `another ${column} in silence`,
      sql`update account set ${sql.identifier(column)} = 'mallory' where login = 'agent.1'`,
      'another name, login, address or number in the list than the log told last',
    ]),
    [
      'a passkey put under somebody else in silence',
      sql`update passkey set account_id = (select id from account where login = 'agent.1')`,
      'the log never gave it with this key',
    ],
    ['a passkey’s key exchanged in silence', sql`update passkey set public_key = '\\x00'`, 'the log never gave it with this key'],
    [
      'an identity elsewhere put under somebody in silence',
      sql`insert into identity (id, account_id, issuer, subject, linked_at) select gen_random_uuid(), id, 'https://provider.example', 'mallory', now() from account where login = 'agent.1'`,
      'the log never said so',
    ],
    ['a passkey taken away in silence', sql`delete from passkey`, 'has not the passkey'],
    ['an identity elsewhere taken away in silence', sql`delete from identity`, 'the log never took it back'],
    ['an end moved up in silence', sql`update account set ends_on = '2020-01-01' where login = 'agent.1'`, 'it was countersigned until'],
    ['an account taken away in silence', sql`delete from account where login = 'agent.3'`, 'is not in the list'],
    [
      'an account let back in in silence',
      sql`update account set status = 'active' where status = 'revoked'`,
      'is active in the list; the log leads to revoked',
    ],
    [
      'an account put out in silence',
      sql`update account set status = 'suspended' where login = 'agent.1'`,
      'is suspended in the list; the log leads to active',
    ],
    [
      'a role given in silence',
      sql`insert into role_grant select gen_random_uuid(), a.id, 'it-admin', g.organisation_id, g.request_id, g.granted_at from role_grant g, account a where a.login = 'agent.1' limit 1`,
      'the log never gave it',
    ],
    [
      'a policy nobody signed for',
      sql`update policy set document = jsonb_set(document, '{massAccounts}', '999')`,
      'the policy in the list is not the one the log leads to',
    ],
    ['a role taken away in silence', sql`update role_grant set revoked_at = now() where role = 'auditor'`, 'the log never took it away'],
  ])('%s', async (_, change, sentence) => {
    expect((await after((tx) => tx.execute(change))).join()).toContain(sentence)
  })
})

describe('a log that was signed all the same, by a server that did wrong, is judged by what it tells', () => {
  /** The wrong done, the tree made again and signed as if it were right: what a bug or a dishonest operator with the key would leave. */
  const signedAnew = async (wrong: ReturnType<typeof sql>) =>
    after(
      async (tx) => {
        await tx.execute(wrong)
        await rechain(tx, (_, all) => all)
        await tx.execute(sql`delete from checkpoint where size <> ${size}`)
        const [{ many = 0 } = {}] = await rows<{ many: number }>(tx, sql`select count(*)::int as many from audit_leaf`)
        const root = joined(await seal.hashes(tx, subtreesOf([0, many])))
        await tx.execute(
          sql`update checkpoint set size = ${many}, note = ${signedNote(checkpointText({ origin: log.name, size: many, root }), log)}`,
        )
      },
      { against: [] },
    )
  /** The first that a passkey signed. */
  const firstSigned = (type: string) =>
    sql`(select id from audit_entry where type = ${type} and data ->> 'assurance' = 'passkey' order by transaction_id, id limit 1)`
  const first = (type: string) => sql`(select id from audit_entry where type = ${type} order by transaction_id, id limit 1)`

  /** The wrong done to each entry of this kind in turn. */
  const toEach = async (type: string, wrong: (id: string) => ReturnType<typeof sql>, sentence: string) => {
    const { rows: all } = await small.owner.execute<{ id: string }>(sql`select id from audit_entry where type = ${type} order by number`)
    expect(all.length).toBeGreaterThan(20)
    for (const { id } of all) expect([id, (await signedAnew(wrong(id))).join('\n')]).toEqual([id, expect.stringContaining(sentence)])
  }

  test(
    'any countersignature taken out',
    () => toEach('request.approval-given', (id) => sql`delete from audit_entry where id = ${id}`, 'countersignatures stood under it where'),
    180_000,
  )

  test(
    'any requester replaced by somebody who never was',
    () =>
      toEach(
        'request.submitted',
        (id) => sql`update audit_entry set actor_id = '00000000-0000-4000-8000-000000000000' where id = ${id}`,
        'it was asked for by somebody who had no account in force',
      ),
    180_000,
  )

  test(
    'time turned back at any commit that gave something',
    () =>
      toEach(
        'request.executed',
        (id) =>
          sql`update audit_entry e set recorded_at = e.recorded_at - interval '1 hour', at = e.at - interval '1 hour' where e.transaction_id = (select transaction_id from audit_entry where id = ${id})`,
        'before the entries that stand before it',
      ),
    180_000,
  )

  test('entries of two commits that stand between each other are no wrong', async () => {
    const swapped = sql`with made as (select max(number) as number from audit_entry where type = 'account.created'),
      pair as (select made.number as one, (select min(e.number) from audit_entry e where e.number > made.number) as other from made)
      update audit_entry e set number = case when e.number = pair.one then pair.other else pair.one end from pair where e.number in (pair.one, pair.other)`
    expect(await signedAnew(swapped)).toEqual([])
  })

  test.each([
    [
      'a countersignature taken out',
      () => sql`delete from audit_entry where id = ${first('request.approval-given')}`,
      '0 countersignatures stood under it where 1 were needed',
    ],
    [
      'a countersignature by the person who asked',
      () =>
        sql`update audit_entry e set actor_id = (select s.actor_id from audit_entry s where s.subject_id = e.subject_id and s.type = 'request.submitted') where e.id = ${first('request.approval-given')}`,
      'was given by the person who asked',
    ],
    [
      'a countersignature by somebody the requester has brought in',
      () => sql`update audit_entry e set actor_id = (
        select born.subject_id from audit_entry born join audit_entry asked on asked.subject_id = (born.data ->> 'requestId')::uuid and asked.type = 'request.submitted'
        where born.type = 'account.created' and asked.actor_id = (select s.actor_id from audit_entry s where s.subject_id = e.subject_id and s.type = 'request.submitted')
        order by born.transaction_id limit 1)
        where e.id = (select id from audit_entry where type = 'request.approval-given' order by transaction_id desc limit 1)`,
      'who is not independent of',
    ],
    [
      'a requester who was replaced by the one who signed',
      () =>
        sql`update audit_entry e set actor_id = (select s.actor_id from audit_entry s where s.subject_id = e.subject_id and s.type = 'request.approval-given' limit 1) where e.id = ${first('request.submitted')}`,
      'was given by the person who asked',
    ],
    [
      'a content that changed after it was countersigned',
      () => sql`update audit_entry set data = data || '{"contentHash": "ff"}' where id = ${first('request.executed')}`,
      'another content was executed than what was countersigned',
    ],
    [
      'a countersignature of another content',
      () => sql`update audit_entry set data = data || '{"contentHash": "ff"}' where id = ${first('request.approval-given')}`,
      'is of another content than what was asked for',
    ],
    [
      'an account whose request was never asked',
      () =>
        sql`update audit_entry set data = data || '{"requestId": "00000000-0000-4000-8000-000000000000"}' where id = (select id from audit_entry where type = 'account.created' order by transaction_id desc limit 1)`,
      'was never asked',
    ],
    [
      'an account whose request was not executed',
      () => sql`delete from audit_entry where id = ${first('request.executed')}`,
      'was not executed',
    ],
    [
      'a role given by a request for something else',
      () =>
        sql`update audit_entry set type = 'role.granted', data = data || '{"role": "it-admin", "over": "x"}' where id = (select id from audit_entry where type = 'account.reinstated' order by transaction_id limit 1)`,
      'a request of another kind',
    ],
    [
      'a second account from one request',
      () =>
        sql`insert into audit_entry (id, at, recorded_at, transaction_id, number, type, actor_id, subject_id, organisation_id, origin, data) select 'ffffffff-ffff-7fff-bfff-ffffffffffff', at, recorded_at, transaction_id, number, type, actor_id, gen_random_uuid(), organisation_id, origin, data from audit_entry where id = (select id from audit_entry where type = 'account.created' order by transaction_id desc limit 1)`,
      'had been carried out already',
    ],
    [
      'an account of which the log does not say who it is, when it says so of others',
      () =>
        sql`update audit_entry set data = data - 'identity' where id = (select id from audit_entry where type = 'account.created' order by number desc limit 1)`,
      'it does not say who this account is',
    ],
    [
      'a request for an account without an end',
      () => sql`update audit_entry set data = data #- '{terms,endsOn}' where id = ${first('request.submitted')}`,
      'it does not say what it asks for',
    ],
    [
      'an entry of a time that is not yet',
      () => sql`update audit_entry set recorded_at = recorded_at + interval '2 years' where number = (select max(number) from audit_entry)`,
      'which is not yet',
    ],
    [
      'a signature of somebody who was put out before it served',
      () => sql`insert into audit_entry (id, at, recorded_at, transaction_id, number, type, actor_id, subject_id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, origin, data)
        select 'ffffffff-ffff-7fff-bfff-fffffffffffc', g.at, g.recorded_at, g.transaction_id, g.number, 'account.suspended', null, g.actor_id, b.organisation_id, b.nation_id, b.network_id, b.region_id, b.departement_id, b.structure_id, b.site_id, g.origin, '{"cause": "policy", "before": "active", "after": "suspended"}'
        from audit_entry g join audit_entry b on b.subject_id = g.actor_id and b.type = 'account.created' where g.id = ${first('request.approval-given')}`,
      'stood under it, who was suspended',
    ],
    [
      'a founding by one person',
      () => sql`delete from audit_entry where id = ${first('account.created')}`,
      'a network is founded by two people, and here by 1',
    ],
    [
      'a request that asks for no countersignature',
      () => sql`update audit_entry set data = data || '{"approvalsNeeded": "x"}' where id = ${first('request.submitted')}`,
      'it asks for fewer countersignatures (x)',
    ],
    [
      'a request that was edited by whoever signs it',
      () => sql`update audit_entry e set actor_id = (select g.actor_id from audit_entry g where g.subject_id = e.subject_id and g.type = 'request.approval-given' limit 1)
        where e.id = (select d.id from audit_entry d where d.type = 'request.edited' and exists (select 1 from audit_entry g where g.subject_id = d.subject_id and g.type = 'request.approval-given') limit 1)`,
      'it was edited by somebody else than the person who asked',
    ],
    [
      'a reset soon after a contact changed',
      () => sql`update audit_entry e set type = case e.type when 'account.suspended' then 'account.contact-changed' else 'account.reset' end
        where e.type in ('account.suspended', 'account.reinstated') and e.subject_id = (select subject_id from audit_entry where type = 'account.reinstated' order by transaction_id limit 1)`,
      'was reset within 72 hours of a change of its contact',
    ],
    [
      'a role for an agent, by the founding of the network',
      () => sql`insert into audit_entry (id, at, recorded_at, transaction_id, number, type, actor_id, subject_id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, origin, data)
        select 'ffffffff-ffff-7fff-bfff-fffffffffffd', f.at, f.recorded_at, f.transaction_id, f.number, 'role.granted', null, a.subject_id, a.organisation_id, a.nation_id, a.network_id, a.region_id, a.departement_id, a.structure_id, a.site_id, f.origin,
          jsonb_build_object('requestId', f.subject_id, 'role', 'it-admin', 'over', f.subject_id)
        from audit_entry f, audit_entry a where f.type = 'network.founded' and a.id = (select id from audit_entry where type = 'account.created' order by number desc limit 1)`,
      'founding a network gives two people their accounts and their first roles, and nothing besides',
    ],
    [
      'an account that was revoked, revoked again, to be undone',
      () => sql`update audit_entry set type = 'account.revoked', data = data || '{"before": "revoked", "after": "revoked"}' where id = (select r.id from audit_entry r where r.type = 'account.reinstated' order by r.number limit 1)
        or id = (select s.id from audit_entry s where s.type = 'account.suspended' order by s.number limit 1)`,
      'cannot be revoked',
    ],
    [
      'a second enrolment by a link that was used',
      () => sql`insert into audit_entry (id, at, recorded_at, transaction_id, number, type, actor_id, subject_id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, origin, data)
        select gen_random_uuid(), at, recorded_at, transaction_id, number, 'account.enrolled', null, subject_id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, origin, '{"linkId": "x", "factors": ["password"]}'
        from audit_entry e, generate_series(1, 2) where id = (select id from audit_entry where type = 'account.created' order by number desc limit 1)`,
      'nothing was given since the last time whose link could have been used',
    ],
    [
      'a decision in a session nobody opened',
      () =>
        sql`update audit_entry set origin = jsonb_set(origin, '{sessionId}', '"00000000-0000-4000-8000-000000000000"') where id = ${firstSigned('request.approval-given')}`,
      'it was decided or done in no session that',
    ],
    [
      'an entry put into a commit that was over',
      () => sql`update audit_entry set recorded_at = recorded_at + interval '1 second' where id = ${first('request.executed')}`,
      'it was recorded at another time than the rest of what was committed with it',
    ],
    [
      'a contact put back for nobody',
      () => sql`update audit_entry set type = 'account.contact-restored' where id = ${first('account.suspended')}`,
      'a contact goes back to what it was when somebody says that it was not them',
    ],
    [
      'another contact put in the place of the one that was confirmed',
      () =>
        sql`update audit_entry set data = data || '{"kind": "change-contact"}' where type = 'request.submitted' and subject_id = (select subject_id from audit_entry where id = ${first('request.edited')})`,
      'another contact is asked for anew',
    ],
    [
      'a countersignature by somebody without the role for it',
      () => sql`update audit_entry set data = data || '{"role": "auditor"}' where type = 'role.granted'`,
      'holds none of the roles that sign for this (supervisor)',
    ],
    [
      'a countersignature by somebody whose role is elsewhere',
      () => sql`update audit_entry set region_id = null, departement_id = null, structure_id = '00000000-0000-4000-8000-000000000000', site_id = null, network_id = null, nation_id = null
        where type in ('request.submitted', 'account.created') and subject_id in (select subject_id from audit_entry where id = ${firstSigned('request.approval-given')} union all
          select subject_id from audit_entry where type = 'account.created' and data ->> 'requestId' = (select subject_id::text from audit_entry where id = ${firstSigned('request.approval-given')}))`,
      'whose role does not reach to where it was asked',
    ],
    [
      'a countersignature where the signer’s role is, about an account elsewhere',
      () => sql`update audit_entry set site_id = null, structure_id = null where type in ('request.submitted', 'account.created')`,
      'of another organisation than the one its place leads to',
    ],
    [
      'an organisation told to be within another',
      () => sql`update audit_entry set region_id = '00000000-0000-4000-8000-000000000000' where region_id is not null and region_id <> organisation_id
        and id = (select id from audit_entry where region_id is not null and region_id <> organisation_id order by number desc limit 1)`,
      'stands elsewhere than before',
    ],
    [
      'a contact put back that nobody had changed',
      () => sql`with said as (update audit_entry set data = data || '{"cause": "disowned"}' where id = ${first('account.suspended')} returning *)
        insert into audit_entry (id, at, recorded_at, transaction_id, number, type, actor_id, subject_id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, origin, data)
        select 'ffffffff-ffff-7fff-bfff-fffffffffffe', at, recorded_at, transaction_id, number, 'account.contact-restored', actor_id, subject_id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, origin, '{"requestId": "x"}' from said`,
      'was young enough to be taken back',
    ],
    [
      'a request of an account asked for by nobody',
      () => sql`update audit_entry set actor_id = null where id = ${first('request.submitted')}`,
      'it was asked for by nobody who is known',
    ],
    [
      'a request asked for by somebody who never was',
      () => sql`update audit_entry set actor_id = '00000000-0000-4000-8000-000000000000' where id = ${first('request.submitted')}`,
      'it was asked for by somebody who had no account in force',
    ],
    [
      'a request asked for by somebody without a role',
      () =>
        sql`update audit_entry set actor_id = (select subject_id from audit_entry where type = 'account.created' and subject_id not in (select subject_id from audit_entry where type = 'role.granted') order by number limit 1)
          where id = (select id from audit_entry where type = 'request.submitted' order by number desc limit 1)`,
      'it was asked for by somebody who holds none of the roles that may there',
    ],
    [
      'a request about an account, asked for where that account is not',
      () =>
        sql`update audit_entry set site_id = null, organisation_id = structure_id where id = (select id from audit_entry where type = 'request.submitted' and data ->> 'accountId' is not null and site_id is not null order by number limit 1)`,
      'in another place than where the account is',
    ],
    [
      'one signature for an account of national reach',
      () =>
        sql`update audit_entry set data = jsonb_set(data, '{terms,profile}', '"national-support"') where id = ${first('request.submitted')}`,
      'it asks for fewer countersignatures (1) than such a request needs',
    ],
    [
      'another contact asked for by nobody who is known',
      () =>
        sql`update audit_entry set actor_id = null, data = data || '{"kind": "change-contact"}' where type = 'request.submitted' and data ->> 'accountId' is not null`,
      'it was asked for by nobody who is known',
    ],
    [
      'a month dropped before its year was over',
      () =>
        sql`update audit_entry set type = 'audit.month-dropped', data = '{"month": "2030-01", "entries": 1, "until": "2030-02-01T00:00:00.000Z"}', actor_id = null where id = ${first('account.suspended')}`,
      'entries were dropped which are not a year old',
    ],
    [
      'the past told anew, as a seed may, after somebody had signed in',
      () =>
        sql`update audit_entry set origin = '{"channel": "seed"}' where id = (select id from audit_entry where number > (select min(number) from audit_entry where type = 'session.opened') order by number desc limit 1)`,
      'told as from before anybody had signed in',
    ],
    [
      'a stage that asks for more people than there are',
      () => sql`update audit_entry set data = jsonb_set(data, '{demand,stages,0,people}', '4294967295') where type = 'request.submitted'`,
      'asks for more people than any does',
    ],
    [
      'an account created in another place than it was asked for',
      () =>
        sql`update audit_entry set site_id = null, structure_id = '00000000-0000-4000-8000-000000000000' where id = (select id from audit_entry where type = 'account.created' order by number desc limit 1)`,
      'in another place than',
    ],
    [
      'a countersignature from the device it was asked from',
      () =>
        sql`update audit_entry e set origin = origin || jsonb_build_object('deviceKey', 'x') where subject_id = (select subject_id from audit_entry where id = ${firstSigned('request.approval-given')})`,
      'was given from a device from which it was asked',
    ],
    [
      'a countersignature from the device it was edited from',
      () =>
        sql`update audit_entry e set origin = origin || jsonb_build_object('deviceKey', 'x') where e.type in ('request.edited', 'request.approval-given')
          and e.subject_id = (select d.subject_id from audit_entry d join audit_entry g on g.subject_id = d.subject_id and g.type = 'request.approval-given' and g.number > d.number where d.type = 'request.edited' limit 1)`,
      'was given from a device from which it was asked, edited',
    ],
    [
      'a passkey’s countersignature given to another request',
      () =>
        sql`update audit_entry e set data = e.data || jsonb_build_object('signed', (select o.data -> 'signed' from audit_entry o where o.type = 'request.approval-given' and o.data ->> 'assurance' = 'passkey' and o.id <> e.id order by o.number desc limit 1)) where e.id = ${firstSigned('request.approval-given')}`,
      'was signed over something else',
    ],
    [
      'a passkey’s countersignature under a requirement it never saw',
      () => sql`update audit_entry set data = data || '{"requirementHash": "ff"}' where id = ${firstSigned('request.approval-given')}`,
      'was given under another requirement than the one in force',
    ],
    [
      'a signature that nobody made',
      () =>
        sql`update audit_entry set data = jsonb_set(data, '{signed,signature}', '"MEUCIQ"') where id = ${firstSigned('request.approval-given')}`,
      'bears a signature that is wrong',
    ],
    [
      'a passkey that was put under somebody’s name afterwards',
      () => sql`update audit_entry set data = jsonb_set(data, '{publicKey}', '"MEUCIQ"') where type = 'passkey.added'`,
      'the passkey it was signed with is none that',
    ],
    [
      'signatures taken off, as if nothing had been asked',
      () =>
        sql`update audit_entry set data = data || '{"assurance": "session", "signed": null}' where id = ${firstSigned('request.approval-given')}`,
      'nothing was asked of somebody who had something to prove themselves with',
    ],
    [
      'a code by somebody who never had one',
      () =>
        sql`update audit_entry set data = data || '{"assurance": "totp", "signed": null}' where id = ${firstSigned('request.approval-given')}`,
      'and never had one',
    ],
    [
      'a passkey that came by a link nobody used',
      () => sql`update audit_entry set actor_id = null, data = data || '{"via": "link", "assurance": null}' where type = 'passkey.added'`,
      'no link was used that could have brought this passkey',
    ],
    [
      'a passkey, and a role, that nobody was asked for who they are',
      () => sql`delete from audit_entry where type = 'proof.given'`,
      'was not asked who they are (add-passkey)',
    ],
    [
      'a role asked without its proof',
      () => sql`delete from audit_entry where type = 'proof.given' and data ->> 'act' = 'ask-role'`,
      'was not asked who they are (ask-role)',
    ],
    [
      'a signature told twice',
      () => sql`insert into audit_entry (id, at, recorded_at, transaction_id, number, type, actor_id, subject_id, organisation_id, origin, data)
        select 'ffffffff-ffff-7fff-bfff-fffffffffffe', at, recorded_at, transaction_id, number, type, actor_id, subject_id, organisation_id, origin, data from audit_entry where id = ${firstSigned('request.approval-given')}`,
      'what was signed for once is told twice',
    ],
    [
      'a passkey added by somebody else',
      () =>
        sql`update audit_entry e set actor_id = (select o.actor_id from audit_entry o where o.type = 'request.submitted' and o.actor_id <> e.subject_id limit 1) where e.type = 'passkey.added'`,
      'a passkey is added by whoever it is for',
    ],
    [
      'an identity linked by somebody else',
      () =>
        sql`update audit_entry e set actor_id = (select o.actor_id from audit_entry o where o.type = 'request.submitted' and o.actor_id <> e.subject_id limit 1) where e.type = 'identity.linked'`,
      'an identity is linked by whoever it lets in',
    ],
    [
      'an identity linked that its owner was not asked about',
      () => sql`update audit_entry set data = data || '{"subject": "thief"}' where type = 'identity.linked'`,
      'was not asked who they are (link-identity)',
    ],
    [
      'a session through a provider that knew nobody',
      () => sql`update audit_entry set data = jsonb_set(data, '{through,issuer}', '"https://thief.example"') where data ? 'through'`,
      'had linked no identity',
    ],
    [
      'an identity unlinked by somebody else, to be linked to them',
      () => sql`insert into audit_entry (id, at, recorded_at, transaction_id, number, type, actor_id, subject_id, organisation_id, origin, data)
        select 'ffffffff-ffff-7fff-bfff-fffffffffffe', e.at, e.recorded_at, e.transaction_id, e.number, 'identity.unlinked', o.actor_id, o.actor_id, e.organisation_id, e.origin, e.data from audit_entry e,
          (select actor_id from audit_entry where type = 'request.submitted' and actor_id <> (select subject_id from audit_entry where type = 'identity.linked') limit 1) o where e.type = 'identity.linked'`,
      'was not theirs to unlink',
    ],
    [
      'a countersignature in a session of somebody else, who had signed in where it was asked',
      () =>
        sql`update audit_entry e set data = case when type = 'request.submitted' then jsonb_set(data, '{demand,signIn}', '{"issuers": ["https://provider.example"], "contexts": []}')
            else data || jsonb_build_object('through', (select data -> 'through' from audit_entry where data -> 'through' ->> 'issuer' = 'https://provider.example' and type = 'session.opened' limit 1)) end,
          origin = case when type = 'request.submitted' then origin else origin || jsonb_build_object('sessionId', (select data ->> 'sessionId' from audit_entry where type = 'session.opened' and data ? 'through' limit 1)) end
          where subject_id = (select a.subject_id from audit_entry a where a.type = 'request.approval-given' and a.actor_id <> (select subject_id from audit_entry where type = 'identity.linked') order by a.number limit 1)
            and type in ('request.submitted', 'request.approval-given')`,
      'had not signed in where its request asks',
    ],
    [
      'a policy that looks back less far than any may',
      () => sql`insert into audit_entry (id, at, recorded_at, transaction_id, number, type, actor_id, subject_id, organisation_id, origin, data)
        select 'ffffffff-ffff-7fff-bfff-fffffffffffe', at, recorded_at, transaction_id, number, 'policy.set', actor_id, subject_id, organisation_id, origin, '{"before": {}, "after": {"independenceDays": 1}}' from audit_entry where id = ${firstSigned('request.approval-given')}`,
      'it makes people independent of whoever had a hand in them 1 days ago',
    ],
    [
      'a countersignature of somebody who had signed in elsewhere than was asked for',
      () =>
        sql`update audit_entry e set data = jsonb_set(data, '{demand,signIn}', '{"issuers": ["https://provider.example"], "contexts": []}') where type = 'request.submitted' and subject_id = (select subject_id from audit_entry where id = ${firstSigned('request.approval-given')})`,
      'had not signed in where its request asks',
    ],
    [
      'a countersignature that hides how sure it was',
      () => sql`update audit_entry set data = data || '{"signed": null}' where id = ${firstSigned('request.approval-given')}`,
      'it does not show how sure it is who did it',
    ],
    [
      'a role wider than what was asked for',
      () =>
        sql`update audit_entry set data = data || '{"role": "it-admin"}' where id = (select id from audit_entry where type = 'role.granted' order by number desc limit 1)`,
      'it gave another role than its request',
    ],
    [
      'an account with another profile than was asked for',
      () =>
        sql`update audit_entry set data = data || '{"profile": "national-support"}' where id = (select id from audit_entry where type = 'account.created' order by number desc limit 1)`,
      'it gave another profile than its request',
    ],
    [
      'a request that others may countersign than such a request may',
      () => sql`update audit_entry set data = data || '{"approverRoles": ["auditor"]}' where id = ${first('request.submitted')}`,
      'it may be countersigned by others than such a request may',
    ],
    [
      'a stage that asks for nobody',
      () => sql`update audit_entry set data = jsonb_set(data, '{demand,stages,0,people}', '0') where id = ${first('request.submitted')}`,
      'a stage of it asks for nobody',
    ],
    [
      'a stage more than is said to be needed',
      () => sql`update audit_entry set data = jsonb_set(data, '{demand,stages,0,people}', '4') where id = ${first('request.submitted')}`,
      'it asks for fewer countersignatures than its stages name',
    ],
    [
      'an entry that does not say when it was',
      () => sql`update audit_entry set at = at - interval '40 days' where id = ${first('request.approval-given')}`,
      'long before it was recorded',
    ],
    [
      'an entry that means nothing',
      () => sql`update audit_entry set data = 'null' where id = ${first('request.submitted')}`,
      'what it tells cannot be understood',
    ],
    [
      'a return that nobody asked for',
      () =>
        sql`update audit_entry set type = 'account.ending-undone', data = '{"before": "active", "after": "active"}' where id = ${first('account.suspended')}`,
      'it says the account was',
    ],
  ])('%s', async (_, change, sentence) => {
    expect((await signedAnew(change())).join('\n')).toContain(sentence)
  })
  /** The first request that no passkey signed, and its countersignatures over what it is now said to need. */
  const needing = async (change: (told: FrozenRequirement & { demand: Demand }) => FrozenRequirement) => {
    const {
      rows: [told],
    } = await small.owner.execute<{ id: string; data: FrozenRequirement & { demand: Demand } }>(
      sql`select subject_id as id, data from audit_entry where type = 'request.submitted' and subject_id in (
        select subject_id from audit_entry where type = 'request.approval-given' and data ->> 'assurance' <> 'passkey') order by transaction_id, id limit 1`,
    )
    if (!told) throw new Error('nothing was asked')
    const { approvalsNeeded, approverRoles, demand } = change(told.data)
    const hash = createHash('sha256').update(requirementText({ approvalsNeeded, approverRoles, demand })).digest('hex')
    return sql`update audit_entry set data = data || case type when 'request.submitted' then ${JSON.stringify({ approvalsNeeded, approverRoles, demand })}::jsonb
      else jsonb_build_object('requirementHash', ${hash}::text) end where subject_id = ${told.id}::uuid and type in ('request.submitted', 'request.approval-given')`
  }
  test.each([
    [
      'a stage for somebody who did not sign',
      ({ demand: { stages, ...demand }, ...rest }) => ({
        ...rest,
        approvalsNeeded: 2,
        approverRoles: ['policy-owner', 'supervisor'],
        demand: { ...demand, stages: [...stages, { people: 1, roles: ['policy-owner'], level: 'covering' }] },
      }),
      '1 countersignatures stood under it where 2 were needed',
    ],
    [
      'a surer proof than was given',
      ({ demand, ...rest }) => ({ ...rest, demand: { ...demand, assurance: 'passkey' } }),
      'than was asked for',
    ],
    [
      'a signature after the time its policy gives',
      ({ demand, ...rest }) => ({ ...rest, demand: { ...demand, deadline: { hours: -1_000 } } }),
      'came after the time its policy gives for an answer was over',
    ],
  ] satisfies readonly [string, Parameters<typeof needing>[0], string][])('%s', async (_, change, sentence) => {
    expect((await signedAnew(await needing(change))).join('\n')).toContain(sentence)
  })
})

describe('a bundle that was altered on its way is not believed', () => {
  type Part = Record<string, unknown>
  let honest: readonly Part[]
  beforeAll(async () => {
    const lines: Part[] = []
    await small.owner.transaction(async (tx) => {
      for await (const text of bundleLines(tx, { since: null, until: null }, { log: logKey, witnesses: [] }))
        lines.push(
          ...text
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line) as Part),
        )
    })
    honest = lines
  })

  const judged = ([head = {}, ...parts]: readonly Part[]): readonly string[] => {
    const verification = new Verification(head, { keyLine: logKey })
    for (const part of parts) verification.take(part)
    return verification.end()
  }
  const without = (position: number) => honest.map((part) => (part['position'] === position ? { ...part, entry: null } : part))
  const accounts = () => honest.filter((part) => part['account'])

  test('as it was it holds', () => expect(judged(honest)).toEqual([]))

  test.each<[string, () => readonly Part[], string]>([
    ['a line of nothing before the leaves', () => [without(50)[0] ?? {}, {}, ...without(50).slice(1)], 'does not belong there'],
    ['a line of an unknown kind', () => honest.toSpliced(9, 0, { comment: 'nothing' }), 'does not belong there'],
    ['accounts before the last leaves', () => [...honest.slice(0, 9), ...accounts(), ...honest.slice(9)], 'does not belong there'],
    ['anything after the end', () => [...honest, ...accounts()], 'does not belong there'],
    ['an account told twice', () => honest.flatMap((part) => (part['account'] ? [part, part] : [part])), 'stands in the list twice'],
    ['an account left out', () => honest.filter((part) => part !== accounts()[3]), 'is not in the list'],
    ['an entry left out', () => without(50), 'the entry at position 50'],
    ['the end left out', () => honest.slice(0, -1), 'it was cut'],
    [
      'what is in no tree',
      () => honest.flatMap((part) => ('policy' in part ? [{ unsealed: { id: 'x', type: 'account.suspended' } }, part] : [part])),
      'it has no place in the log',
    ],
    [
      'a part that is said to be the whole of what was asked for',
      () => [{ ...honest[0], to: 0 }, ...honest.slice(1)],
      'say --partial if that is what you asked for',
    ],
  ])('%s', (_, parts, sentence) => {
    expect(judged(parts()).join('\n')).toContain(sentence)
  })

  test.each<[string, Part]>([
    ['no range', { from: undefined }],
    ['a range of words', { from: '0' }],
    ['a range beyond the log', { to: 100_000 }],
    ['another format', { bundle: 'another/1' }],
  ])('a first line with %s is not read', (_, change) => {
    expect(() => judged([{ ...honest[0], ...change }, ...honest.slice(1)])).toThrow(/bundle/)
  })
})
