import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { z } from 'zod'
import { type ProviderSetting, providerSetting } from './features/identities/providers.ts'
import { keyLine, readKeyLine, type Signer, signingKey, type Verifier, verifierOf } from './transparency/note.ts'

const url = (protocols: RegExp, hint: string) =>
  z.string({ error: `is missing: ${hint}` }).refine((text) => URL.canParse(text) && protocols.test(text), `is not ${hint}`)

const isNetwork = (text: string): boolean => {
  const [address = '', bits, ...more] = text.split('/')
  const widest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return more.length === 0 && widest > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= widest))
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const identityProviders = z
  .array(providerSetting)
  .max(10)
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'two have the same id')
  .refine((all) => new Set(all.map(({ issuer }) => issuer)).size === all.length, 'two have the same issuer')

const keyLineSetting = (kind: Verifier['kind'], hint: string) =>
  z.string().transform((line, ctx) => {
    const key = readKeyLine(line)
    if (key?.kind === kind) return key
    ctx.addIssue({ code: 'custom', message: hint })
    return z.NEVER
  })

const settings = z.object({
  /** The application's own login, which owns nothing. */
  DATABASE_URL: url(/^postgres(ql)?:/, 'a PostgreSQL address such as postgres://countersign:secret@host:5432/countersign'),
  /** The owner of the tables; used to migrate and to set how long the audit is kept, never to serve. */
  DATABASE_OWNER_URL: url(/^postgres(ql)?:/, 'a PostgreSQL address').optional(),
  /** May drop the months of the audit whose time is over, and nothing else. */
  DATABASE_MAINTENANCE_URL: url(/^postgres(ql)?:/, 'a PostgreSQL address').optional(),
  /** A streaming replica of it, with the same login: lists are read there. */
  DATABASE_READ_URL: url(/^postgres(ql)?:/, 'a PostgreSQL address').optional(),
  /** What links in mails start with; never taken from a request. */
  PUBLIC_URL: url(/^https?:/, 'the address people type, such as https://countersign.example.org').transform((text) =>
    text.replace(/\/+$/, ''),
  ),
  SMTP_URL: url(/^smtps?:/, 'a mail server such as smtps://user:secret@mail.example.org'),
  MAIL_FROM: z.string({ error: 'is missing: the sender of the mails' }).min(3, 'is empty'),
  /** 32 bytes in base64; seals TOTP seeds. */
  SECRET_KEY: z
    .string({ error: 'is missing: 32 random bytes in base64' })
    .transform((text) => Buffer.from(text, 'base64'))
    .refine((bytes) => bytes.length === 32, 'is not 32 bytes in base64'),
  /** 32 bytes in base64: signs how far the sealed audit goes. Wherever entries are sealed, and never in the database. */
  SEALING_KEY: z
    .string()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine((bytes) => bytes.length === 32, 'is not 32 bytes in base64')
    .optional(),
  /** The public half of it in one line, where nothing is sealed and people are told how to check: a worker prints it when it starts. */
  LOG_KEY: keyLineSetting('log', 'is not the line that a worker prints when it starts').optional(),
  /** A file on another disk or machine that every checkpoint is written to. */
  CHECKPOINT_FILE: z.string().optional(),
  /** An address every checkpoint is sent to, with POST. */
  CHECKPOINT_URL: url(/^https?:/, 'an address such as https://checkpoints.example.org/countersign').optional(),
  /** A witness (c2sp.org/tlog-witness), and its public key in one line. */
  WITNESS_URL: url(/^https?:/, 'the address of a witness').optional(),
  WITNESS_KEY: keyLineSetting('witness', 'is not the line that "countersign witness" prints when it starts').optional(),
  /** Identity providers people may sign in through, as a list in JSON. */
  IDENTITY_PROVIDERS: z
    .string()
    .default('[]')
    .transform((text, ctx): readonly ProviderSetting[] => {
      const read = identityProviders.safeParse(jsonOf(text))
      if (read.success) return read.data
      const [{ path, message } = { path: [], message: '' }] = read.error.issues
      ctx.addIssue({ code: 'custom', message: `is not a list of identity providers: ${[...path, message].join(' ')}` })
      return z.NEVER
    }),
  PORT: z.coerce.number('is not a port').int('is not a port').min(1, 'is not a port').max(65535, 'is not a port').default(3000),
  HOST: z.string().default('127.0.0.1'),
  METRICS_PORT: z.coerce.number('is not a port').int('is not a port').min(1, 'is not a port').max(65535, 'is not a port').default(9464),
  /** Addresses or networks of our own proxies, with commas between; without it the address of a request is that of its connection. */
  TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean),
    )
    .refine((list) => list.every(isNetwork), 'is not a list of addresses or networks such as 10.0.0.0/8'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug'], 'is not one of fatal, error, warn, info, debug').default('info'),
})

