import { createReadStream, existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { planImport } from '@countersign/server/features/organisations/import.ts'
import { compare, plant } from '@countersign/server/features/organisations/plant.ts'
import { tree } from '@countersign/server/features/organisations/tree.store.ts'
import { nobody } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { outcome } from '../support/make.ts'
import { openWorld, type World } from '../support/world.ts'

const real = fileURLToPath(new URL('../../../shared/data/missions-locales.csv', import.meta.url))
const header = 'id,name,email_domain,address,postcode,commune_code,commune,departement_code,region_code'
const line = (change: Partial<Record<string, string>> = {}) => {
  const row: Record<string, string> = {
    id: 'ml-1',
    name: 'Mission locale - Évry',
    email_domain: 'ml-evry.fr',
    address: '"1 rue Neuve, 91000, Évry"',
    postcode: '91000',
    commune_code: '91228',
    commune: 'Évry',
    departement_code: '91',
    region_code: '11',
    ...change,
  }
  return header
    .split(',')
    .map((column) => row[column])
    .join(',')
}
const plan = (content: string | Buffer, chunk = 7) =>
  planImport(async function* () {
    const bytes = Buffer.from(content)
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk)
  })

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

describe('reading a directory', () => {
  test.each([
    ['UTF-8', Buffer.from(`${header}\n${line()}\n`)],
    ['UTF-8 with its mark', Buffer.from(`\uFEFF${header}\n${line()}\n`)],
    ['Windows-1252', Buffer.from(`${header}\n${line()}\n`, 'latin1')],
    [
      'Windows-1252 with semicolons',
      Buffer.from(`${header},à côté\n${line()},é\n`.replaceAll(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/g, ';'), 'latin1'),
    ],
    ['semicolons', Buffer.from(`${header}\n${line()}\n`.replaceAll(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/g, ';'))],
    ['Windows line ends', Buffer.from(`${header}\r\n${line()}\r\n`)],
  ])('in %s gives the same organisations', async (_, bytes) => {
    const { plan: rows, problems } = await plan(bytes)
    expect(problems).toEqual([])
    expect(rows.slice(-4).map(({ level, name }) => [level, name])).toEqual([
      ['region', 'Île-de-France'],
      ['departement', 'Essonne (91)'],
      ['structure', 'Mission locale Évry'],
      ['site', 'Mission locale - Évry'],
    ])
  })

  test('gives the same wherever a chunk of it ends, in the middle of a letter too', async () => {
    const whole = await plan(`\uFEFF${header}\r\n${line()}\r\n`, 10_000)
    for (const size of [1, 2, 3, 5, 11]) expect(await plan(`\uFEFF${header}\r\n${line()}\r\n`, size)).toEqual(whole)
    expect(whole.fileHash).toMatch(/^[0-9a-f]{64}$/)
  })

  test('that is wrong throughout is not read to its end, and no more of it is held than a chunk', async () => {
    let passes = 0
    let read = 0
    const { problems } = await planImport(async function* () {
      passes += 1
      yield Buffer.from(`${header}\n`)
      for (let chunk = 0; chunk < 20_000; chunk += 1) {
        if (passes === 2) read += 1
        yield Buffer.from(`${line({ departement_code: '99' })}\n`)
      }
    })
    expect(problems.at(-1)).toMatchObject({ line: 1001, reason: 'too much is wrong: reading ended here' })
    expect(read).toBeLessThan(2_000)
  })

  test.each([
    ['a département that does not exist', line({ departement_code: '99' }), 2, 'departement_code'],
    ['a postcode of letters', line({ postcode: 'ABCDE' }), 2, 'postcode'],
    ['no name', line({ name: '' }), 2, 'name'],
    ['a mail domain with a space', line({ email_domain: 'ml evry' }), 2, 'email_domain'],
    ['the same place twice', `${line()}\n${line()}`, 3, 'id'],
    ['a line cut in the middle', '"ml-1,Mission', null, 'the line'],
  ])('with %s says where', async (_, content, at, column) => {
    const { problems } = await plan(`${header}\n${content}\n`)
    expect(problems.length).toBeGreaterThan(0)
    expect(problems[0]).toMatchObject({ column, ...(at ? { line: at } : {}) })
  })

  test.each([
    ['no line at all', '', 'the file', 'holds no place'],
    ['a header alone', `${header}\n`, 'the file', 'holds no place'],
    ['two columns alone', 'id,name\n', 'email_domain', 'this column is missing'],
    ['a column twice', `${header},name\n${line()},x\n`, 'name', 'this column stands twice'],
    ['an id the tree gives itself', `${header}\n${line({ id: 'nation' })}\n`, 'id', 'is a name the import gives itself'],
    ['a name that turns round', `${header}\n${line({ name: 'a\u202Eb' })}\n`, 'name', 'holds control or invisible characters'],
    [
      'UTF-8 and, in one line, something else',
      Buffer.concat([Buffer.from(`${header}\n${line()}\n`), Buffer.from(`${line({ id: 'ml-2' })}\n`, 'latin1')]),
      'the line',
      'holds a letter that is not UTF-8 in a file that otherwise is: save it again, as UTF-8',
    ],
    [
      'a letter cut in two at its end',
      Buffer.from(`${header}\n${line()}\né`).subarray(0, -1),
      'the line',
      'holds a letter that is not UTF-8 in a file that otherwise is: save it again, as UTF-8',
    ],
  ])('with %s is refused', async (_, content, column, reason) => {
    expect((await plan(content)).problems[0]).toMatchObject({ column, reason })
  })

  test('that changes while it is read is refused', async () => {
    let passes = 0
    const { problems } = await planImport(async function* () {
      passes += 1
      yield Buffer.from(`${header}\n${line({ name: `Mission locale ${passes}` })}\n`)
    })
    expect(problems).toEqual([{ line: null, column: 'the file', reason: 'changed while it was read' }])
  })

  test('begins with its first line that is not empty', async () => {
    const { problems } = await plan(`\n\n${header}\n${line()}\n`.replaceAll(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/g, ';'))
    expect(problems).toEqual([])
  })

  test('without a column names it, and carries no status, role or approver', async () => {
    expect((await plan('id,name\nx,y\n')).problems.map(({ column }) => column)).toContain('departement_code')
    const { plan: rows } = await plan(`${header},status,role,level\n${line()},revoked,it-admin,nation\n`)
    expect(rows.at(-1)).not.toHaveProperty('status')
    expect(rows.at(-1)?.level).toBe('site')
  })

  test('places under one mail domain are one association, unless anybody can have a mailbox there', async () => {
    const { plan: rows } = await plan(
      `${header}\n${line()}\n${line({ id: 'ml-2' })}\n${line({ id: 'ml-3', email_domain: 'orange.fr' })}\n${line({ id: 'ml-4', email_domain: 'orange.fr' })}\n`,
    )
    expect(rows.filter(({ level }) => level === 'structure')).toHaveLength(3)
  })
})

