import { describe, expect, test } from 'vitest'
import { claire, drawn, make, names, olivier, onBulkGround, spread, statuses, world } from '../../support/bulk-ground.ts'
import { outcome } from '../../support/make.ts'

onBulkGround()

describe('a dry run', () => {
  test('sorts what was pasted into four lists and does nothing', async () => {
    const sophie = await world.as('sophie.marchand')
    const mine = await make.agentOf('Mission locale de Lyon')
    const gone = await make.agentOf('Mission locale de Lyon', 1)
    await sophie.call.accounts.suspend({ accountIds: [gone] })
    const { rows } = await world.owner.query<{ login: string; email: string }>('select login, email from account where id = $1', [mine])
    const elsewhere = await world.idOf('thomas.vasseur')
    const bulk = await drawn(sophie, 'suspend', {
      from: 'names',
      text: `<${rows[0]?.email.toUpperCase()}>;\n${gone}\t${sophie.person.id} | nobody.here, ${elsewhere}`,
    })
    expect(bulk.impact.counts).toEqual({ change: 1, already: 1, refused: 0, unknown: 3 })
    // Outside scope reads as unknown.
    expect(bulk.unknown).toEqual([sophie.person.id, 'nobody.here', elsewhere])
    expect((await sophie.call.bulks.lines({ bulkId: bulk.id, list: 'change' })).rows.map(({ accountId }) => accountId)).toEqual([mine])
    expect(await statuses([mine])).toEqual({ active: 1 })
    expect(await world.entriesAbout(bulk.id)).toEqual(['bulk.previewed'])
    await sophie.call.accounts.undo({ accountId: gone })
  })

  test('counts what goes along: sessions, requests, structures without a countersigner, last holders, citizens’ files once each', async () => {
    const nadia = await world.as('nadia.roux')
    await make.pending(nadia)
    const [sophie, agent] = [await world.idOf('sophie.marchand'), await make.agentOf('Mission locale de Lyon', 3)]
    await world.enter(agent)
    const { impact } = await drawn(olivier, 'suspend', names([nadia.person.id, sophie, agent]))
    expect(impact.sessions).toBeGreaterThanOrEqual(2)
    expect(impact.requests).toBeGreaterThanOrEqual(1)
    expect(impact.roles).toContainEqual({ role: 'account-manager', count: 1 })
    expect(impact.lastHolders).toContainEqual({ role: 'account-manager', places: 1, first: ['Mission locale de Lyon'] })
    // Sophie reaches her region, and with it whatever Nadia and the agent reach there: counted once.
    const { rows } = await world.owner.query<{ files: number }>(
      `select sum(total_caseload)::int as files from organisation o where id in (select case p.data_scope when 'region' then coalesce(a.region_id, a.network_id) else coalesce(a.structure_id, a.region_id, a.network_id) end
         from account a join profile p on p.id = a.profile_id where a.id = any($1)) and not exists (select 1 from organisation w where w.path @> o.path and w.id <> o.id and w.id in
        (select case p.data_scope when 'region' then coalesce(a.region_id, a.network_id) else coalesce(a.structure_id, a.region_id, a.network_id) end from account a join profile p on p.id = a.profile_id where a.id = any($1)))`,
      [[nadia.person.id, sophie, agent]],
    )
    expect([impact.files, impact.files > 0]).toEqual([rows[0]?.files, true])
  })

  test('names the structures that would have nobody left to countersign for them', async () => {
    const { rows } = await world.owner.query<{ id: string }>(
      `select g.account_id as id from role_grant g join organisation o on o.id = g.organisation_id where g.role = 'supervisor' and g.revoked_at is null and o.region_id = (
        select region_id from organisation where name = 'Mission locale de Lyon' and level = 'structure')`,
    )
    const { impact } = await drawn(olivier, 'suspend', names(rows.map(({ id }) => id)))
    const structures = await world.owner.query(
      `select 1 from organisation where level = 'structure' and region_id = (select region_id from organisation where name = 'Mission locale de Lyon' and level = 'structure')`,
    )
    expect(impact.unguarded).toEqual([{ role: 'supervisor', places: structures.rowCount, first: expect.any(Array) }])
  })

  test('reads the right column of a spreadsheet’s file, and refuses a file that names nobody', async () => {
    const agent = await make.agentOf('Mission locale de Lyon', 4)
    const { rows } = await world.owner.query<{ login: string }>('select login from account where id = $1', [agent])
    const csv = `\ufeffNom;Identifiant;Ville\r\n"Martin; Paul";${rows[0]?.login};Lyon\r\n`
    const bulk = await drawn(olivier, 'suspend', { from: 'csv', text: csv, fileName: 'liste.csv' })
    expect([bulk.impact.counts.change, bulk.impact.counts.unknown]).toEqual([1, 0])
    const nameless = olivier.call.bulks.preview({
      verb: 'suspend',
      selection: { from: 'csv', text: 'Nom;Ville\r\nx;y\r\n', fileName: 'liste.csv' },
    })
    expect(await outcome(nameless)).toBe('file-without-names')
  })

  test('of all that match leaves out who was unticked, who came later and who changed since', async () => {
    const filter = { organisation: await make.organisation('Mission locale de Lyon'), status: 'active' as const }
    const at = new Date().toISOString()
    const { rows } = await olivier.call.accounts.list(filter)
    const [spared = '', changed = ''] = rows.filter(({ roles }) => roles.length === 0).map(({ id }) => id)
    await make.account()
    await olivier.call.accounts.suspend({ accountIds: [changed] })
    await olivier.call.accounts.undo({ accountId: changed })
    const bulk = await drawn(olivier, 'suspend', { from: 'filter', filter, at, except: [spared] })
    const total = (await olivier.call.accounts.facets(filter)).total.count
    // Without the one spared and the newcomer; the changed one is on the list of the refused.
    expect(bulk.impact.counts).toEqual({ change: total - 3, already: 0, refused: 1, unknown: 0 })
    expect(bulk.impact.reasons).toEqual([{ code: 'changed-since', count: 1 }])
  })

  test('of a filter that is not understood is refused, never read as everybody', async () => {
    const selection = { from: 'filter', filter: { status: 'actif' }, at: new Date().toISOString(), except: [] }
    await expect(olivier.call.bulks.preview({ verb: 'suspend', selection: selection as never })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
  })

  test('is confirmed by whoever made it, once, naming the list they saw', async () => {
    const { id, listHash } = await drawn(olivier, 'suspend', names(await spread(2)))
    const input = { bulkId: id, seen: listHash, justification: 'Exercice' }
    expect(await outcome(claire.call.bulks.start(input))).toBe('not-found')
    expect(await outcome(claire.call.bulks.get({ bulkId: id }))).toBe('not-found')
    expect(await outcome(olivier.call.bulks.start({ ...input, seen: '0'.repeat(64) }))).toBe('content-changed')
    await olivier.call.bulks.start(input)
    expect(await outcome(olivier.call.bulks.start(input))).toBe('already-decided')
    await olivier.call.bulks.stop({ bulkId: id })
  })
})
