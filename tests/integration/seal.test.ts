import { appendFileSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { NotBrought, toAddress, toFile, toWitness } from '@countersign/server/carriers/checkpoints.ts'
import { bringCheckpoint } from '@countersign/server/features/seal/bring.ts'
import { checks } from '@countersign/server/features/seal/check.store.ts'
import { checkpoints } from '@countersign/server/features/seal/checkpoints.store.ts'
import { entryText, type SealableEntry } from '@countersign/server/features/seal/entry-text.ts'
import { places } from '@countersign/server/features/seal/places.store.ts'
import { seal, sealable } from '@countersign/server/features/seal/seal.store.ts'
import { isSealedBy, SealBroken, sealLedger } from '@countersign/server/features/seal/seal.ts'
import { sealOrTell, watchSeal } from '@countersign/server/features/seal/watch.ts'
import { checkpointText } from '@countersign/server/transparency/checkpoint.ts'
import { leafHash } from '@countersign/server/transparency/merkle.ts'
import { signedNote, signingKey, verifierOf } from '@countersign/server/transparency/note.ts'
import { openMemory, openWitness, witnessServer } from '@countersign/server/witness/witness.ts'
import { sql } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { bundleOf, log, scratch, sealAll, verified, witness, witnessKey } from '../support/bundle.ts'
import { makerOf, verdictOfDatabase } from '../support/make.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  await sealAll(world.db)
}, 60_000)
afterAll(() => world.close())

const sealed = async () => {
  const { rows } = await world.owner.query<{ entries: string; leaves: string; highest: string }>(
    `select (select count(*) from audit_entry) as entries, count(*) as leaves, max(position) + 1 as highest from audit_leaf`,
  )
  return rows[0] ?? { entries: '', leaves: '', highest: '' }
}
const forgiven = () => world.tamper('update seal_check set wrong_at = null, wrong = null, wrong_since = null, position = 0')
const more = async () => {
  await make.account()
  await sealAll(world.db)
}

