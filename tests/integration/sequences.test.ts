import { personas } from '@countersign/drizzle/seed/cast.ts'
import { askPublicly } from '@countersign/server/features/requests/ask-publicly.ts'
import { nobody } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import { type Role, roles } from '@countersign/shared/access/roles.ts'
import { profileIds } from '@countersign/shared/accounts/profiles.ts'
import { callBackOutcomes } from '@countersign/shared/requests/status.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { underLong } from '../support/long.ts'
import { makerOf, outcome } from '../support/make.ts'
import { openWorld, type Signed, type World } from '../support/world.ts'

const sequences = underLong ? 3000 : 300
const commands = 60

let world: World
let make: ReturnType<typeof makerOf>
let places: readonly string[]
let agents: readonly string[]
const cast = personas.map(({ login }) => login)

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  const structures = ['Mission locale de Lyon', 'Mission locale de Lille']
  places = [
    ...(await Promise.all(structures.map((name) => make.siteOf(name)))),
    ...(await Promise.all(structures.map((name) => make.organisation(name)))),
    await make.organisation('Réseau pour l’emploi', 'nation'),
  ]
  agents = [await make.agentOf('Mission locale de Lyon'), await make.agentOf('Mission locale de Lille')]
})
afterAll(() => world.close())

/** What one run knows: who may act, whom it may be about, what has been asked. */
type Stage = {
  readonly signedIn: Map<string, Signed>
  readonly people: string[]
  readonly requests: { id: string; seen: string }[]
  readonly ended: string[]
}
type Verb = (stage: Stage, actor: Signed, at: (list: readonly string[]) => string, pick: number) => Promise<unknown>

const asked = (stage: Stage, pick: number) =>
  stage.requests[pick % Math.max(1, stage.requests.length)] ?? { id: places[0] ?? '', seen: 'f'.repeat(64) }
const file = async (stage: Stage, actor: Signed, content: Parameters<Signed['call']['requests']['submit']>[0]) => {
  const { id } = await actor.call.requests.submit(content)
  stage.requests.push({ id, seen: await make.hashOf(id) })
}

const end = async (stage: Stage, id: string, verb: Signed['call']['accounts']['suspend']) => {
  await verb({ accountIds: [id] })
  stage.ended.push(id)
}

