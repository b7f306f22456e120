import { randomUUID } from 'node:crypto'
import { dropDatabase, ensureDatabase, migrate } from '@countersign/server/database/migrate.ts'
import { found } from '@countersign/server/features/founding/found.ts'
import { enterThrough } from '@countersign/server/features/identities/enter.ts'
import { link } from '@countersign/server/features/identities/link.ts'
import { plant } from '@countersign/server/features/organisations/plant.ts'
import type { Planned } from '@countersign/server/features/organisations/tree.store.ts'
import { nationKey, networkKey, trunk, unknownFields } from '@countersign/server/features/organisations/trunk.ts'
import { newNonce } from '@countersign/server/features/passkeys/nonces.ts'
import { enterDemo } from '@countersign/server/features/sessions/enter-demo.ts'
import { nobody, personOfToken } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
import { hashToken, newToken } from '@countersign/server/kernel/secrets.ts'
import { identityNamed, roleAsked } from '@countersign/shared/access/proof.ts'
import { inject } from 'vitest'
import { withPasskey } from './authenticator.ts'
import { sealAll } from './bundle.ts'
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

const turns = 36

const founder = (givenName: string, organisationId: string, endsOn: string) => ({
  givenName,
  familyName: 'Fondateur',
  login: `${givenName.toLowerCase()}.fondateur`,
  email: `${givenName.toLowerCase()}@mission.example`,
  phone: '+33612345678',
  organisationId,
  endsOn,
})

/** A network of one structure from its founding on: some three hundred entries of every kind that gives or takes, under some thirty checkpoints. */
export const openSmallLog = async () => {
  const name = `small_${randomUUID().slice(0, 8)}`
  const ownerUrl = Object.assign(new URL(inject('adminUrl')), { pathname: `/${name}` }).href
  await ensureDatabase(inject('adminUrl'), name)
  await migrate(ownerUrl, applicationUrl(ownerUrl))
  const pool = openPool(applicationUrl(ownerUrl), 4)
  const owner = openPool(ownerUrl, 1, 0)
  const db = openDb(pool)

  const context = { db, actor: nobody, origin: { channel: 'cli' as const } }
  const { ids } = await runCommitted(plant, context, { plan, fileHash: '' })
  const at = (key: string) => ids.get(key) ?? ''
  const endsOn = `${new Date().getFullYear() + 2}-12-31`
  const home = at(networkKey('france-travail'))
  const founders = await runCommitted(found, context, {
    founders: [founder('Anne', home, endsOn), founder('Bruno', home, endsOn)],
    nationId: at(nationKey),
  })
  const enter = async (accountId: string) => {
    const { token } = await runCommitted(enterDemo, { db, actor: nobody, origin: { channel: 'web' } }, { accountId })
    const person = await personOfToken(db, hashToken(token))
    if (!person) throw new Error('nobody is there')
    return { call: callerOf(requestOf(db, person)), sessionId: person.sessionId, person }
  }
  const [{ call: anne }, second] = [await enter(founders[0] ?? ''), await enter(founders[1] ?? '')]
  const bruno = second.call
  const phone = await withPasskey(second)
  const identity = { issuer: 'https://provider.example', subject: 'bruno' }
  await runCommitted(
    link(proving),
    { db, actor: second.person, origin: { channel: 'web', sessionId: second.sessionId } },
    {
      answered: { ...identity, sessionId: second.sessionId, state: newToken() },
      proof: await phone.act(second, 'link-identity', identityNamed(identity)),
    },
  )
  const through = { issuer: identity.issuer, acr: null, amr: ['mfa'] }
  await enterThrough(
    { db, actor: nobody, origin: { channel: 'web' } },
    { secondFactor: { acr: [], amr: ['mfa'] } },
    { subject: identity.subject, through },
    newToken(),
  )
  /** He reads for a while before he signs. */
  const nonceOf = (requestId: string) => newNonce(proving.key, `request:${second.sessionId}:${requestId}`, new Date(Date.now() - 20_000))
  const seenOf = async (id: string) =>
    (await pool.query<{ hash: string }>('select content_hash as hash from request where id = $1', [id])).rows[0]?.hash ?? ''
  /** Anne has nothing to sign with; Bruno signs with his phone. */
  const signed = async (by: Caller, requestId: string) => {
    const proof = by === bruno ? await phone.decide(second, requestId, 'approve', { nonce: nonceOf(requestId) }) : undefined
    return by.requests.approve({ requestId, seen: await seenOf(requestId), proof })
  }

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
  const born = async (asker: Caller, signer: Caller): Promise<string> => {
    const { id } = await asker.requests.submit(person())
    await signed(signer, id)
    const { rows } = await pool.query<{ id: string }>('select id from account where created_by_request_id = $1', [id])
    return rows[0]?.id ?? ''
  }
  const justification = 'Comme convenu'
  for (let turn = 0; turn < turns; turn += 1) {
    const [asker, signer] = turn % 2 === 0 ? [anne, bruno] : [bruno, anne]
    const accountId = await born(asker, signer)
    if (turn % 3 === 0) {
      await asker.accounts.suspend({ accountIds: [accountId] })
      await signed(signer, (await asker.requests.submit({ kind: 'reinstate', accountId, justification })).id)
    }
    if (turn % 5 === 0) {
      const { id } = await asker.requests.submit({
        kind: 'grant-role',
        accountId,
        role: 'auditor',
        organisationId: at('structure'),
        justification,
        ...(asker === bruno
          ? { proof: await phone.act(second, 'ask-role', roleAsked({ accountId, role: 'auditor', organisationId: at('structure') })) }
          : {}),
      })
      await signed(signer, id)
    }
    // More than a tenth of the structure would be a mass revocation.
    if (turn >= turns - 2) await signer.accounts.revoke({ accountIds: [accountId] })
    if (turn % 4 === 3) {
      const asked = person()
      const { id } = await asker.requests.submit(asked)
      await asker.requests.edit({ requestId: id, content: { ...asked, givenName: 'Agente' } })
      if (turn % 8 === 3) await asker.requests.cancel({ requestId: id })
      else await signed(signer, id)
    }
    await sealAll(db)
  }
  return {
    db,
    owner: openDb(owner),
    url: ownerUrl,
    close: async () => {
      await pool.end()
      await owner.end()
      await dropDatabase(inject('adminUrl'), name)
    },
  }
}

export type SmallLog = Awaited<ReturnType<typeof openSmallLog>>
