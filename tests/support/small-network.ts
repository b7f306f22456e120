import { randomUUID } from 'node:crypto'
import { dropDatabase, ensureDatabase, migrate } from '@countersign/server/database/migrate.ts'
import { found } from '@countersign/server/features/founding/found.ts'
import { plant } from '@countersign/server/features/organisations/plant.ts'
import type { Planned } from '@countersign/server/features/organisations/tree.store.ts'
import { nationKey, networkKey, trunk, unknownFields } from '@countersign/server/features/organisations/trunk.ts'
import { newNonce } from '@countersign/server/features/passkeys/nonces.ts'
import { enterDemo } from '@countersign/server/features/sessions/enter-demo.ts'
import { nobody, type Person, personOfToken } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
import { hashToken } from '@countersign/server/kernel/secrets.ts'
import pg from 'pg'
import { inject } from 'vitest'
import { type Authenticator, withPasskey } from './authenticator.ts'
import { type Caller, callerOf, proving, requestOf } from './caller.ts'
import { applicationUrl } from './template.ts'

const place = (level: Planned['level'], parent: string): Planned => ({
  ...unknownFields,
  externalId: level,
  level,
  parentExternalId: parent,
  name: `The ${level}`,
  emailDomain: 'mission.example',
})

const plan: readonly Planned[] = [
  ...trunk,
  place('region', networkKey('mission-locale')),
  place('departement', 'region'),
  place('structure', 'departement'),
  place('site', 'structure'),
]

const endsOn = `${new Date().getFullYear() + 2}-12-31`

const founder = (givenName: string, organisationId: string) => ({
  givenName,
  familyName: 'Fondateur',
  login: `${givenName.toLowerCase()}.fondateur`,
  email: `${givenName.toLowerCase()}@mission.example`,
  phone: '+33612345678',
  organisationId,
  endsOn,
})

const urlOf = (name: string): string => Object.assign(new URL(inject('adminUrl')), { pathname: `/${name}` }).href

const holderOf = async (db: ReturnType<typeof openDb>, token: string): Promise<{ person: Person; call: Caller; sessionId: string }> => {
  const person = await personOfToken(db, hashToken(token))
  if (!person) throw new Error('nobody is there')
  return { person, call: callerOf(requestOf(db, person)), sessionId: person.sessionId }
}

const enter = async (db: ReturnType<typeof openDb>, accountId = ''): Promise<string> =>
  (await runCommitted(enterDemo, { db, actor: nobody, origin: { channel: 'web' } }, { accountId })).token

/** A network of one structure, just founded by Anne and Bruno, who has a phone to sign with; nothing is connected to it, so that it can be cloned. */
export type Founded = {
  readonly name: string
  readonly tokens: readonly [string, string]
  readonly phone: Authenticator
  readonly at: (key: string) => string
  readonly forget: () => Promise<void>
}

export const foundSmall = async (): Promise<Founded> => {
  const name = `small_${randomUUID().slice(0, 8)}`
  await ensureDatabase(inject('adminUrl'), name)
  await migrate(urlOf(name), applicationUrl(urlOf(name)))
  const pool = openPool(applicationUrl(urlOf(name)), 4)
  const db = openDb(pool)
  const context = { db, actor: nobody, origin: { channel: 'cli' as const } }
  const { ids } = await runCommitted(plant, context, { plan, fileHash: '' })
  const at = (key: string) => ids.get(key) ?? ''
  const home = at(networkKey('france-travail'))
  const founders = await runCommitted(found, context, {
    founders: [founder('Anne', home), founder('Bruno', home)],
    nationId: at(nationKey),
  })
  const tokens = [await enter(db, founders[0]), await enter(db, founders[1])] as const
  const phone = await withPasskey(await holderOf(db, tokens[1]))
  await pool.end()
  return { name, tokens, phone, at, forget: () => dropDatabase(inject('adminUrl'), name) }
}

/** A clone of it, with what two people there do. */
export const openSmall = async ({ name: template, tokens, phone, at }: Founded) => {
  const name = `small_${randomUUID().slice(0, 8)}`
  const admin = new pg.Client({ connectionString: inject('adminUrl') })
  await admin.connect()
  await admin.query(`create database ${name} template ${template}`)
  await admin.query(`revoke temporary on database ${name} from public`)
  await admin.end()
  const url = urlOf(name)
  const pool = openPool(applicationUrl(url), 4)
  const owner = openPool(url, 1, 0)
  const db = openDb(pool)
  const [first, second] = [await holderOf(db, tokens[0]), await holderOf(db, tokens[1])]
  const [anne, bruno] = [first.call, second.call]
  /** He reads for a while before he signs. */
  const nonceOf = (requestId: string) => newNonce(proving.key, `request:${second.sessionId}:${requestId}`, new Date(Date.now() - 20_000))
  const seenOf = async (id: string) =>
    (await pool.query<{ hash: string }>('select content_hash as hash from request where id = $1', [id])).rows[0]?.hash ?? 'f'.repeat(64)
  /** Anne has nothing to sign with; Bruno signs with his phone. */
  const proofOf = async (by: Caller, requestId: string, decision: 'approve' | 'reject') =>
    by === bruno ? phone.decide(second, requestId, decision, { nonce: nonceOf(requestId) }) : undefined
  const signed = async (by: Caller, requestId: string) =>
    by.requests.approve({ requestId, seen: await seenOf(requestId), proof: await proofOf(by, requestId, 'approve') })

  let number = 0
  const person = () => {
    number += 1
    const login = `agent.${number}`
    return {
      kind: 'create-account' as const,
      givenName: 'Agent',
      familyName: `Numéro`,
      login,
      email: `${login}@mission.example`,
      phone: '+33612345678',
      organisationId: at('site'),
      profile: 'site-adviser' as const,
      endsOn,
      justification: 'Arrivée',
    }
  }
  return {
    db,
    url,
    owner: openDb(owner),
    at,
    phone,
    second,
    anne,
    bruno,
    seenOf,
    proofOf,
    signed,
    person,
    born: async (asker: Caller, signer: Caller): Promise<string> => {
      const { id } = await asker.requests.submit(person())
      await signed(signer, id)
      const { rows } = await pool.query<{ id: string }>('select id from account where created_by_request_id = $1', [id])
      return rows[0]?.id ?? ''
    },
    /** Somebody with nothing to prove themselves with comes in. */
    comesIn: async (accountId: string): Promise<Caller> => (await holderOf(db, await enter(db, accountId))).call,
    close: async () => {
      await pool.end()
      await owner.end()
      await dropDatabase(inject('adminUrl'), name)
    },
  }
}
export type Small = Awaited<ReturnType<typeof openSmall>>
