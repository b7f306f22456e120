import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDatabaseSettings, readSettings } from '@countersign/server/env.ts'
import { networkOf } from '@countersign/server/kernel/limits.ts'
import { describe, expect, onTestFinished, test } from 'vitest'

const complete = {
  DATABASE_URL: 'postgres://countersign:secret@host/countersign',
  PUBLIC_URL: 'https://countersign.example.org/',
  SMTP_URL: 'smtps://mail.example.org',
  MAIL_FROM: 'countersign@example.org',
  SECRET_KEY: Buffer.alloc(32).toString('base64'),
}
const wrong = (change: Record<string, string>): string => {
  try {
    readSettings({ ...complete, ...change })
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : 'not an error'
  }
}

const provider = (change: object): string =>
  JSON.stringify([
    { id: 'pro', name: 'Pro', issuer: 'https://provider.example', clientId: 'countersign', clientSecret: 'secret', ...change },
  ])

describe('the settings of production', () => {
  test('that are complete are read, a slash at the end of the address aside', () => {
    expect(readSettings(complete)).toMatchObject({ PUBLIC_URL: 'https://countersign.example.org', PORT: 3000, TRUSTED_PROXIES: [] })
  })

  test.each(Object.keys(complete))('without %s say so in one line that names it', (name) => {
    expect(wrong({ [name]: '' })).toMatch(new RegExp(`^${name} [^\\n]+$`))
  })

  test.each([
    ['DATABASE_URL', 'mysql://host/db'],
    ['PUBLIC_URL', 'countersign.example.org'],
    ['SECRET_KEY', 'too short'],
    ['PORT', '70000'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '10.0.0.0/0'],
    ['TRUSTED_PROXIES', 'proxy.example.org'],
    ['TRUSTED_PROXIES', '10.0.0.1/8/8'],
    ['WITNESS_URL_FILE', '/nowhere/at/all'],
    ['IDENTITY_PROVIDERS', 'proconnect'],
    ['IDENTITY_PROVIDERS', provider({ issuer: 'http://provider.example' })],
    ['IDENTITY_PROVIDERS', provider({ id: 'Pro Connect' })],
    ['IDENTITY_PROVIDERS', provider({ clientSecret: '' })],
    ['IDENTITY_PROVIDERS', `[${[1, 2].map(() => provider({}).slice(1, -1)).join()}]`],
  ])('with %s=%s say so in one line that names it', (name, value) => {
    expect(wrong({ [name]: value })).toMatch(new RegExp(`^${name} [^\\n]+$`))
  })

  test('name the identity providers, of which two factors are what they call mfa', () => {
    expect(readSettings({ ...complete, IDENTITY_PROVIDERS: provider({}) }).IDENTITY_PROVIDERS).toMatchObject([
      { id: 'pro', secondFactor: { acr: [], amr: ['mfa'] } },
    ])
  })

  test.each([
    ['CHECKPOINT_FILE', '/mnt/elsewhere/checkpoints.ndjson'],
    ['CHECKPOINT_URL', 'https://checkpoints.example.org/countersign'],
    ['WITNESS_URL', 'https://witness.example.org'],
    ['DATABASE_READ_URL', 'postgres://countersign:secret@replica/countersign'],
  ] as const)('hold %s as it was set', (name, value) => {
    expect(readSettings({ ...complete, [name]: value })[name]).toBe(value)
  })

  test('may each stand in a file that NAME_FILE names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-settings-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'setting')
    writeFileSync(file, '/mnt/elsewhere/checkpoints.ndjson\n')
    expect(readSettings({ ...complete, CHECKPOINT_FILE_FILE: file }).CHECKPOINT_FILE).toBe('/mnt/elsewhere/checkpoints.ndjson')
  })

  test.each(['LOG_KEY', 'WITNESS_KEY'])('with another line than a public key as %s say so in one line that names it', (name) => {
    expect(wrong({ [name]: 'countersign.example.org+00000000+AAAA' })).toMatch(new RegExp(`^${name} is not the line [^\\n]+$`))
  })

  test('set twice, by name and by file, say so; a file nothing asks for is not read', () => {
    expect(wrong({ SECRET_KEY_FILE: '/nowhere/at/all' })).toContain('SECRET_KEY and SECRET_KEY_FILE are both set')
    expect(readDatabaseSettings({ DATABASE_URL: complete.DATABASE_URL, SECRET_KEY_FILE: '/nowhere/at/all' })).toMatchObject({
      DATABASE_URL: complete.DATABASE_URL,
    })
  })

  test('name the proxies that are ours', () => {
    expect(readSettings({ ...complete, TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8,fd00::/8' }).TRUSTED_PROXIES).toEqual([
      '127.0.0.1',
      '10.0.0.0/8',
      'fd00::/8',
    ])
  })
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2:ffff::', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['', ''],
])('%s is counted as %s: whoever has an IPv6 address has its whole /64', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