describe('sealing', () => {
  test('a year of the network is sealed, exported and held by the auditor’s own program', async () => {
    await more()
    const answer = verified(await bundleOf(world.url))
    expect(answer.said).toContain('All of it holds')
    expect(answer.holds).toBe(true)
  })

  test('every entry has one place, without a hole, however many seal at once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => make.account()))
    await Promise.all(Array.from({ length: 8 }, () => sealLedger(world.db, log)))
    await sealAll(world.db)
    const { entries, leaves, highest } = await sealed()
    expect([leaves, highest]).toEqual([entries, entries])
  })

  test('what was written before entries had a number is sealed first, in the order of its transactions, however much of it there is', async () => {
    await sealAll(world.db)
    const { rows } = await world.owner.query<{ id: string }>(
      'select a.id from account a where not exists (select 1 from role_grant g where g.account_id = a.id) limit 1',
    )
    const unnumbered = `insert into audit_entry (id, at, recorded_at, transaction_id, number, type, subject_id, organisation_id, origin, data)
      select gen_random_uuid(), now(), now(), pg_current_xact_id(), case when n <= 6000 then null else 900000000 + n end, 'view.saved', $1, null, '{"channel": "web"}', '{"shared": false}' from generate_series(1, 6010) n`
    await world.tamper(unnumbered, [rows[0]?.id])
    const before = Number((await sealed()).highest)
    expect(await sealAll(world.db)).toBe(6010)
    const order = await world.owner.query<{ numbered: boolean; from: string; to: string }>(
      `select e.number is not null as numbered, min(l.position) as from, max(l.position) as to from audit_leaf l join audit_entry e on e.id = l.entry_id and e.at = l.at
       where l.position >= $1 group by 1 order by 1`,
      [before],
    )
    expect(order.rows).toEqual([
      { numbered: false, from: String(before), to: String(before + 5999) },
      { numbered: true, from: String(before + 6000), to: String(before + 6009) },
    ])
  })

  test('is told to have gone no further than it went: what has no place is not left behind', async () => {
    await make.account()
    // Tests beside this one hold transactions open in the same server, and so far nobody may go.
    await vi.waitUntil(
      async () =>
        (await world.owner.query('select 1 from audit_entry having max(transaction_id) < pg_snapshot_xmin(pg_current_snapshot())'))
          .rowCount,
      { timeout: 30_000 },
    )
    const past = (position: string) => verdictOfDatabase(world.pool.query(`update seal_position set position = ${position}`))
    expect(await past('pg_snapshot_xmin(pg_current_snapshot())')).toBe('P6')
    expect(await past(`'0'`)).toBe('P6')
    await sealAll(world.db)
    expect(await past('position')).toBe('allowed')
  })

  test('with another key, or under another name, is not gone on with', async () => {
    await sealAll(world.db)
    expect(await isSealedBy(world.db, log)).toBe(true)
    expect(await isSealedBy(world.db, { ...log, name: 'another.test/audit' })).toBe(false)
    expect(await isSealedBy(world.db, { ...log, key: signingKey(Buffer.alloc(32, 99)) })).toBe(false)
  })

  test('what an open transaction has before others is waited for, so that nothing is ever put in between', async () => {
    const open = await world.pool.connect()
    try {
      await open.query('begin')
      await open.query('select pg_current_xact_id()')
      await make.account()
      expect(await sealLedger(world.db, log)).toBe(0)
    } finally {
      await open.query('rollback')
      open.release()
    }
    expect(await sealAll(world.db)).toBeGreaterThan(0)
  })

  test('a database that counts its transactions anew, as one restored from a dump, says that nothing is sealed any more', async () => {
    const { rows } = await world.owner.query<{ position: string }>('select position from seal_position')
    await world.tamper(`update seal_position set position = '9223372036854775807'`)
    await make.account()
    await expect(sealLedger(world.db, log)).rejects.toThrow('counts its transactions anew')
    expect(await seal.waitingSince(world.db)).toBeInstanceOf(Date)
    await world.tamper('update seal_position set position = $1', [rows[0]?.position])
    expect(await sealAll(world.db)).toBeGreaterThan(0)
    expect(await seal.waitingSince(world.db)).toBeNull()
  })

  test('whoever waited for somebody else stands after them, whichever began first, and whoever else is still at it', async () => {
    const [first, second, other] = [await world.pool.connect(), await world.pool.connect(), await world.pool.connect()]
    const begin = async (client: pg.PoolClient) => {
      await client.query('begin')
      await client.query('select pg_current_xact_id()')
    }
    const tell = (client: pg.PoolClient) =>
      client.query(`insert into audit_entry (id, at, transaction_id, type, subject_id, origin, data)
        values (gen_random_uuid(), now(), pg_current_xact_id(), 'session.closed', gen_random_uuid(), '{"channel": "job"}', '{}') returning id`)
    await sealAll(world.db)
    try {
      await begin(first)
      await begin(other)
      await begin(second)
      const { rows: before } = await tell(second)
      await second.query('commit')
      const { rows: after } = await tell(first)
      await first.query('commit')
      // What the first rests on is there, and has no place yet: something older still runs.
      expect(await sealLedger(world.db, log)).toBe(0)
      await other.query('rollback')
      expect(await sealAll(world.db)).toBe(2)
      const { rows: order } = await world.owner.query<{ id: string }>(
        'select entry_id as id from audit_leaf order by position desc limit 2',
      )
      expect(order.map(({ id }) => id)).toEqual([after[0]?.id, before[0]?.id])
    } finally {
      for (const client of [first, second, other]) client.release()
    }
  })

  test('a tree that was changed since it was signed is not signed again, nor by another key or name', async () => {
    const largest = `level = (select max(level) from audit_subtree) and index = 0`
    const { rows } = await world.owner.query<{ hash: Buffer }>(`select hash from audit_subtree where ${largest}`)
    await world.tamper(`update audit_subtree set hash = sha256(hash) where ${largest}`)
    await make.account()
    await expect(sealAll(world.db)).rejects.toThrow('newest checkpoint is not of this key')
    await world.tamper(`update audit_subtree set hash = $1 where ${largest}`, [rows[0]?.hash])
    await expect(sealAll(world.db, { ...log, name: 'another.test/audit' })).rejects.toThrow('newest checkpoint is not of this key')
    await expect(sealAll(world.db, { ...log, key: witness.key })).rejects.toThrow('newest checkpoint is not of this key')
    expect(await sealAll(world.db)).toBeGreaterThan(0)
  })

  test('a part of the time is exported with the hashes of the rest, and judged as far as it goes', async () => {
    const { rows } = await world.owner.query<{ at: Date }>('select at from audit_leaf where position = 20000')
    const since = rows[0]?.at ?? new Date()
    const until = new Date(since.getTime() + 86_400_000 * 20)
    const answer = verified(await bundleOf(world.url, { since, until }), '--partial')
    expect(answer.said).toContain('of the others there are hashes')
    expect(answer.holds).toBe(true)
  })

  test.each([
    [
      'a place is left out',
      `insert into audit_leaf select position + 2, gen_random_uuid(), at, transaction_id, hash from audit_leaf order by position desc limit 1`,
    ],
    [
      'a place is given to what is not committed',
      `insert into audit_leaf select position + 1, gen_random_uuid(), at, pg_current_xact_id(), hash from audit_leaf order by position desc limit 1`,
    ],
    [
      'a place is given to an entry that is not there',
      `insert into audit_leaf select position + 1, gen_random_uuid(), at, '1', hash from audit_leaf order by position desc limit 1`,
    ],
    ['a subtree stands where there are no leaves yet', `insert into audit_subtree values (1, 1000000, sha256(''))`],
    ['a place outside knows more than was signed', `insert into checkpoint_place (name, size) values ('nowhere', 1000000000)`],
    ['the check is beyond the log', `update seal_check set position = 1000000000`],
    ['a checkpoint is made over less than the log', `insert into checkpoint values (1, 'note', now())`],
  ])('the database refuses the application that %s', async (_, statement) => {
    expect(await verdictOfDatabase(world.pool.query(statement))).toBe('P6')
  })

  test.each(['audit_leaf', 'audit_subtree', 'checkpoint', 'cosignature'])(
    'nothing in %s is changed, deleted or emptied, by the owner either',
    async (table) => {
      for (const statement of [
        `update ${table} set ${table === 'audit_leaf' ? 'at = at' : table === 'audit_subtree' ? 'hash = hash' : table === 'checkpoint' ? 'note = note' : 'line = line'}`,
        `delete from ${table}`,
        `truncate ${table} cascade`,
      ]) {
        expect(await verdictOfDatabase(world.pool.query(statement))).toBe('42501')
        expect(await verdictOfDatabase(world.owner.query(statement))).toBe('P6')
      }
    },
  )
})

