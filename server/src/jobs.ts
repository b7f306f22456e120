import { setTimeout as wait } from 'node:timers/promises'
import { dependentApprovers, independentSince, involved } from '@countersign/shared/requests/approval.ts'
import { leastIndependenceDays } from '@countersign/shared/requests/requirement.ts'
import type { Logger } from 'pino'
import type { CheckpointCarrier } from './carriers/checkpoints.ts'
import { counts } from './features/accounts/counts.store.ts'
import { months } from './features/audit/months.store.ts'
import { bulks } from './features/bulks/bulks.store.ts'
import { workBulks } from './features/bulks/work.ts'
import { watchCollusion } from './features/collusion/watch.ts'
import { passkeys } from './features/passkeys/passkeys.store.ts'
import { policies } from './features/policy/policy.store.ts'
import { remind, tooFewLeft, widen } from './features/requests/escalate.ts'
import { expire } from './features/requests/expire.ts'
import { recheck } from './features/requests/recheck.ts'
import { requests, type Waiting } from './features/requests/requests.store.ts'
import { type Signed, signatures } from './features/requests/signatures.store.ts'
import { bringCheckpoint } from './features/seal/bring.ts'
import { seal } from './features/seal/seal.store.ts'
import { sealOrTell, watchSeal } from './features/seal/watch.ts'
import { sessions } from './features/sessions/sessions.store.ts'
import { watchLedger } from './features/signals/watch.ts'
import { nobody } from './kernel/actor.ts'
import { runCommitted } from './kernel/commit.ts'
import { codeOf, type Db } from './kernel/db.ts'
import type { Live } from './kernel/live.ts'
import { type Carrier, type Destination, drain } from './kernel/outbox.ts'
import { Refused } from './kernel/refused.ts'
import type { Signer } from './transparency/note.ts'

/** The log's own key, connections that bear how long a backlog takes, and where its checkpoints go. */
export type Sealing = { readonly db: Db; readonly signer: Signer; readonly carriers: readonly CheckpointCarrier[] }

export type Jobs = { readonly stop: () => Promise<void> }

const sweepMilliseconds = 30_000
/** Suspicion is a matter of minutes: commits that follow each other closely are looked at together. */
const ledgerRestMilliseconds = 300
/** Sealed within a second of the commit, and commits that follow each other closely under one checkpoint. */
const sealRestMilliseconds = 200
const bringRestMilliseconds = 500
const recheckMilliseconds = 3_600_000

/** Somebody else was quicker: there is nothing left to do. */
const unlessRefused = async <T>(work: () => Promise<T>): Promise<T | null> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refused) return null
    throw error
  }
}

/** Closes what nobody answered; several processes may try at once, the row locks decide. */
export const closeOverdue = async (db: Db): Promise<number> => {
  const requestIds = await requests.overdue(db)
  if (requestIds.length === 0) return 0
  return (await unlessRefused(() => runCommitted(expire, { db, actor: nobody, origin: { channel: 'job' } }, { requestIds }))) ?? 0
}

/** One that cannot be done holds up no other. */
const each = async (ids: readonly string[], work: (id: string) => Promise<unknown>, log: Logger): Promise<number> => {
  let done = 0
  for (const id of ids) {
    try {
      if ((await unlessRefused(() => work(id))) !== null) done += 1
    } catch (error) {
      log.warn({ request: id, error: error instanceof Error ? error.name : 'unknown' }, 'a request could not be brought to mind')
    }
  }
  return done
}

/** Reminds of what waits, and takes up one level what too few are there for; several processes may try at once, the row locks decide. */
export const urgeWaiting = async (db: Db, log: Logger, stopped = () => false): Promise<number> => {
  const by = { db, actor: nobody, origin: { channel: 'job' as const } }
  let done = 0
  for (let after: Waiting | undefined; !stopped(); ) {
    const page = await requests.narrow(db, after)
    // Looked at without holding it: most wait rightly, and nobody waits for us.
    const short: string[] = []
    for (const { id } of page) if (await tooFewLeft(db, id)) short.push(id)
    done += await each(short, (requestId) => runCommitted(widen, by, { requestId }), log)
    after = page.at(-1)
    if (!after) break
  }
  return done + (await each(await requests.toRemind(db), (requestId) => runCommitted(remind, by, { requestId }), log))
}

/** Holds every signature of the last 30 days against the lineage once more (P2); answers the requests that were acted upon. */
export const recheckSignatures = async (db: Db, now: Date, stopped = () => false): Promise<readonly string[]> => {
  const least = { independenceDays: leastIndependenceDays }
  const window = await policies.independence(db)
  const since = independentSince(now, least)
  const acted: string[] = []
  for (let after: Signed | undefined; !stopped(); ) {
    const page = await signatures.page(db, { after, since })
    // What was decided a month ago was independent of the month before; what waits looks back as far as the policy in force.
    const back = Math.min(independentSince(since, least).getTime(), independentSince(now, window).getTime())
    const edges = await signatures.kinshipOfMany(db, [...new Set(page.flatMap(involved))], new Date(back), null)
    for (const request of page) {
      const at = request.decidedAt ?? now
      if (
        dependentApprovers({
          request,
          kinship: edges.filter((edge) => edge.at < at),
          since: independentSince(at, request.decidedAt ? least : window),
        }).length === 0
      )
        continue
      const origin = { channel: 'job' as const }
      const done = await unlessRefused(() => runCommitted(recheck, { db, actor: nobody, origin }, { requestId: request.id }))
      if (done !== null) acted.push(request.id)
    }
    after = page.at(-1)
    if (!after) break
  }
  return acted
}

