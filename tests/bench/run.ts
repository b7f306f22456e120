import { buildClient } from '@countersign/server/commands/demo.ts'
import { measureBrowser } from './browser.ts'
import { measureBulks } from './bulks.ts'
import { measureDoor } from './door.ts'
import { measureIndependence } from './independence.ts'
import { row } from './measure.ts'
import { openNetwork } from './network.ts'
import { clients, measureReads } from './reads.ts'
import { measureWrites } from './writes.ts'

/**
 * `npm run bench [accounts]`: what a page, a click and a bulk cost on a million accounts, each line beside the bare SQL of the same run.
 * The network is seeded once and kept in `.data/bench`; database, server, clients and browser share the cores of this machine.
 */
const accounts = Number(process.argv[2] ?? 1_000_000)

await buildClient()
const network = await openNetwork(accounts)
try {
  const { rows } = await network.pool.query<{ many: string }>('select count(*) as many from account')
  row(
    `${Number(rows[0]?.many).toLocaleString('en')} accounts; ms p50 / p95 / p99`,
    ...clients.map((count) => `${count} client${count > 1 ? 's' : ''}`),
    'bare SQL, 1 · 8 clients',
    'ratio of p50, 1 · 8',
  )
  row(...Array.from({ length: clients.length + 3 }, () => '---'))
  await measureReads(network)
  await measureBrowser(network)
  await measureWrites(network)
  await measureBulks(
    network,
    [1_000, 10_000, 100_000].filter((many) => many < accounts / 5),
  )
  await measureDoor(network)
  await measureIndependence(network)
  row('memory of the server, most', `${(await network.memory()).toFixed(0)} MB`, '–', '–', '–', '–')
} finally {
  await network.close()
}
