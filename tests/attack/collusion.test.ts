import { mailCarriers } from '@countersign/server/carriers/mail.ts'
import { fieldsOf } from '@countersign/server/features/collusion/measure.ts'
import { tellOneEnough } from '@countersign/server/features/collusion/tell.ts'
import { measureNetwork } from '@countersign/server/features/collusion/watch.ts'
import { nobody } from '@countersign/server/kernel/actor.ts'
import { runCommitted } from '@countersign/server/kernel/commit.ts'
import { drain } from '@countersign/server/kernel/outbox.ts'
import { type Field, goals } from '@countersign/shared/policy/attempts.ts'
import { atOnce, fewest } from '@countersign/shared/policy/collusion.ts'
import { firstPolicy } from '@countersign/shared/policy/first.ts'
import { type Hole, holes } from '@countersign/shared/policy/holes.ts'
import { amounts, measuring } from '@countersign/shared/policy/strength.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makerOf } from '../support/make.ts'
import { openWorld, type World } from '../support/world.ts'

/** The gate: on the demo's network, under the policy it begins with, one account is nowhere enough, and without any one guard it is somewhere. */
let world: World
let make: ReturnType<typeof makerOf>
const now = () => new Date()

const open = async (): Promise<readonly Field[]> => {
  const all: Field[] = []
  for await (const { field } of fieldsOf(world.db, firstPolicy, now())) all.push(field)
  return all
}

/** Who asked for accounts whose invitation is open, in the place of each. */
const inviters = async (): Promise<ReadonlyMap<string, readonly string[]>> => {
  const { rows } = await world.owner.query<{ structure: string; requester: string }>(
    `select a.structure_id as structure, r.requester_id as requester from link l join account a on a.id = l.account_id join request r on r.id = l.request_id
     where l.kind = 'invitation' and l.used_at is null and l.voided_at is null and l.expires_at > now()`,
  )
  return new Map(rows.map(({ structure, requester }) => [structure, [requester]]))
}

const alone = (field: Field, hole: Hole | null): boolean =>
  goals.some((goal) => {
    const found = fewest(field, goal, hole)
    return found !== null && found.held.length < 2
  })

let fields: readonly Field[]
let sent: { accountId: string; body: string }[] = []

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  // Life goes on: Nadia's structure has somebody new, who was given a role; another has an invitation that nobody has used.
  const child = await make.account()
  await make.role(child.id, 'supervisor', await make.organisation('Mission locale de Lyon'))
  const invited = await inviters()
  fields = (await open()).map((field) => ({ ...field, inviters: invited.get(field.ground.id) ?? [] }))
})
afterAll(() => world.close())

/** One organisation of each sort is enough to find a hole in, and all of them to find none. */
const few = (all: readonly Field[]): readonly Field[] => {
  const lyon = all.filter(({ inviters: asked }) => asked.length > 0)
  return [...lyon, ...all.filter(({ ground }, index) => index < 40 && !lyon.some((one) => one.ground.id === ground.id))]
}

describe('the collusion number', () => {
  test('is two at least in every organisation, for every goal', () => {
    expect(fields.length).toBeGreaterThan(900)
    const measure = measuring()
    const weak = fields.filter((field) =>
      Object.values(amounts(atOnce(measure(field)))).some((accounts) => accounts !== null && accounts < 2),
    )
    expect(weak.map(({ ground }) => ground)).toEqual([])
    expect(few(fields).filter((field) => alone(field, null))).toEqual([])
  })

  test.each(holes)('is one somewhere without the guard that closes %s', (hole) => {
    expect(few(fields).some((field) => alone(field, hole))).toBe(true)
  })

  test('is measured for the whole network and written down', async () => {
    const measured = await measureNetwork(world.db, now(), world.log)
    expect(measured).toBe(fields.length)
    const { rows } = await world.owner.query<{ account: number; credential: number; role: number; policy: number; organisations: number }>(
      'select account, credential, role, policy, count(*)::int as organisations from collusion_number group by 1, 2, 3, 4',
    )
    expect(rows.reduce((sum, { organisations }) => sum + organisations, 0)).toBe(measured)
    for (const row of rows) for (const goal of goals) expect(row[goal] ?? 4).toBeGreaterThanOrEqual(2)
  })

  test('is told with the names of those the reader may see, and of nobody else', async () => {
    const [sophie, thomas] = [await world.as('sophie.marchand'), await world.as('thomas.vasseur')]
    const lyon = await make.organisation('Mission locale de Lyon')
    const { ways, signers } = await sophie.call.collusion.explain({ organisationId: lyon })
    expect(ways.policy?.held).toEqual(Array(3).fill({ id: '', name: null, roles: ['policy-owner'], level: 'nation' }))
    expect(signers.filter(({ account }) => account).map(({ name }) => name)).toContain('Sophie Marchand')
    await expect(thomas.call.collusion.explain({ organisationId: lyon })).rejects.toMatchObject({ cause: { code: 'not-found' } })
    const seen = await thomas.call.collusion.list({ words: 'lyon' })
    expect(seen.rows).toEqual([])
    expect((await sophie.call.collusion.list({ words: 'lyon' })).rows.map(({ name }) => name)).toContain('Mission locale de Lyon')
  })

  test('of one is told once, to policy owners and IT admins', async () => {
    const lyon = await make.organisation('Mission locale de Lyon')
    await world.tamper('update collusion_number set account = 1, credential = 1 where organisation_id = $1', [lyon])
    const tell = () => runCommitted(tellOneEnough, { db: world.db, actor: nobody, origin: { channel: 'job' } }, null)
    expect(await tell()).toBe(1)
    await expect(tell()).rejects.toMatchObject({ code: 'nothing-to-do' })
    expect(await world.entriesAbout(lyon)).toEqual(expect.arrayContaining(['collusion.one-enough']))
    sent = []
    await drain(world.db, mailCarriers({ post: async (mail) => void sent.push(mail), publicUrl: 'https://countersign.example' }), world.log)
    const heard = sent.filter(({ body }) => body.includes('https://countersign.example/organisations')).map(({ accountId }) => accountId)
    const owners = ['claire.fontaine', 'marc.delorme', 'helene.garnier', 'olivier.perrin'] as const
    expect(heard.sort()).toEqual((await Promise.all(owners.map(world.idOf))).sort())
    // Measured again, it is two: what was told is forgotten, so that a next time is told too.
    await measureNetwork(world.db, now(), world.log)
    const { rows } = await world.owner.query('select account, told_at from collusion_number where organisation_id = $1', [lyon])
    expect(rows).toEqual([{ account: 2, told_at: null }])
  })
})
