import type { DomainEvent } from '@countersign/shared/events.ts'
import { byPolicy, type ContainingCase, selfSuspensionsAnHour, suspendsByItself } from '@countersign/shared/signals/containing.ts'
import type { Tx } from '../../kernel/db.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { closeAccounts } from '../accounts/close.ts'
import { guardianCase, guardians } from '../accounts/guardians.store.ts'
import { policies } from '../policy/policy.store.ts'
import { findings } from './findings.store.ts'

export type Suspect = Pick<ContainingCase, 'rule' | 'severity' | 'stands'> & { readonly accountId: string }

/** Suspends those whom a critical finding is about, where the policy lets it: as one click would, one after the other. */
export const containCritical = async (tx: Tx, suspects: readonly Suspect[], now: Date): Promise<readonly DomainEvent[]> => {
  const grave = suspects.filter(({ severity }) => severity === 'critical')
  if (grave.length === 0) return []
  const { criticalSuspends } = await policies.read(tx)
  if (!criticalSuspends) return []
  const events: DomainEvent[] = []
  let left = selfSuspensionsAnHour - (await findings.suspendedByPolicy(tx))
  for (const row of await accounts.lockAll(
    tx,
    grave.map(({ accountId }) => accountId),
  )) {
    const guards = (await guardians.among(tx, [row.id])).get(row.id)
    const guarding = guardianCase(guards, guards ? await guardians.holdWithout(tx, [row.id]) : null)
    const wanted = grave.some(
      (suspect) => suspect.accountId === row.id && suspendsByItself({ ...suspect, criticalSuspends, status: row.status, guarding }),
    )
    if (!wanted || left <= 0) continue
    left -= 1
    events.push(...(await closeAccounts(tx, { rows: [row], verb: 'suspend', by: null, cause: byPolicy, now })).events)
  }
  return events
}
