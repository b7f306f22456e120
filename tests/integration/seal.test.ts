import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { NotBrought, toAddress, toFile, toWitness } from '@countersign/server/carriers/checkpoints.ts'
import { bringCheckpoint } from '@countersign/server/features/seal/bring.ts'
import { checkSeal } from '@countersign/server/features/seal/check.ts'
import { checkpoints } from '@countersign/server/features/seal/checkpoints.store.ts'
import { places } from '@countersign/server/features/seal/places.store.ts'
import { sealLedger } from '@countersign/server/features/seal/seal.ts'
import { verifierOf } from '@countersign/server/transparency/note.ts'
import { openMemory, openWitness, witnessServer } from '@countersign/server/witness/witness.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleOf, log, scratch, verified, witness, witnessKey } from '../support/bundle.ts'
import { makerOf, verdictOfDatabase } from '../support/make.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
let make: ReturnType<typeof makerOf>
beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  await sealLedger(world.db, log)
}, 60_000)
afterAll(() => world.close())

const sealed = async () => {
  const { rows } = await world.owner.query<{ entries: string; leaves: string; highest: string }>(
    `select (select count(*) from audit_entry) as entries, count(*) as leaves, max(position) + 1 as highest from audit_leaf`,
  )
  return rows[0] ?? { entries: '', leaves: '', highest: '' }
}
const more = async () => {
  await make.account()
  await sealLedger(world.db, log)
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
    await sealLedger(world.db, log)
    const { entries, leaves, highest } = await sealed()
    expect([leaves, highest]).toEqual([entries, entries])
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
    expect(await sealLedger(world.db, log)).toBeGreaterThan(0)
  })

  test('a part of the time is exported with the hashes of the rest, and judged as far as it goes', async () => {
    const { rows } = await world.owner.query<{ at: Date }>('select at from audit_leaf where position = 20000')
    const since = rows[0]?.at ?? new Date()
    const until = new Date(since.getTime() + 86_400_000 * 20)
    const answer = verified(await bundleOf(world.url, { since, until }))
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
      'a place is given to what is older than the last',
      `insert into audit_leaf select position + 1, gen_random_uuid(), at, '1', hash from audit_leaf order by position desc limit 1`,
    ],
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
    const head = lines.at(-1) ?? ''
    const cut = join(scratch(), 'bundle.ndjson')
    writeFileSync(
      cut,
      readFileSync(bundle, 'utf8')
        .split('\n')
        .filter((line) => !line.includes(`"checkpoint":"${log.name}\\n${(JSON.parse(head) as { size: number }).size}\\n`))
        .join('\n'),
    )
    expect(verified(cut, '--checkpoints', file).holds).toBe(false)
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
    expect(verified(await bundleOf(world.url), '--witness', witnessKey).said).toContain('Witness witness.test/1 saw the log grow')
    // Somebody else was there first: it says how far it is, and is shown the rest from there.
    await world.tamper(`update checkpoint_place set size = 5 where name = 'witness'`)
    await more()
    await bringCheckpoint(world.db, carrier, world.log)
    expect(await state('witness')).toMatchObject({ failingSince: null })

    await expect(
      carrier.bring({ checkpoint: { size: 1, note: await note(), madeAt: new Date() }, known: 0, proof: async () => [] }),
    ).rejects.toThrow(NotBrought)
    const largest = `level = (select max(level) from audit_subtree) and index = 0`
    const { rows } = await world.owner.query<{ hash: Buffer }>(`select hash from audit_subtree where ${largest}`)
    await world.tamper(`update audit_subtree set hash = sha256(hash) where ${largest}`)
    await more()
    await bringCheckpoint(world.db, carrier, world.log)
    expect(await state('witness')).toMatchObject({ failure: 'the witness has seen another log' })
    await world.tamper(`update audit_subtree set hash = $1 where ${largest}`, [rows[0]?.hash])
    await more()
    await bringCheckpoint(world.db, carrier, world.log)
    expect(await state('witness')).toMatchObject({ failure: null })
    stop()
  })
})

describe('the server holds the audit against its seal by itself', () => {
  const round = async () => {
    for (let turn = 0; turn < 12; turn += 1) await checkSeal(world.db, log, world.log)
    const isabelle = await world.as('isabelle.carpentier')
    return (await isabelle.call.seal.state()).check
  }

  test('an audit that was let alone is said to hold, and one entry that was altered or taken away is named', async () => {
    expect(await round()).toMatchObject({ wrong: null, held: expect.any(Number) })
    const { rows } = await world.owner.query<{ entry_id: string }>('select entry_id from audit_leaf where position = 12345')
    const id = rows[0]?.entry_id
    const { rows: before } = await world.owner.query('select to_json(e) as entry from audit_entry e where id = $1', [id])
    await world.tamper(`update audit_entry set actor_id = null where id = $1`, [id])
    expect((await round()).wrong).toMatchObject({ position: 12345, fault: 'entry-changed' })
    await world.tamper('update seal_check set wrong_at = null, wrong = null, wrong_since = null, position = 0')
    await world.tamper('delete from audit_entry where id = $1', [id])
    expect((await round()).wrong).toMatchObject({ position: 12345, fault: 'entry-missing' })
    await world.tamper('update seal_check set wrong_at = null, wrong = null, wrong_since = null, position = 0')
    await world.tamper('insert into audit_entry select (json_populate_record(null::audit_entry, $1)).*', [
      JSON.stringify(before[0]?.['entry']),
    ])
    await world.tamper(`update audit_subtree set hash = sha256(hash) where level = 12 and index = 0`)
    await world.tamper(`update audit_subtree set hash = sha256(hash) where level >= 13`)
    expect((await round()).wrong).toMatchObject({ fault: 'tree-changed' })
  })
})
