import { observe } from '@countersign/shared/signals/observe.ts'
import { nobody } from '../../kernel/actor.ts'
import { runCommitted } from '../../kernel/commit.ts'
import type { Db } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { findings } from './findings.store.ts'
import { remember } from './history.ts'
import { ledger } from './ledger.store.ts'
import { raise } from './raise.ts'

const origin = { channel: 'job' as const }

/** So many transactions without anything to look at are left behind at a time. */
const stride = 1_000n

/**
 * Looks through whatever the ledger has gained, in the order it was written, until there is nothing new. How far it has come is a row of
 * its own: any process goes on where another stopped, and of two at the same stretch one is turned away.
 */
export const watchLedger = async (db: Db, stopped: () => boolean): Promise<void> => {
  while (!stopped()) {
    const from = await ledger.position(db)
    const batch = await ledger.next(db, from)
    if (batch.facts.length === 0) {
      // Moving on is a transaction too: doing it at every waking would never come to an end.
      if (BigInt(batch.to) - BigInt(from) > stride) await findings.advance(db, from, batch.to)
      return
    }
    const raised = (await remember(db, batch)).flatMap(({ fact, history }) =>
      observe({ fact, history }).map((finding) => ({ finding, at: fact.at })),
    )
    try {
      if (raised.length > 0) await runCommitted(raise, { db, actor: nobody, origin }, { raised, from, to: batch.to })
      else await findings.advance(db, from, batch.to)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      // All of it was known already, or another process was quicker: in either case this stretch is behind us.
      await findings.advance(db, from, batch.to)
    }
  }
}
