import { randomBytes, randomUUID } from 'node:crypto'
import { Refused } from '@countersign/server/kernel/refused.ts'
import type { ContentOf } from '@countersign/shared/requests/content.ts'
import { TRPCError } from '@trpc/server'
import type { Signed, World } from './world.ts'

let number = 0

/** A login nobody has. */
export const freshLogin = (): string => {
  number += 1
  return `new.person${number}-${randomBytes(3).toString('hex')}`
}

/** "allowed", or the code of the refusal; anything else is a bug and is thrown on. */
export const outcome = async (attempt: Promise<unknown>): Promise<string> => {
  try {
    await attempt
    return 'allowed'
  } catch (error) {
    const cause = error instanceof TRPCError ? error.cause : error
    if (cause instanceof Refused) return cause.code
    throw error
  }
}

/** What the database itself answers: the promise that was broken ("P1"), a privilege ("42501"), or "allowed". */
export const verdictOfDatabase = async (attempt: Promise<unknown>): Promise<string> => {
  try {
    await attempt
    return 'allowed'
  } catch (error) {
    const cause = error instanceof Error && error.cause ? error.cause : error
    const message = cause instanceof Error ? cause.message : ''
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : ''
    return /^(P\d+):/.exec(message)?.[1] ?? code
  }
}

/** Makes what a test needs and nothing it should look at. */
export const makerOf = (world: World) => {
  const siteOf = async (structure: string): Promise<string> => {
    const { rows } = await world.owner.query<{ id: string }>(
      `select s.id from organisation s join organisation o on o.id = s.structure_id where s.level = 'site' and o.name = $1 order by s.name, s.id limit 1`,
      [structure],
    )
    return rows[0]?.id ?? ''
  }
  const creation = async (change: Partial<ContentOf<'create-account'>> = {}): Promise<ContentOf<'create-account'>> => {
    const login = freshLogin()
    return {
      kind: 'create-account',
      organisationId: await siteOf('Mission locale de Lyon'),
      givenName: 'Nouvelle',
      familyName: 'Personne',
      login,
      email: `${login}@ml-lyon.example`,
      phone: '06 12 34 56 78',
      profile: 'site-adviser',
      endsOn: `${new Date().getFullYear() + 1}-06-30`,
      justification: 'Renfort',
      ...change,
    }
  }
  /** An ordinary active account, nobody's relative: of this structure, or, where it has too few, of another one of its region. */
  const agentOf = async (structure: string, offset = 0): Promise<string> => {
    const { rows } = await world.owner.query<{ id: string }>(
      `select a.id from account a join organisation o on o.name = $1 and o.level = 'structure' and a.region_id = o.region_id
       where a.status = 'active' and a.login <> 'paul.martin'
         and not exists (select 1 from role_grant g where g.account_id = a.id) and not exists (select 1 from request r where r.subject_id = a.id and r.status = 'pending')
         and a.created_at < now() - interval '31 days' order by a.structure_id = o.id desc, a.id offset $2 limit 1`,
      [structure, offset],
    )
    if (!rows[0]) throw new Error(`the demo network has no agent ${offset} around ${structure}`)
    return rows[0].id
  }
  const pending = async (by: Signed, change: Partial<ContentOf<'create-account'>> = {}) => {
    const content = await creation(change)
    const { id } = await by.call.requests.submit(content)
    const { rows } = await world.owner.query<{ content_hash: string }>('select content_hash from request where id = $1', [id])
    return { id, content, seen: rows[0]?.content_hash ?? '' }
  }
  const hashOf = async (id: string): Promise<string> => {
    const { rows } = await world.owner.query<{ content_hash: string }>('select content_hash from request where id = $1', [id])
    return rows[0]?.content_hash ?? ''
  }
  /** A whole creation: asked by Nadia, countersigned by Sophie. */
  const account = async (change: Partial<ContentOf<'create-account'>> = {}) => {
    const [nadia, sophie] = [await world.as('nadia.roux'), await world.as('sophie.marchand')]
    const request = await pending(nadia, change)
    await sophie.call.requests.approve({ requestId: request.id, seen: request.seen })
    return { id: await world.idOf(request.content.login), requestId: request.id, login: request.content.login }
  }
  const askedRole = async (by: Signed, accountId: string, role: ContentOf<'grant-role'>['role'], organisationId: string) =>
    (await by.call.requests.submit({ kind: 'grant-role', accountId, role, organisationId, justification: 'Essai' })).id
  /** A role the long way round: asked by one policy owner, countersigned by the two others. */
  const role = async (accountId: string, role: ContentOf<'grant-role'>['role'], organisationId: string) => {
    const [claire, marc, helene] = [await world.as('claire.fontaine'), await world.as('marc.delorme'), await world.as('helene.garnier')]
    const id = await askedRole(claire, accountId, role, organisationId)
    const seen = await hashOf(id)
    await marc.call.requests.approve({ requestId: id, seen })
    await helene.call.requests.approve({ requestId: id, seen })
    return id
  }
  const organisation = async (name: string, level = 'structure'): Promise<string> => {
    const { rows } = await world.owner.query<{ id: string }>('select id from organisation where name = $1 and level = $2', [name, level])
    return rows[0]?.id ?? ''
  }
  /** A finding about this account, as the ledger's own job would have raised it. */
  const finding = async (accountId: string): Promise<string> => {
    const id = randomUUID()
    await world.tamper(
      `insert into finding (id, rule, severity, about_id, account_id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, numbers, facts, times, first_at, last_at, status)
       select $1, 'role-in-and-out', 'serious', id, id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, '{}', '{}', 1, now(), now(), 'open' from account where id = $2`,
      [id, accountId],
    )
    return id
  }
  return { creation, pending, finding, account, askedRole, role, agentOf, siteOf, hashOf, organisation }
}
