import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { appRouter } from '@countersign/server/router.ts'
import { describe, expect, test } from 'vitest'
import { guards } from '../guards/guards.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const filesOf = (folder: string, ending: RegExp): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile() && ending.test(one.name) && !one.parentPath.includes('node_modules'))
    .map((one) => relative(root, join(one.parentPath, one.name)))
const text = (file: string) => readFileSync(join(root, file), 'utf8')
const importsOf = (file: string) =>
  [...text(file).matchAll(/^(?:import|export)\s+(type\s+)?[^;]*?from '([^']+)'/gms)].map(([, type, from]) => ({
    type: type !== undefined,
    from: from ?? '',
  }))

const sources = { server: filesOf('server/src', /\.ts$/), shared: filesOf('shared/src', /\.ts$/), client: filesOf('client/src', /\.tsx?$/) }

describe('imports go one way', () => {
  test('shared depends on zod alone and imports nothing but itself and zod', () => {
    expect(Object.keys((JSON.parse(text('shared/package.json')) as { dependencies: object }).dependencies)).toEqual(['zod'])
    for (const file of sources.shared)
      for (const { from } of importsOf(file)) expect([file, from.startsWith('.') || from === 'zod']).toEqual([file, true])
  })

  test('the client knows the server by type alone, in one file', () => {
    for (const file of sources.client) {
      for (const { from, type } of importsOf(file).filter(
        ({ from: one }) => one.startsWith('@countersign/server') || one.startsWith('@countersign/drizzle'),
      )) {
        expect([file, from, type]).toEqual(['client/src/lib/trpc.ts', '@countersign/server/router.ts', true])
      }
    }
  })

  test('in the client routes use features, features use table, ui and lib, and never each other', () => {
    const layer = (file: string) => file.split('/')[2] ?? ''
    const feature = (file: string) => file.split('/')[3] ?? ''
    const allowed: Record<string, readonly string[]> = {
      routes: ['routes', 'features', 'ui', 'lib', 'table'],
      features: ['features', 'ui', 'lib', 'table'],
      table: ['table', 'ui', 'lib'],
      ui: ['ui', 'lib', 'texts'],
      lib: ['lib', 'texts', 'ui'],
      texts: ['texts'],
    }
    for (const file of sources.client.filter((one) => one.split('/').length > 3)) {
      for (const { from } of importsOf(file).filter(({ from: one }) => one.startsWith('.'))) {
        const target = relative(root, join(root, file, '..', from))
        expect([file, target, allowed[layer(file)]?.includes(layer(target))]).toEqual([file, target, true])
        if (layer(file) === 'features' && layer(target) === 'features') expect([file, feature(target)]).toEqual([file, feature(file)])
      }
    }
  })

  test('only stores and the kernel speak SQL; the demo and the database folder keep to theirs', () => {
    for (const file of sources.server) {
      const speaks = importsOf(file).some(({ from }) => from.startsWith('drizzle-orm'))
      const may = /\.store\.ts$/.test(file) || file.startsWith('server/src/kernel/') || file.startsWith('server/src/database/')
      expect([file, speaks && !may]).toEqual([file, false])
    }
  })

  test('only env.ts reads the environment', () => {
    for (const file of sources.server)
      if (file !== 'server/src/env.ts') expect([file, text(file).includes('process.env')]).toEqual([file, false])
  })

  test('only the demo pretends to be in the past', () => {
    for (const file of sources.server) {
      if (file.startsWith('server/src/demo/') || file === 'server/src/kernel/commit.ts') continue
      expect([file, text(file).includes('pretendNow')]).toEqual([file, false])
    }
  })

  test('the demo is reached from its own command alone', () => {
    for (const file of sources.server.filter((one) => !one.startsWith('server/src/demo/') && one !== 'server/src/commands/demo.ts')) {
      expect([file, importsOf(file).some(({ from }) => from.includes('/demo/'))]).toEqual([file, false])
    }
  })
})

type Procedure = { readonly _def: { readonly type: string; readonly meta?: { readonly permission?: string; readonly open?: true } } }
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Procedure>)

/** Doors for people who have proved nothing: adding one is a decision, and this list is where it is made. */
const open = [
  'identities.begin',
  'identities.enter',
  'identities.providers',
  'links.describe',
  'links.disown',
  'links.redeem',
  'mailbox.list',
  'requests.askReset',
  'sessions.cast',
  'sessions.current',
  'sessions.enterDemo',
  'sessions.passkeyChallenge',
  'sessions.signIn',
  'sessions.signInWithPasskey',
]
/** For anybody signed in, about themselves: the operation's own rules decide. */
const own = [
  'accounts.disown',
  'accounts.mine',
  'identities.link',
  'identities.mine',
  'identities.receive',
  'identities.unlink',
  'live.changes',
  'passkeys.add',
  'passkeys.mine',
  'passkeys.nonce',
  'passkeys.options',
  'passkeys.remove',
  'requests.cancel',
  'requests.edit',
  'requests.submit',
  'sessions.allowExport',
  'sessions.signOut',
  'sessions.signOutElsewhere',
]

describe('doors', () => {
  test('every procedure names a permission, or stands on one of two short lists', () => {
    const unlisted = procedures
      .filter(([path, { _def }]) => !_def.meta?.permission && !open.includes(path) && !own.includes(path))
      .map(([path]) => path)
    expect(unlisted).toEqual([])
    expect(
      procedures
        .filter(([, { _def }]) => _def.meta?.open)
        .map(([path]) => path)
        .sort(),
    ).toEqual(open)
  })

  test('every mutation in a router goes through commit or runCommitted', () => {
    for (const file of sources.server.filter((one) => one.endsWith('.router.ts'))) {
      for (const [mutation] of text(file).matchAll(/\.mutation\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\)/gs)) {
        expect([file, /commit\(|runCommitted\(|tryPolicy\(|authenticate\(|enterWithPasskey\(|enterThrough\(/.test(mutation)]).toEqual([
          file,
          true,
        ])
      }
    }
  })
})

test('merged migrations keep their text and their order', () => {
  const journal = JSON.parse(text('drizzle/migrations/meta/_journal.json')) as { entries: { tag: string; when: number }[] }
  const whens = journal.entries.map(({ when }) => when)
  expect(whens).toEqual([...whens].sort((a, b) => a - b))
  const hashes = Object.fromEntries(
    journal.entries.map(({ tag }) => [
      tag,
      createHash('sha256')
        .update(text(`drizzle/migrations/${tag}.sql`))
        .digest('hex')
        .slice(0, 16),
    ]),
  )
  expect(hashes).toMatchSnapshot()
})

test('each guard that is taken out to see who misses it still stands exactly once in its source', () => {
  const lost = guards.filter((guard) => 'file' in guard && text(guard.file).split(guard.out[0]).length !== 2)
  expect(lost.map(({ name }) => name)).toEqual([])
})