describe('writing it', () => {
  test('twice changes nothing the second time, a change is a change, a move is refused', async () => {
    const context = { db: world.db, actor: nobody, origin: { channel: 'cli' as const } }
    const first = await plan(`${header}\n${line()}\n${line({ id: 'ml-2', name: 'Mission locale - Corbeil' })}\n`)
    await runCommitted(plant, context, first)
    expect(await outcome(runCommitted(plant, context, first))).toBe('already-in-state')
    const renamed = await plan(
      `${header}\n${line({ name: 'Mission locale - Évry-Courcouronnes' })}\n${line({ id: 'ml-2', name: 'Mission locale - Corbeil' })}\n`,
    )
    const difference = compare(
      renamed.plan,
      await tree.standing(
        world.db,
        renamed.plan.map(({ externalId }) => externalId),
      ),
    )
    expect([difference.created.length, difference.changed.length]).toEqual([0, 2])
    await runCommitted(plant, context, renamed)
    const moved = await plan(`${header}\n${line({ email_domain: 'elsewhere.fr' })}\n`)
    expect(await outcome(runCommitted(plant, context, moved))).toBe('organisation-unknown')
  })

  // Reads ../shared/data; the file is real and is not ours to copy, so where it is absent this says so and does not run.
  test.skipIf(!existsSync(real) && process.env['CI'] !== 'true')(
    'the real directory of missions locales imports completely: 620 places (reads ../shared/data)',
    async () => {
      const { plan: rows, problems, fileHash } = await planImport(() => createReadStream(real))
      expect(problems).toEqual([])
      expect(rows.filter(({ level }) => level === 'site')).toHaveLength(620)
      const { created } = await runCommitted(plant, { db: world.db, actor: nobody, origin: { channel: 'cli' } }, { plan: rows, fileHash })
      expect(created).toBeGreaterThan(900)
      const { rows: found } = await world.owner.query(
        `select count(*)::int as sites, count(distinct structure_id)::int > 300 as structures from organisation where level = 'site' and external_id like 'mission_locale-%'`,
      )
      expect(found).toEqual([{ sites: 620, structures: true }])
      const mended = await world.owner.query(`select 1 from organisation where name like '%Vandœuvre'`)
      expect(mended.rowCount).toBe(1)
      const corsica = await world.owner.query(`select 1 from organisation where name = 'Corse-du-Sud (2A)'`)
      expect(corsica.rowCount).toBeGreaterThan(0)
    },
  )
})
