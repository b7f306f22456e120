import type { EndingVerb } from '@countersign/shared/accounts/ending.ts'
import type { BulkVerb } from '@countersign/shared/bulks/bulk.ts'
import { isMass } from '@countersign/shared/bulks/threshold.ts'
import type { Tx } from '../../kernel/db.ts'
import { policies } from '../policy/policy.store.ts'
import type { LockedAccount } from './accounts.store.ts'
import { nothingAlone, revocations } from './revocations.store.ts'

type Act = {
  readonly verb: BulkVerb | EndingVerb
  readonly total: number
  /** Holders of any role among them. */
  readonly holders: number
  readonly structures: readonly { readonly id: string; readonly touched: number; readonly accounts: number }[]
  readonly now: Date
}

/**
 * Is this more than one person may make final alone? Of revocations those of the last 24 hours count as well, by structure too: a mass
 * action cut into clicks, or into bulks, is one all the same.
 */
export const isMassAct = async (tx: Tx, actorId: string, { verb, total, holders, structures, now }: Act): Promise<boolean> => {
  const before = verb === 'revoke' ? await revocations.aloneBy(tx, actorId, now) : nothingAlone
  const taken = {
    accounts: total + before.total,
    holders: holders + before.holders,
    structures: structures.map(({ id, touched, accounts }) => {
      const earlier = before.byStructure.get(id) ?? 0
      return { touched: touched + earlier, accounts: accounts + earlier }
    }),
  }
  return isMass(taken, await policies.read(tx))
}

/** The same of accounts that are locked and about to be revoked. */
export const isMassRevocation = async (tx: Tx, actorId: string, rows: readonly LockedAccount[], now: Date): Promise<boolean> => {
  const touched = new Map<string, number>()
  for (const { place } of rows) if (place.structureId) touched.set(place.structureId, (touched.get(place.structureId) ?? 0) + 1)
  const sizes = await revocations.sizes(tx, [...touched.keys()])
  const structures = [...touched].map(([id, count]) => ({ id, touched: count, accounts: sizes.get(id) ?? 0 }))
  const holders = await revocations.holdersAmong(
    tx,
    rows.map(({ id }) => id),
  )
  return isMassAct(tx, actorId, { verb: 'revoke', total: rows.length, holders, structures, now })
}
