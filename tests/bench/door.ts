import { quantilesOf, row } from './measure.ts'
import type { Network } from './network.ts'

const asked = 1000
/** The medians of known and unknown names may differ by so much and no more, or time tells who exists. */
const mostTold = 0.05

/** Known and unknown names in turn, sixteen at a time; from a new address each: how often one address may ask is another question. */
const existence = async (
  { post }: Network,
  { name, path, bodyOf }: { name: string; path: string; bodyOf: (login: string) => unknown },
  logins: readonly string[],
): Promise<void> => {
  const took = { known: [] as number[], unknown: [] as number[] }
  const names = logins.flatMap((login, index) => [['known', login] as const, ['unknown', `nobody.at-all-${index}`] as const])
  const work = async () => {
    for (let next = names.pop(); next; next = names.pop()) {
      const address = `198.51.${Math.floor(Math.random() * 255)}.${Math.floor(Math.random() * 255)}`
      const start = performance.now()
      await (await post(path, bodyOf(next[1]), { 'x-forwarded-for': address })).arrayBuffer()
      took[next[0]].push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: 16 }, work))
  const [known, unknown] = [quantilesOf(took.known).p50, quantilesOf(took.unknown).p50]
  row(
    `${name}: known / unknown names, 16 clients; ratio`,
    `${known.toFixed(0)} / ${unknown.toFixed(0)}; ${(known / unknown).toFixed(3)}`,
    '–',
    '–',
    '–',
    '–',
  )
  if (Math.abs(known / unknown - 1) > mostTold) process.exitCode = 1
}

export const measureDoor = async (network: Network): Promise<void> => {
  const { rows } = await network.pool.query<{ login: string }>(
    `select login from account a where status = 'active' and not exists (select 1 from role_grant g where g.account_id = a.id) order by id desc limit ${asked}`,
  )
  const logins = rows.map(({ login }) => login)
  const password = 'n’importe quoi ici'
  await existence(network, { name: 'sign-in', path: 'sessions.signIn', bodyOf: (login) => ({ login, password, code: null }) }, logins)
  await existence(network, { name: 'reset asked', path: 'requests.askReset', bodyOf: (name) => ({ name, justification: '' }) }, logins)
}