export type Settings = Omit<z.infer<typeof settings>, 'SECRET_KEY' | 'SEALING_KEY' | 'LOG_KEY'> & {
  readonly SECRET_KEY: Buffer
  readonly SEALING_KEY?: Buffer | undefined
  readonly LOG_KEY?: Verifier | undefined
  readonly demo: boolean
}

/** A secret may stand in a file named by NAME_FILE, as container platforms hand them out. Only what is asked for is read. */
const withFiles = (names: readonly string[], source: NodeJS.ProcessEnv): Record<string, string> => {
  const found: Record<string, string> = {}
  for (const name of names) {
    const [value, path] = [source[name], source[`${name}_FILE`]]
    if (value && path) throw new SettingsWrong([`${name} and ${name}_FILE are both set: which of them is meant?`])
    if (value) found[name] = value
    if (!path) continue
    try {
      found[name] = readFileSync(path, 'utf8').trim()
    } catch {
      throw new SettingsWrong([`${name}_FILE names a file that cannot be read: ${path}`])
    }
  }
  return found
}

export class SettingsWrong extends Error {
  constructor(lines: readonly string[]) {
    super(lines.join('\n'))
  }
}

const parsed = <Shape extends z.ZodObject>(shape: Shape, source: NodeJS.ProcessEnv): z.infer<Shape> => {
  const result = shape.safeParse(withFiles(Object.keys(shape.shape), source))
  if (!result.success) throw new SettingsWrong(result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`))
  return result.data
}

/** Reads the settings of `npm start`; throws one line for each setting that is wrong or missing, naming it. */
export const readSettings = (source: NodeJS.ProcessEnv = process.env): Settings => ({ ...parsed(settings, source), demo: false })

/** Only the addresses of the database, for commands that need nothing else. */
export const readDatabaseSettings = (source: NodeJS.ProcessEnv = process.env) =>
  parsed(settings.pick({ DATABASE_URL: true, DATABASE_OWNER_URL: true, DATABASE_MAINTENANCE_URL: true }), source)

/** Only the two addresses that the retention of the audit is kept with, which the server need not know. */
export const readRetentionSettings = (source: NodeJS.ProcessEnv = process.env) =>
  parsed(settings.pick({ DATABASE_OWNER_URL: true, DATABASE_MAINTENANCE_URL: true }), source)

/** Only where people may sign in besides here: the demo shows a provider of one's own as well. */
export const readIdentityProviders = (source: NodeJS.ProcessEnv = process.env): readonly ProviderSetting[] =>
  parsed(settings.pick({ IDENTITY_PROVIDERS: true }), source).IDENTITY_PROVIDERS

/** Whose log this is: the name under which it is signed and witnessed, made of the address people type. */
export const logOf = ({ PUBLIC_URL, SEALING_KEY }: Pick<Settings, 'PUBLIC_URL'> & { readonly SEALING_KEY: Buffer }): Signer => ({
  name: `${new URL(PUBLIC_URL).hostname}/audit`,
  key: signingKey(SEALING_KEY),
})

/** The public key of the log: of the key that seals it, or as it was given where nothing is sealed. */
export const logKeyOf = ({ PUBLIC_URL, SEALING_KEY, LOG_KEY }: Pick<Settings, 'PUBLIC_URL' | 'SEALING_KEY' | 'LOG_KEY'>): Verifier => {
  const sealed = SEALING_KEY ? verifierOf(logOf({ PUBLIC_URL, SEALING_KEY }), 'log') : null
  const found = sealed ?? LOG_KEY
  if (!found) throw new SettingsWrong(['LOG_KEY is missing: the public key of the log, which a worker prints when it starts'])
  if (LOG_KEY && keyLine(LOG_KEY) !== keyLine(found))
    throw new SettingsWrong(['LOG_KEY is not the public key of SEALING_KEY at PUBLIC_URL'])
  return found
}

/** What exporting the sealed audit needs. */
export const readSealingSettings = (source: NodeJS.ProcessEnv = process.env) => {
  const wanted = settings.pick({ DATABASE_URL: true, PUBLIC_URL: true, SEALING_KEY: true, LOG_KEY: true, WITNESS_KEY: true })
  const found = parsed(wanted, source)
  return { DATABASE_URL: found.DATABASE_URL, log: logKeyOf(found), witness: found.WITNESS_KEY ?? null }
}

/** The environment a child process of ours inherits. */
export const childEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, LC_ALL: 'C', LC_MESSAGES: 'C' })
