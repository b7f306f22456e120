import { decideFromConsole } from '@countersign/shared/accounts/ending.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import type { Nobody } from '../../kernel/actor.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { tree } from '../organisations/tree.store.ts'
import { accounts } from './accounts.store.ts'
import { closeAccounts } from './close.ts'
import { guardianCase, guardians } from './guardians.store.ts'

export type ConsoleSuspension = { readonly accountIds: readonly string[]; readonly because: string }
export type ConsoleAnswer = readonly { readonly id: string; readonly refusal: RefusalCode | null }[]

/**
 * Break-glass: puts accounts out when nobody may sign in to do it. It can do nothing else, never leaves the network without those who could
 * let others in again, and everybody who watches over the network is told. Suspended and not revoked: what is final has a name under it.
 */
export const suspendFromConsole: Operation<ConsoleSuspension, ConsoleAnswer, Nobody> = async ({ tx, now }, { accountIds, because }) => {
  const rows = await accounts.lockAll(tx, accountIds)
  const guarding = await guardians.among(tx, accountIds)
  const left = guarding.size > 0 ? await guardians.holdWithout(tx, accountIds) : null
  const decided = rows.map((row) => ({
    row,
    verdict: decideFromConsole({ status: row.status, ...guardianCase(guarding.get(row.id), left) }),
  }))
  const closing = decided.flatMap(({ row, verdict }) => (verdict.ok ? [row] : []))
  const nationId = await tree.nationId(tx)
  const [objection] = decided.flatMap(({ verdict }) => (verdict.ok ? [] : [verdict.refusal]))
  if (closing.length === 0 || !nationId) throw new Refused(objection ?? 'not-found')

  const { events } = await closeAccounts(tx, { rows: closing, verb: 'suspend', by: null, cause: 'console', now })
  const data = { accounts: closing.length, because, told: await guardians.atWork(tx) }
  return {
    value: decided.map(({ row, verdict }) => ({ id: row.id, refusal: verdict.ok ? null : verdict.refusal })),
    events: told([{ type: 'console.suspended', subject: nationId, organisation: nationId, data }, ...events]),
  }
}