/** Does work whenever it is woken, one turn at a time, with a rest between; a call that comes during a turn makes another. */
const inTurns = (job: string, work: () => Promise<void>, stopped: () => boolean, log: Logger, restMilliseconds = 0) => {
  let running: Promise<void> | null = null
  let again = false
  const round = async () => {
    do {
      again = false
      await work()
      if (restMilliseconds > 0 && !stopped()) await wait(restMilliseconds)
    } while (again && !stopped())
  }
  return {
    wake: () => {
      if (stopped()) return
      again = true
      running ??= round()
        .catch((error: unknown) =>
          log.warn({ job, error: error instanceof Error ? error.name : 'unknown', code: codeOf(error) }, 'a job failed and will run again'),
        )
        .finally(() => {
          running = null
        })
    },
    rest: async () => {
      await running
    },
  }
}

/**
 * What runs by itself: deliveries, woken by every commit and swept every 30 seconds, and deadlines. The truth is in the tables;
 * losing a wake-up loses nothing.
 */
export const startJobs = ({
  db,
  live,
  carriers,
  sealing,
  log,
}: {
  db: Db
  live: Live
  carriers: Record<Destination, Carrier>
  sealing: Sealing
  log: Logger
}): Jobs => {
  let stopped = false
  // A place that does not answer holds up neither the others nor the seal.
  const bringing = sealing.carriers.map((carrier) =>
    inTurns(
      'checkpoints',
      () => bringCheckpoint(db, carrier, log),
      () => stopped,
      log,
      bringRestMilliseconds,
    ),
  )
  const measuring = inTurns(
    'collusion',
    () => watchCollusion(db, log, () => stopped),
    () => stopped,
    log,
  )
  const urging = inTurns(
    'reminders',
    async () => void (await urgeWaiting(db, log, () => stopped)),
    () => stopped,
    log,
  )
  // A long bulk holds up no mail, and a slow mail server no bulk.
  const turns = [
    inTurns(
      'deliveries',
      async () => {
        // One that fails does not hold up the other.
        const results = await Promise.allSettled([closeOverdue(db), drain(db, carriers, log)])
        for (const result of results) if (result.status === 'rejected') throw result.reason
      },
      () => stopped,
      log,
    ),
    inTurns(
      'signals',
      () => watchLedger(db, () => stopped, log),
      () => stopped,
      log,
      ledgerRestMilliseconds,
    ),
    inTurns(
      'bulks',
      () => workBulks(db, () => stopped, log),
      () => stopped,
      log,
    ),
    measuring,
    inTurns(
      'seal',
      async () => {
        await sealOrTell(sealing.db, sealing.signer, log, () => stopped)
        // A transaction that is older than what was committed is waited for: nobody says when it ends.
        for (let tries = 0; tries < 50 && !stopped && (await seal.waitingSince(db)); tries += 1) {
          await wait(sealRestMilliseconds)
          await sealOrTell(sealing.db, sealing.signer, log, () => stopped)
        }
        for (const one of bringing) one.wake()
      },
      () => stopped,
      log,
      sealRestMilliseconds,
    ),
  ]
  const wake = () => turns.forEach((one) => void one.wake())
  const unlisten = live.listen(wake)
  let folding: Promise<void> = Promise.resolve()
  let checking: Promise<void> = Promise.resolve()
  const sweep = () => {
    wake()
    urging.wake()
    for (const one of bringing) one.wake()
    folding = counts
      .fold(db)
      .catch((error: unknown) => log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'the counts could not be folded'))
    checking = watchSeal(db, sealing.signer, log).catch((error: unknown) =>
      log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'the seal could not be checked'),
    )
  }
  const timer = setInterval(sweep, sweepMilliseconds)
  const recheckAll = () =>
    recheckSignatures(db, new Date(), () => stopped).then(
      (acted) => acted.length > 0 && log.error({ requests: acted }, 'signatures that are not independent were found'),
      (error: unknown) => log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'the lineage could not be checked again'),
    )
  // No account's story is in them, so nothing is told: a list that nobody confirmed is as if it had never been drawn.
  const forget = () =>
    Promise.all([bulks.forgetDryRuns(db), passkeys.forgetSpent(db), sessions.forgetOldFailures(db)]).catch((error: unknown) =>
      log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'what nobody needs any more could not be forgotten'),
    )
  // Without its month nothing can be written: made two months before, and tried again every hour.
  const openMonths = () =>
    months.open(db).then(
      () => undefined,
      (error: unknown) =>
        log.error({ error: error instanceof Error ? error.name : 'unknown' }, 'the next months of the audit could not be made'),
    )
  let rechecking: Promise<unknown> = recheckAll()
  let tidying: Promise<unknown> = Promise.all([forget(), openMonths()])
  const hourly = setInterval(() => {
    rechecking = rechecking.then(recheckAll)
    tidying = tidying.then(() => Promise.all([forget(), openMonths()]))
  }, recheckMilliseconds)
  wake()
  return {
    stop: async () => {
      stopped = true
      clearInterval(timer)
      clearInterval(hourly)
      unlisten()
      await Promise.all([...turns, ...bringing, urging].map((one) => one.rest()))
      await folding
      await checking
      await rechecking
      await tidying
    },
  }
}
