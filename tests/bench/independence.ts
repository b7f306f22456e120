import { explain } from '@countersign/server/features/collusion/explain.ts'
import { measureNetwork } from '@countersign/server/features/collusion/watch.ts'
import { personOfToken } from '@countersign/server/kernel/actor.ts'
import { openDb } from '@countersign/server/kernel/db.ts'
import { hashToken } from '@countersign/server/kernel/secrets.ts'
import { pino } from 'pino'
import { note, quantilesOf, row, shown } from './measure.ts'
import type { Network } from './network.ts'

/** Edges for each account, over three years: asked for and countersigned when it was made, and one thing more since. */
const edgesEach = 3
const years = 3
const times = 2_000

/** As many edges as a network of this size has after three years, from holders of roles to everybody. */
const grow = async ({ owner, accounts }: Network): Promise<number> => {
  note('lineage of three years')
  await owner.query(
    `with hands as (select array_agg(distinct account_id) as ids from role_grant where revoked_at is null)
     insert into lineage (id, kind, from_account_id, to_account_id, request_id, at)
     select gen_random_uuid(), (array['asked', 'countersigned', 'reset'])[1 + n], hands.ids[1 + floor(random() * cardinality(hands.ids))::int % cardinality(hands.ids)], a.id, gen_random_uuid(),
       now() - random() * make_interval(days => $2)
     from account a, generate_series(0, $1 - 1) n, hands`,
    [edgesEach, years * 365],
  )
  await owner.query('vacuum analyze lineage')
  const { rows } = await owner.query<{ many: string }>('select count(*) as many from lineage')
  note(`${Number(rows[0]?.many).toLocaleString('en')} edges, ${accounts.toLocaleString('en')} accounts`)
  return Number(rows[0]?.many)
}

/** What independence asks of the database for each countersignature, and what the collusion number costs. */
export const measureIndependence = async (network: Network): Promise<void> => {
  const { pool, owner } = network
  const edges = await grow(network)
  const { rows: people } = await owner.query<{ id: string }>(
    `select id from (select distinct account_id as id from role_grant where revoked_at is null) holders order by random() limit $1`,
    [3 * times],
  )
  const took: number[] = []
  let most = 0
  for (let index = 0; index < times; index += 1) {
    const three = Array.from({ length: 3 }, (_, offset) => people[(3 * index + offset) % people.length]?.id)
    const began = performance.now()
    const { rowCount } = await pool.query(`select * from kinship_around($1::uuid[], now() - interval '30 days', 10001)`, [three])
    took.push(performance.now() - began)
    most = Math.max(most, rowCount ?? 0)
  }
  row(
    `independence of three, ${edges.toLocaleString('en')} edges, ${most} rows at most`,
    shown(quantilesOf(took.slice(times / 10))),
    '–',
    '–',
    '–',
    '–',
  )

  const db = openDb(pool)
  const [supervisor] = await network.holders('it-admin', 'nation', 1)
  const reader = supervisor && (await personOfToken(db, hashToken(supervisor.token)))
  if (!reader) throw new Error('nobody to read')
  const { rows: structures } = await owner.query<{ id: string }>(
    `select id from organisation where level = 'structure' order by random() limit 60`,
  )
  const each: number[] = []
  for (const { id } of structures) {
    const began = performance.now()
    await explain(db, reader, id, new Date())
    each.push(performance.now() - began)
  }
  row('collusion number of one structure, with its ways', shown(quantilesOf(each.slice(5))), '–', '–', '–', '–')
  const began = performance.now()
  const measured = await measureNetwork(db, new Date(), pino({ level: 'silent' }))
  const whole = performance.now() - began
  row(`collusion numbers of all ${measured} organisations`, `${(whole / 1000).toFixed(1)} s`, '–', '–', '–', '–')
}
