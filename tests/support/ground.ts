import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Embedded, freePort, startEmbedded } from '@countersign/server/database/embedded.ts'
import { dropDatabase, ensureDatabase, migrate } from '@countersign/server/database/migrate.ts'
import type { Birth } from '@countersign/server/demo/history.store.ts'
import { tellExecutions, tellSubmissions } from '@countersign/server/demo/history.ts'
import { found } from '@countersign/server/features/founding/found.ts'
import { organisations } from '@countersign/server/features/organisations/organisations.store.ts'
import { plant } from '@countersign/server/features/organisations/plant.ts'
import type { Planned } from '@countersign/server/features/organisations/tree.store.ts'
import { nationKey, networkKey, trunk, unknownFields } from '@countersign/server/features/organisations/trunk.ts'
import { enterDemo } from '@countersign/server/features/sessions/enter-demo.ts'
import { nobody, personOfToken } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import { openDb, openPool } from '@countersign/server/kernel/db.ts'
import { hashToken } from '@countersign/server/kernel/secrets.ts'
import { firstRequirement } from '@countersign/shared/policy/first.ts'
import type { ContentOf } from '@countersign/shared/requests/content.ts'
import type pg from 'pg'
import { v7 as uuid } from 'uuid'
import { type Caller, callerOf, requestOf } from './caller.ts'
import { applicationUrl } from './template.ts'

/** How often one person may do something is not what is tested on this ground. */

export const failureFolder = join(fileURLToPath(new URL('../..', import.meta.url)), '.data/failure')

const below = (level: Planned['level'], externalId: string, parentExternalId: string): Planned => ({
  ...unknownFields,
  level,
  externalId,
  parentExternalId,
  name: externalId,
})
const tree: readonly Planned[] = [
  ...trunk,
  below('region', 'region', networkKey('mission-locale')),
  below('departement', 'departement', 'region'),
  below('structure', 'structure', 'departement'),
  below('site', 'site', 'structure'),
]

const founder = (login: string, organisationId: string) => ({
  givenName: login,
  familyName: 'Fondatrice',
  login,
  email: `${login}@example.org`,
  phone: '+33140000000',
  organisationId,
  endsOn: '2099-12-31',
})

/** A database server of one's own to kill, with a freshly founded network of two people on it. */
export const openGround = async (name: string) => {
  const port = await freePort()
  let server: Embedded = await startEmbedded(join(failureFolder, name), ['-c', 'fsync=off'], port)
  await dropDatabase(server.url('postgres'), 'ground')
  await ensureDatabase(server.url('postgres'), 'ground')
  const ownerUrl = server.url('ground')
  const url = applicationUrl(ownerUrl)
  await migrate(ownerUrl, url)
  const pool = openPool(url, 20)
  const owner: pg.Pool = openPool(ownerUrl, 8)
  const db = openDb(pool)
  const context = { db, actor: nobody, origin: { channel: 'cli' as const } }
  const { ids } = await runCommitted(plant, context, { plan: tree, fileHash: '' })
  const home = ids.get(networkKey('france-travail')) ?? ''
  const [first = '', second = ''] = await runCommitted(found, context, {
    founders: [founder('anne', home), founder('bruno', home)],
    nationId: ids.get(nationKey) ?? '',
  })

  /** Signs in as the demo does; the token outlives every restart. */
  const enter = async (accountId: string): Promise<{ token: string; call: Caller }> => {
    const { token } = await runCommitted(enterDemo, { db, actor: nobody, origin: { channel: 'web' } }, { accountId })
    return { token, call: callerOf(requestOf(db, await personOfToken(db, hashToken(token)))) }
  }
  let number = 0
  const creation = (): ContentOf<'create-account'> => {
    number += 1
    return {
      kind: 'create-account',
      organisationId: ids.get('site') ?? '',
      givenName: 'Nouvelle',
      familyName: 'Personne',
      login: `person.${number}`,
      email: `person.${number}@example.org`,
      phone: '+33612345678',
      profile: 'site-adviser',
      endsOn: '2098-12-31',
      justification: 'Renfort',
    }
  }
  /** Many accounts, asked by one founder and countersigned by the other, in commits of a thousand. */
  const crowd = async (count: number): Promise<readonly string[]> => {
    const [asker, signer] = await Promise.all([first, second].map(async (id) => personOfToken(db, hashToken((await enter(id)).token))))
    const home = await organisations.find(db, ids.get('site') ?? '')
    if (!asker || !signer || !home) throw new Error('the ground is not founded')
    const births = Array.from(
      { length: count },
      (): Birth => ({
        id: uuid(),
        accountId: uuid(),
        content: creation(),
        subjectId: null,
        organisationId: home.id,
        place: home.place,
        requirement: firstRequirement('create-account', 2),
        expiresAt: new Date(Date.now() + 86_400_000),
      }),
    )
    for (let from = 0; from < count; from += 1000) {
      const some = births.slice(from, from + 1000)
      await runCommitted(tellSubmissions, { db, actor: asker, origin: { channel: 'web' } }, some)
      await runCommitted(
        tellExecutions,
        { db, actor: signer, origin: { channel: 'web' } },
        { births: some, requesterId: asker.id, earlierApprovers: [] },
      )
    }
    return births.map(({ accountId }) => accountId)
  }
  return {
    url,
    superuserUrl: server.url('postgres'),
    db,
    crowd,
    owner,
    nation: ids.get(nationKey) ?? '',
    network: ids.get(networkKey('mission-locale')) ?? '',
    founders: [first, second] as const,
    enter,
    creation,
    /** As a power cut would: no farewell to anybody. Then the same server on the same port, as a supervisor would start it again. */
    killDatabase: () => process.kill(server.pid, 'SIGKILL'),
    restartDatabase: async () => {
      server = await startEmbedded(join(failureFolder, name), ['-c', 'fsync=off'], port)
    },
    close: async () => {
      await pool.end()
      await owner.end()
      await server.stop()
    },
  }
}

export type Ground = Awaited<ReturnType<typeof openGround>>

/** A process of its own that works until it is killed: what it would not catch ends it, and nothing else of ours. */
export const startWorker = (script: 'busy-worker' | 'bulk-worker' | 'single-worker', input: unknown): ChildProcess =>
  fork(fileURLToPath(new URL(`${script}.ts`, import.meta.url)), [JSON.stringify(input)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
