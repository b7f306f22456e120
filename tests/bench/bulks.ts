import { setTimeout as wait } from 'node:timers/promises'
import { agents, endBare } from './ending.ts'
import { measured, row, shown, type Times } from './measure.ts'
import type { Asker, Network } from './network.ts'

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`

/** From the click to the last account: the job of the server does it, the database is asked how far it is. */
const suspended = async (network: Network, by: Asker, accountIds: readonly string[]) => {
  const began = performance.now()
  const { bulkId } = await network.answered<{ bulkId: string }>(by.token, 'bulks.preview', {
    verb: 'suspend',
    selection: { from: 'names', text: accountIds.join('\n') },
  })
  const previewed = performance.now() - began
  const state = async () =>
    (
      await network.pool.query<{ status: string; seen: string; done: number }>(
        'select status, list_hash as seen, done from bulk where id = $1',
        [bulkId],
      )
    ).rows[0]
  const from = performance.now()
  await network.answered(by.token, 'bulks.start', { bulkId, seen: (await state())?.seen, justification: 'Mesure' })
  while ((await state())?.status === 'running') await wait(10)
  const done = (await state())?.done
  if (done !== accountIds.length) throw new Error(`of ${accountIds.length} accounts ${done} were suspended`)
  return { previewed, took: performance.now() - from }
}

/** What an account costs in a bulk must not grow with how many they are. */
const mostGrowth = 1.5
/** A list may take so many times longer while a bulk runs. */
const mostDisturbed = 3

export const measureBulks = async (network: Network, sizes: readonly number[]): Promise<void> => {
  const admins = await network.holders('it-admin', 'nation', 4)
  const readers = [...admins, ...(await network.holders('policy-owner', 'nation', 4))]
  const [admin] = admins
  if (!admin) throw new Error('the network has no IT admin')
  const reading = (milliseconds?: number): Promise<Times> =>
    measured(8, (client) => network.ask(readers[client % readers.length]?.token ?? '', 'accounts.list', {}), milliseconds)
  const each: number[] = []
  for (const many of sizes) {
    const { previewed, took } = await suspended(network, admin, await agents(network, many))
    const bare = endBare(network, admin.accountId, await agents(network, many))
    const began = performance.now()
    await bare()
    const sql = performance.now() - began
    each.push(took / many)
    row(
      `bulk: suspend ${many.toLocaleString('en')}; dry run ${seconds(previewed)}`,
      ...[seconds(took), '–', '–', seconds(sql), `${(took / sql).toFixed(1)} · –`],
    )
  }
  if ((each.at(-1) ?? 0) > mostGrowth * (each.at(-2) ?? 0)) process.exitCode = 1

  const quiet = await reading()
  const most = sizes.at(-1) ?? 0
  const meanwhile = suspended(network, admin, await agents(network, most))
  const busy = await reading(Math.max(3_000, (each.at(-1) ?? 0) * most * 0.8))
  const { took } = await meanwhile
  row(`list: network, while ${most.toLocaleString('en')} are suspended in ${seconds(took)}`, '–', shown(busy), '–', '–', '–')
  row('list: network, p99 then against quiet, 8 clients', '–', (busy.p99 / quiet.p99).toFixed(1), '–', '–', '–')
  if (busy.p99 > mostDisturbed * quiet.p99) process.exitCode = 1
}
