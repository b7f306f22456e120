import { observe } from '@countersign/shared/signals/observe.ts'
import type { Logger } from 'pino'
import { nobody } from '../../kernel/actor.ts'
import { runCommitted } from '../../kernel/commit.ts'
import { codeOf, type Db } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { contain } from './contain.ts'
import { remember } from './history.ts'
import { type Batch, ledger } from './ledger.store.ts'
import { type Raised, type RaiseInput, raise } from './raise.ts'

const origin = { channel: 'job' as const }
const write = (db: Db, input: RaiseInput) => runCommitted(raise, { db, actor: nobody, origin }, input)

/** So many transactions without anything to look at are left behind at a time: moving on is a transaction too. */
const stride = 20n

const found = async (db: Db, batch: Batch): Promise<readonly Raised[]> =>
  (await remember(db, batch)).flatMap(({ fact, history }) => observe({ fact, history }).map((finding) => ({ finding, at: fact.at })))

/** What the database refuses it would refuse again; anything else may pass, and the stretch is looked through once more. */
const refusedForGood = (error: unknown): boolean => /^(?:CS|22|23)/.test(codeOf(error) ?? '')

/** One finding that cannot be written must not blind everybody to the others. */
const writeEach = async (db: Db, raised: readonly Raised[], from: string, log?: Logger): Promise<void> => {
  for (const one of raised) {
    try {
      await write(db, { raised: [one], from, to: from })
    } catch (error) {
      if (!(error instanceof Refused))
        log?.error({ rule: one.finding.rule, code: codeOf(error) ?? 'unknown' }, 'a finding could not be written')
    }
  }
}

/** Apart from writing the findings down: what the policy cannot carry out is found all the same. */
const containGrave = async (db: Db): Promise<void> => {
  try {
    await runCommitted(contain, { db, actor: nobody, origin }, null)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
  }
}

/**
 * Looks through whatever the ledger has gained, in the order it was written, until there is nothing new. How far it has come is a row of
 * its own: any process goes on where another stopped, and of two at the same stretch one is turned away.
 */
export const watchLedger = async (db: Db, stopped: () => boolean, log?: Logger): Promise<void> => {
  while (!stopped()) {
    const from = await ledger.position(db)
    const batch = await ledger.next(db, from)
    if (batch.facts.length === 0) {
      if (BigInt(batch.to) - BigInt(from) > stride) await ledger.advance(db, from, batch.to)
      return containGrave(db)
    }
    const raised = await found(db, batch)
    try {
      if (raised.length > 0) await write(db, { raised, from, to: batch.to })
      else await ledger.advance(db, from, batch.to)
    } catch (error) {
      // Refused: all of it was known already, or another process was quicker. In either case this stretch is behind us.
      if (!(error instanceof Refused)) {
        if (!refusedForGood(error)) throw error
        await writeEach(db, raised, from, log)
      }
      await ledger.advance(db, from, batch.to)
    }
  }
}
