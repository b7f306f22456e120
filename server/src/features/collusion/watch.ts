import { type Field, type Member, type UsualKind, usualDemand, usualSigners } from '@countersign/shared/policy/attempts.ts'
import { amounts, measuring } from '@countersign/shared/policy/strength.ts'
import { canSignFor, type Means, sessionAlone } from '@countersign/shared/requests/requirement.ts'
import type { Logger } from 'pino'
import { nobody } from '../../kernel/actor.ts'
import { runCommitted } from '../../kernel/commit.ts'
import type { Db } from '../../kernel/db.ts'
import { unreachable } from '../../kernel/outbox.ts'
import { Refused } from '../../kernel/refused.ts'
import { absences } from '../absences/absences.store.ts'
import { past } from '../policy/past.store.ts'
import { policies } from '../policy/policy.store.ts'
import { collusion, type MeasuredNumbers } from './collusion.store.ts'
import { fieldsOf, gently } from './measure.ts'
import { tellOneEnough } from './tell.ts'

const together = 200
/** Measuring a network takes seconds of work; twice a minute at most, the sweep of the jobs comes back to it. */
const restMilliseconds = 30_000
/** What nothing happened to grows old all the same: hands are forgotten after a month. */
const oldMilliseconds = 3_600_000

/** How many of these, who are there and read their mail, could sign it and give the proof it asks for. */
const signersOf = (field: Field, kind: UsualKind, people: readonly Member[], means: ReadonlyMap<string, Means>): number => {
  const demand = usualDemand(field, kind)
  return usualSigners(field, kind, people).filter(({ id }) => canSignFor(means.get(id) ?? sessionAlone, demand)).length
}

/** Measures every organisation, and tells where one account is enough. Gives way to everything else. */
export const measureNetwork = async (db: Db, now: Date, log: Logger, stopped = () => false): Promise<number> => {
  const measure = measuring()
  const [away, silent, means] = [await absences.away(db), await unreachable(db), await past.means(db)]
  let measured = 0
  let rows: MeasuredNumbers[] = []
  for await (const { ground, field } of fieldsOf(db, await policies.read(db), now)) {
    if (stopped()) return measured
    const present = field.members.filter(({ id }) => !away.has(id) && !silent.has(id))
    rows.push({
      organisationId: ground.id,
      ...amounts(await gently(measure(field))),
      accountSigners: signersOf(field, 'create-account', present, means),
      credentialSigners: signersOf(field, 'reset-credentials', present, means),
    })
    measured += 1
    if (rows.length === together) {
      await collusion.write(db, rows, now)
      rows = []
    }
  }
  await collusion.write(db, rows, now)
  try {
    const alone = await runCommitted(tellOneEnough, { db, actor: nobody, origin: { channel: 'job' } }, null)
    log.error({ organisations: alone }, 'one account is enough')
  } catch (error) {
    if (!(error instanceof Refused)) throw error
  }
  return measured
}

/** The same, when something has happened that a number hangs on, or an hour after the last time. */
export const watchCollusion = async (db: Db, log: Logger, stopped: () => boolean): Promise<void> => {
  const now = new Date()
  const last = await collusion.measuredAt(db)
  const age = last ? now.getTime() - last.getTime() : oldMilliseconds
  if (last && (age < restMilliseconds || (age < oldMilliseconds && !(await collusion.outdated(db, last))))) return
  await measureNetwork(db, now, log, stopped)
}
