import { parseArgs } from 'node:util'
import { email, login, personName } from '@countersign/shared/text/fields.ts'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { z } from 'zod'
import type { Command } from '../cli.ts'
import { readDatabaseSettings, readSettings, SettingsWrong } from '../env.ts'
import { months } from '../features/audit/months.store.ts'
import { type Founder, found } from '../features/founding/found.ts'
import { founding } from '../features/founding/founding.store.ts'
import { links } from '../features/links/links.store.ts'
import { plant } from '../features/organisations/plant.ts'
import { nationKey, networkKey, trunk } from '../features/organisations/trunk.ts'
import { nobody } from '../kernel/actor.ts'
import { runCommitted } from '../kernel/commit.ts'
import { openDb, openPool } from '../kernel/db.ts'
import { hashToken, newToken } from '../kernel/secrets.ts'

const fields = ['givenName', 'familyName', 'login', 'email', 'phone'] as const
const person = z.object({
  givenName: personName,
  familyName: personName,
  login,
  email,
  phone: z.string().transform((text, context) => {
    const parsed = parsePhoneNumberFromString(text, 'FR')
    if (parsed?.isValid()) return parsed.number
    context.addIssue('is not a phone number')
    return z.NEVER
  }),
})

const readFounder = (text: string): z.infer<typeof person> => {
  const parts = text.split(';')
  const parsed = person.safeParse(Object.fromEntries(fields.map((field, index) => [field, parts[index] ?? ''])))
  if (!parsed.success)
    throw new SettingsWrong(parsed.error.issues.map(({ path, message }) => `--founder "${text}": ${path.join('.')} ${message}`))
  return parsed.data
}

/** `countersign init`: two founders, two single-use links printed once. There is no lone first administrator. */
export const initCommand: Command = async (args) => {
  const { DATABASE_URL } = readDatabaseSettings()
  const { PUBLIC_URL } = readSettings()
  const { values } = parseArgs({ args: [...args], options: { founder: { type: 'string', multiple: true, default: [] } } })
  const [first, second, ...more] = values.founder.map(readFounder)
  if (!first || !second || more.length > 0 || first.login === second.login)
    throw new SettingsWrong(['init takes exactly two different founders: --founder "Given;Family;login;email;phone" --founder "…"'])
  if (first.email === second.email || first.phone === second.phone)
    throw new SettingsWrong(['two founders on one mailbox or one telephone are one person: give each their own address and number'])

  const pool = openPool(DATABASE_URL, 2)
  try {
    const db = openDb(pool)
    await months.open(db)
    if (await founding.done(db)) throw new SettingsWrong(['This network is founded already: its database has accounts.'])
    const context = { db, actor: nobody, origin: { channel: 'cli' as const } }
    const { ids } = await runCommitted(plant, context, { plan: trunk, fileHash: '' })
    const organisationId = ids.get(networkKey('france-travail')) ?? ''
    const endsOn = `${new Date().getFullYear() + 3}-12-31`
    const founders: [Founder, Founder] = [
      { ...first, organisationId, endsOn },
      { ...second, organisationId, endsOn },
    ]
    const accountIds = await runCommitted(found, context, { founders, nationId: ids.get(nationKey) ?? '' })
    for (const [index, accountId] of accountIds.entries()) {
      const token = newToken()
      await links.mint(db, { accountId, kinds: ['invitation'], hash: hashToken(token) })
      process.stdout.write(
        `${founders[index]?.login ?? ''}\n  ${PUBLIC_URL}/link#${token}\n  works once, within 24 hours; hand it to this person alone\n`,
      )
    }
  } finally {
    await pool.end()
  }
}
