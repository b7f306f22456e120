import { byPolicy, selfSuspensionsAnHour, suspendsByItself } from '@countersign/shared/signals/containing.ts'
import type { Nobody } from '../../kernel/actor.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { closeAccounts } from '../accounts/close.ts'
import { guardians } from '../accounts/guardians.store.ts'
import { policies } from '../policy/policy.store.ts'
import { findings } from './findings.store.ts'

/**
 * Suspends those whom a critical finding of the last day is about, where the policy lets it: as one click would. Looks at what stands, so
 * that a process that died over it leaves it to the next; who was given back since is left alone.
 */
export const contain: Operation<null, number, Nobody> = async ({ tx, now }) => {
  const { criticalSuspends } = await policies.read(tx)
  const grave = criticalSuspends ? await findings.grave(tx) : []
  if (grave.length === 0) throw new Refused('nothing-to-do')
  const ids = [...new Set(grave.map(({ accountId }) => accountId))]
  const rows = await accounts.lockAll(tx, ids)
  const guarding = await guardians.among(tx, ids)
  const closing = rows.filter((row) =>
    grave.some(
      (one) => one.accountId === row.id && suspendsByItself({ ...one, criticalSuspends, status: row.status, guards: guarding.has(row.id) }),
    ),
  )
  const left = Math.max(0, selfSuspensionsAnHour - (await findings.suspendedByPolicy(tx)))
  const { events } = await closeAccounts(tx, { rows: closing.slice(0, left), verb: 'suspend', by: null, cause: byPolicy, now })
  if (events.length === 0) throw new Refused('nothing-to-do')
  return { value: events.length, events: told(events) }
}