/** What the API can change about requests, accounts and roles. Whoever acts and whatever it is about is drawn at random, so most of it must be refused. */
const verbs: Record<string, Verb> = {
  create: async (stage, actor, at, pick) => {
    const profile = profileIds[pick % profileIds.length] ?? 'site-adviser'
    const content = await make.creation({ organisationId: at(places), profile })
    await file(stage, actor, content)
  },
  reset: (stage, actor, at) => file(stage, actor, { kind: 'reset-credentials', accountId: at(stage.people), justification: 'Essai' }),
  contact: async (stage, actor, at, pick) => {
    const accountId = at(stage.people)
    const { rows } = await world.owner.query<{ email: string; phone: string }>('select email, phone from account where id = $1', [
      accountId,
    ])
    const before = rows[0] ?? { email: '', phone: '' }
    await file(stage, actor, {
      kind: 'change-contact',
      accountId,
      before,
      ...before,
      email: `moved-${pick}@example.org`,
      justification: 'Essai',
    })
  },
  reinstate: (stage, actor, at) => file(stage, actor, { kind: 'reinstate', accountId: at(stage.people), justification: 'Essai' }),
  grant: (stage, actor, at, pick) =>
    file(stage, actor, {
      kind: 'grant-role',
      accountId: at(stage.people),
      role: roles[pick % roles.length] ?? 'auditor',
      organisationId: at(places),
      justification: 'Essai',
    }),
  approve: async (stage, actor, _at, pick) => {
    const request = asked(stage, pick)
    const status = await actor.call.requests.approve({ requestId: request.id, seen: request.seen })
    const { rows } = await world.owner.query<{ id: string }>('select id from account where created_by_request_id = $1', [request.id])
    if (status === 'executed' && rows[0]) stage.people.push(rows[0].id)
  },
  reject: (stage, actor, _at, pick) => {
    const { id, seen } = asked(stage, pick)
    return actor.call.requests.reject({ requestId: id, seen, reason: 'Non' })
  },
  cancel: (stage, actor, _at, pick) => actor.call.requests.cancel({ requestId: asked(stage, pick).id }),
  callBack: (stage, actor, _at, pick) =>
    actor.call.requests.callBack({
      requestId: asked(stage, pick).id,
      outcome: callBackOutcomes[pick % callBackOutcomes.length] ?? 'confirmed',
      note: '',
    }),
  suspend: (stage, actor, at) => end(stage, at(stage.people), actor.call.accounts.suspend),
  revoke: (stage, actor, at) => end(stage, at(stage.people), actor.call.accounts.revoke),
  undo: (stage, actor, at, pick) =>
    actor.call.accounts.undo({ accountId: (pick % 2 ? stage.ended.at(-1) : undefined) ?? at(stage.people) }),
  disown: (_stage, actor) => actor.call.accounts.disown(),
  // Half of the time a role they hold: role and place drawn apart meet too seldom to prove anything.
  revokeRole: async (stage, actor, at, pick) => {
    const accountId = at(stage.people)
    const { rows } = await world.owner.query<{ role: Role; organisationId: string }>(
      'select role, organisation_id as "organisationId" from role_grant where account_id = $1 and revoked_at is null limit 1',
      [accountId],
    )
    const drawn = { role: roles[pick % roles.length] ?? 'auditor', organisationId: at(places) }
    return actor.call.accounts.revokeRole({ accountId, ...((pick % 2 ? rows[0] : undefined) ?? drawn) })
  },
  // Behind the public page, without the time it takes to say nothing.
  askPublicly: (stage, _actor, at) =>
    runCommitted(
      askPublicly,
      { db: world.db, actor: nobody, origin: { channel: 'web' } },
      { accountId: at(stage.people), justification: 'Essai' },
    ),
}
const names = Object.keys(verbs)

/** Puts the cast back as it was: each run begins with the same people in office, and none of the last run's kinship. */
const restore = async () => {
  await world.tamper(`update account set status = 'active', previous_status = null, status_changed_by = null where login = any($1)`, [cast])
  await world.tamper(
    'update role_grant g set revoked_at = null from account a where a.id = g.account_id and a.login = any($1) and g.revoked_at > $2',
    [cast, began],
  )
  await world.owner.query('select recount_accounts()')
  await world.tamper('delete from lineage where at > $1', [began])
  await world.tamper(`update request set status = 'expired', decided_at = now() where status = 'pending'`)
}
const began = new Date()

const step = fc.record({
  verb: fc.constantFrom(...names),
  actor: fc.constantFrom(...cast),
  first: fc.nat(1000),
  second: fc.nat(1000),
})

test(`${sequences} random lives of ${commands} commands each: every answer is a yes or a refusal with a code, and every promise holds`, {
  timeout: 3_600_000,
}, async () => {
  const allowed = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: commands, maxLength: commands }), async (steps) => {
      await restore()
      const ids = await Promise.all(cast.map((login) => world.idOf(login)))
      const stage: Stage = { signedIn: new Map(), people: [...ids, ...agents], requests: [], ended: [] }
      for (const { verb, actor, first, second } of steps) {
        const signed = stage.signedIn.get(actor) ?? (await world.as(actor).catch(() => null))
        if (!signed) continue
        stage.signedIn.set(actor, signed)
        const at = (list: readonly string[]) => list[first % list.length] ?? ''
        const answer = await outcome(verbs[verb]?.(stage, signed, at, second) ?? Promise.resolve())
        if (answer === 'not-signed-in') stage.signedIn.delete(actor)
        if (answer === 'allowed') allowed.set(verb, (allowed.get(verb) ?? 0) + 1)
      }
      expect(await world.broken()).toEqual([])
    }),
    { numRuns: sequences, endOnFailure: true },
  )
  // A search that is refused everything would prove nothing.
  for (const name of names) expect([name, (allowed.get(name) ?? 0) > 0]).toEqual([name, true])
})
