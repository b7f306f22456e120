import { approveBare } from './approving.ts'
import { agents, endBare } from './ending.ts'
import { type Call, measuredOnceEach, note, ratio, row, shown, type Times } from './measure.ts'
import type { Asker, Network } from './network.ts'
import { clients } from './reads.ts'

/** So many each person does for a line: fewer than one person makes final alone in a day. */
const each = { 1: 80, 8: 20, 32: 6 } as const

const line = (name: string, http: readonly Times[], one: Times, eight: Times): void =>
  row(name, ...http.map(shown), `${shown(one)} · ${shown(eight)}`, `${ratio(http[0] ?? null, one)} · ${ratio(http[1] ?? null, eight)}`)

const revocations = async (network: Network, supervisors: readonly Asker[]): Promise<void> => {
  const http: Times[] = []
  for (const count of clients) {
    await network.owner.query('truncate lone_revocation')
    const works: Call[][] = []
    for (const { token, organisationId } of supervisors.slice(0, count)) {
      const accountIds = await agents(network, each[count], organisationId)
      for (const accountId of accountIds) await network.enter(accountId)
      works.push(accountIds.map((accountId) => network.ask(token, 'accounts.revoke', { accountIds: [accountId] })))
    }
    await network.quiet()
    http.push(await measuredOnceEach(works))
  }
  const bare = async (count: number) => {
    const accountIds = await agents(network, 25 * count)
    for (const accountId of accountIds) await network.enter(accountId)
    const by = supervisors[0]?.accountId ?? ''
    const lists = Array.from({ length: count }, (_, client) => accountIds.filter((_id, index) => index % count === client))
    return measuredOnceEach(lists.map((list) => list.map((accountId) => endBare(network, by, [accountId]))))
  }
  const [one, eight] = [await bare(1), await bare(8)]
  line('revoke one, with session, audit, outbox', http, one, eight)
}

let number = 0

/** Account managers of one region ask for somebody each; their supervisor countersigns. */
const approvals = async (network: Network, supervisors: readonly Asker[]): Promise<void> => {
  const managers = await network.holders('account-manager', 'structure', 600)
  const { rows } = await network.pool.query<{ structureId: string; siteId: string; regionId: string; domain: string }>(
    `select distinct on (structure_id) structure_id as "structureId", id as "siteId", region_id as "regionId", email_domain as domain
     from organisation where level = 'site' order by structure_id, id`,
  )
  const sites = new Map(rows.map((one) => [one.structureId, one]))
  const asked = async (regionId: string, many: number) => {
    const there = managers.filter(({ organisationId }) => sites.get(organisationId)?.regionId === regionId)
    const requests: { requestId: string; seen: string }[] = []
    for (let turn = 0; turn < many; turn += 1) {
      const manager = there[turn % there.length]
      const site = sites.get(manager?.organisationId ?? '')
      if (!manager || !site) break
      number += 1
      const login = `mesure.personne${number}`
      const person = { givenName: 'Mesure', familyName: 'Personne', login, email: `${login}@${site.domain}`, phone: '+33612345678' }
      const content = { ...person, organisationId: site.siteId, profile: 'site-adviser', endsOn: `${new Date().getFullYear() + 1}-06-30` }
      const body = { kind: 'create-account', ...content, justification: 'Mesure' }
      const { id: requestId } = await network.answered<{ id: string }>(manager.token, 'requests.submit', body)
      const found = await network.pool.query<{ seen: string }>('select content_hash as seen from request where id = $1', [requestId])
      requests.push({ requestId, seen: found.rows[0]?.seen ?? '' })
    }
    return requests
  }
  const http: Times[] = []
  for (const count of clients) {
    const works: Call[][] = []
    for (const { token, organisationId } of supervisors.slice(0, count))
      works.push((await asked(organisationId, Math.min(each[count], 20))).map((one) => network.ask(token, 'requests.approve', one)))
    await network.quiet()
    http.push(await measuredOnceEach(works))
  }
  const bare = async (count: number) => {
    const works: Call[][] = []
    for (const { accountId, organisationId } of supervisors.slice(0, count))
      works.push((await asked(organisationId, 20)).map(({ requestId }) => approveBare(network, accountId, requestId)))
    return measuredOnceEach(works)
  }
  const [one, eight] = [await bare(1), await bare(8)]
  line('approve a creation', http, one, eight)
}

export const measureWrites = async (network: Network): Promise<void> => {
  const supervisors = await network.holders('supervisor', 'region', 32)
  note(`${supervisors.length} supervisors of regions`)
  await revocations(network, supervisors)
  await approvals(network, supervisors)
}
