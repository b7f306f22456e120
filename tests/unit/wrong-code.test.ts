import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

/** The guarantees that are held by the compiler: wrong code is written down, and must not compile. */
const root = fileURLToPath(new URL('../..', import.meta.url))
const folders = { server: join(root, 'server/src/zz-wrong'), shared: join(root, 'shared/src/zz-wrong') }

const compile = (where: keyof typeof folders, code: string): string => {
  mkdirSync(folders[where], { recursive: true })
  writeFileSync(join(folders[where], 'wrong.ts'), code)
  const config = join(folders[where], 'tsconfig.json')
  writeFileSync(config, JSON.stringify({ extends: join(root, where, 'tsconfig.json'), include: ['wrong.ts'] }))
  try {
    execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', config], { encoding: 'utf8', stdio: 'pipe' })
    return 'compiles'
  } catch (error) {
    return String((error as { stdout: string }).stdout)
  }
}

afterAll(() => {
  for (const folder of Object.values(folders)) rmSync(folder, { recursive: true, force: true })
})

const operation = (outcome: string) => `import type { Operation } from '../kernel/commit.ts'
export const wrong: Operation<void, true> = async () => (${outcome})`

test('an operation that tells of nothing does not compile', () => {
  expect(
    compile(
      'server',
      operation(
        `{ value: true, events: [{ type: 'request.cancelled', subject: 'x', organisation: null, data: { reference: 1, kind: 'reinstate', accountId: null } }] }`,
      ),
    ),
  ).toBe('compiles')
  expect(compile('server', operation('{ value: true, events: [] }'))).toContain('TS2322')
  expect(compile('server', operation('{ value: true }'))).toContain('TS2322')
})

test('an operation that sets who or when does not compile', () => {
  expect(
    compile(
      'server',
      operation(
        `{ value: true, events: [{ type: 'request.cancelled', subject: 'x', organisation: null, actorId: 'me', data: { reference: 1, kind: 'reinstate', accountId: null } }] }`,
      ),
    ),
  ).toContain('actorId')
})

test('a lock outside a transaction does not compile', () => {
  const lock = (type: string) => `import type { Db, Tx } from '../kernel/db.ts'
import { requests } from '../features/requests/requests.store.ts'
export const take = (where: ${type}) => requests.lock(where, 'id')
export type Both = [Db, Tx]`
  expect(compile('server', lock('Tx'))).toBe('compiles')
  expect(compile('server', lock('Db'))).toContain('missing the following properties')
})

test('a policy with a clock of Node, a file or a network does not compile', () => {
  expect(compile('shared', `export const now = () => new Date(0)`)).toBe('compiles')
  expect(compile('shared', `import { readFileSync } from 'node:fs'\nexport const policy = readFileSync('policy.json')`)).toContain(
    "Cannot find name 'node:fs'",
  )
  expect(compile('shared', `export const policy = () => fetch('https://x.example')`)).toContain('TS2304')
  expect(compile('shared', `export const home = process.env`)).toContain('process')
})

test('a permission, a refusal or an event that is not listed does not compile', () => {
  expect(
    compile('shared', `import type { Permission } from '../access/permissions.ts'\nexport const p: Permission = 'account:delete'`),
  ).toContain('TS2322')
  expect(compile('shared', `import type { RefusalCode } from '../refusals.ts'\nexport const r: RefusalCode = 'because'`)).toContain(
    'TS2322',
  )
  expect(
    compile('server', operation(`{ value: true, events: [{ type: 'account.forgotten', subject: 'x', organisation: null, data: {} }] }`)),
  ).toContain('TS2322')
})