describe('checkpoints leave the house', () => {
  const note = async () => (await checkpoints.newest(world.db))?.note ?? ''
  const state = async (name: string) => (await places.all(world.db)).find((one) => one.name === name)

  test('to a file, each once, and none is forgotten by an auditor who keeps it', async () => {
    const file = join(scratch(), 'checkpoints.ndjson')
    for (let turn = 0; turn < 3; turn += 1) {
      await more()
      await bringCheckpoint(world.db, toFile(file), world.log)
      await bringCheckpoint(world.db, toFile(file), world.log)
    }
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    expect(lines.length).toBe(3)
    const bundle = await bundleOf(world.url)
    expect(verified(bundle, '--checkpoints', file).holds).toBe(true)
    expect(verified(bundle, '--witness', witnessKey).said).toContain('has signed no checkpoint that holds in this bundle')
    await more()
    await bringCheckpoint(world.db, toFile(file), world.log)
    expect(verified(bundle, '--checkpoints', file).said).toContain('it was cut or rolled back')
    // A line that was cut short by a full disk spoils neither the next one nor the check.
    appendFileSync(file, '{"at":"2026')
    await more()
    await bringCheckpoint(world.db, toFile(file), world.log)
    expect(verified(await bundleOf(world.url), '--checkpoints', file)).toMatchObject({ holds: true })
  })

  test('to an address; one that is away is told of, and gets the newest when it is back', async () => {
    const seen: string[] = []
    let status = 503
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (part: Buffer) => {
        body += part.toString()
      })
      request.on('end', () => {
        if (status === 200) seen.push(body)
        response.writeHead(status).end()
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const carrier = toAddress(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await bringCheckpoint(world.db, carrier, world.log)
    expect(await state('address')).toMatchObject({ size: 0, failure: 'HTTP 503' })
    status = 200
    await more()
    await bringCheckpoint(world.db, carrier, world.log)
    expect(seen).toEqual([await note()])
    expect(await state('address')).toMatchObject({ failingSince: null, failure: null })
    server.close()
    await more()
    server.closeAllConnections()
    await bringCheckpoint(world.db, carrier, world.log)
    expect((await state('address'))?.failure).toMatch(/ECONN/)
  })

  test('to a witness, which signs what follows and refuses a log that was told anew', async () => {
    const folder = scratch()
    const open = async () => {
      const memory = await openMemory(folder, verifierOf(log, 'log'))
      const server = witnessServer(openWitness({ log: verifierOf(log, 'log'), signer: witness, memory, now: () => new Date() }))
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
      return { carrier: toWitness(url, verifierOf(witness, 'witness')), stop: () => server.close() }
    }
    const { carrier, stop } = await open()
    for (let turn = 0; turn < 3; turn += 1) {
      await more()
      await bringCheckpoint(world.db, carrier, world.log)
    }
    expect(await state('witness')).toMatchObject({ failingSince: null })
    expect(verified(await bundleOf(world.url), '--witness', witnessKey).said).toContain('Witness witness.test/1 has signed')
    // Somebody else was there first: it says how far it is, and is shown the rest from there.
    await world.tamper(`update checkpoint_place set size = 5 where name = 'witness'`)
    await more()
    await bringCheckpoint(world.db, carrier, world.log)
    expect(await state('witness')).toMatchObject({ failingSince: null })

    await expect(
      carrier.bring({ checkpoint: { size: 1, note: await note(), madeAt: new Date() }, known: 0, proof: async () => [] }),
    ).rejects.toThrow(NotBrought)
    // Told anew by whoever holds the key as well: the witness keeps what contradicts it.
    await more()
    const newest = await checkpoints.newest(world.db)
    const forged = signedNote(checkpointText({ origin: log.name, size: newest?.size ?? 0, root: leafHash('another') }), log)
    await world.tamper('update checkpoint set note = $1 where size = $2', [forged, newest?.size])
    await bringCheckpoint(world.db, carrier, world.log)
    expect(await state('witness')).toMatchObject({ failure: 'another-log' })
    expect(readFileSync(join(folder, 'contradictions'), 'utf8')).toContain(forged)
    // And the network's guardians hear of it, as of any other fault of the seal.
    expect((await checks.get(world.db)).wrong).toMatchObject({ fault: 'contradicted' })
    await forgiven()
    await world.tamper('update checkpoint set note = $1 where size = $2', [newest?.note, newest?.size])
    await bringCheckpoint(world.db, carrier, world.log)
    expect(await state('witness')).toMatchObject({ failure: null })
    stop()
  })
})

describe('the server holds the audit against its seal by itself', () => {
  const round = async () => {
    for (let turn = 0; turn < 12; turn += 1) await watchSeal(world.db, log, world.log)
    const isabelle = await world.as('isabelle.carpentier')
    return (await isabelle.call.seal.state()).check
  }

  test('an audit that was let alone is said to hold, and what was altered or taken away is named', { timeout: 240_000 }, async () => {
    expect(await round()).toMatchObject({ wrong: null, held: expect.any(Number) })
    const { rows } = await world.owner.query<{ id: string; hash: Buffer }>(
      'select entry_id as id, hash from audit_leaf where position = 12345',
    )
    const { id, hash } = rows[0] ?? {}
    const { rows: whole } = await world.owner.query<{ entry: object }>('select to_json(e) as entry from audit_entry e where id = $1', [id])
    await world.tamper(`update audit_entry set actor_id = null where id = $1`, [id])
    expect((await round()).wrong).toMatchObject({ position: 12345, fault: 'entry-changed' })
    const told = async () =>
      (
        await world.owner.query(`select e.data ->> 'position' as position, (select count(*)::int from outbox o where o.entry_id = e.id and o.destination = 'mail.seal-broken') as mails
        from audit_entry e where e.type = 'seal.broken' order by e.at`)
      ).rows
    expect(await told()).toEqual([{ position: '12345', mails: expect.toSatisfy((mails: number) => mails >= 4) }])
    await round()
    expect(await told()).toHaveLength(1)
    // By somebody who knows of the leaf as well: the tree above it is another.
    const { rows: changed } = await world.owner.query<SealableEntry & Record<string, unknown>>(
      new PgDialect().sqlToQuery(sql`select ${sealable} from audit_entry e where e.id::text = 'ID'`).sql.replace(`'ID'`, `'${id}'`),
    )
    await world.tamper('update audit_leaf set hash = $1 where position = 12345', [leafHash(entryText(changed[0] as SealableEntry))])
    await forgiven()
    expect((await round()).wrong).toMatchObject({ position: 12288, fault: 'tree-changed' })
    await world.tamper('update audit_leaf set hash = $1 where position = 12345', [hash])
    await world.tamper('delete from audit_entry where id = $1', [id])
    await forgiven()
    expect((await round()).wrong).toMatchObject({ position: 12345, fault: 'entry-missing' })
    await world.tamper('insert into audit_entry select (json_populate_record(null::audit_entry, $1)).*', [JSON.stringify(whole[0]?.entry)])
    await forgiven()
    expect((await round()).wrong).toBeNull()
    await world.tamper('delete from checkpoint where size = (select max(size) from checkpoint)')
    // Whoever seals next sees it at once, and not when the check comes by.
    const before = (await told()).length
    await make.account()
    await expect(sealOrTell(world.db, log, world.log, () => false)).rejects.toThrow(SealBroken)
    expect((await told()).length).toBe(before + 1)
    expect((await round()).wrong).toMatchObject({ fault: 'tree-changed' })
  })
})
