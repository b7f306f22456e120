import { covers, holds } from '@countersign/shared/access/scope.ts'
import { type Person, personOfSession } from '../../kernel/actor.ts'
import type { Change } from '../../kernel/live.ts'
import { Refused } from '../../kernel/refused.ts'
import { router, signedIn } from '../../trpc.ts'

const recheckMilliseconds = 15_000
/** More than this at once is told as "much has changed": the client reads again either way. */
const mostTold = 100

/** That anything is suspected at all is for those who may know. */
const mayHear = (person: Person, { type }: Change): boolean => !type.startsWith('signal.') || holds(person, 'signal:read')

const concerns = (person: Person, change: Change): boolean =>
  mayHear(person, change) && (change.subject === person.id || change.actorId === person.id || covers(person.grants, change.place))

export const liveRouter = router({
  /**
   * What changed within one's scope, as it is committed by any process. Tells only that something changed; the client reads it
   * through the same doors as ever. The session is asked for before every word and every 15 seconds: a revoked one hears nothing more (P5).
   */
  changes: signedIn.subscription(async function* ({ ctx, signal }) {
    // Read again with every word: a role that was taken away narrows the stream at once.
    let person = ctx.actor
    const end = ctx.limits.begin('stream', person.id)
    if (!end) throw new Refused('too-many')
    let waiting: Change[] = []
    let wake = () => {}
    const stop = ctx.live.listen((changes) => {
      const mine = changes.filter((change) => concerns(person, change))
      if (mine.length === 0) return
      waiting.push(...mine)
      wake()
    })
    const aborted = () => wake()
    signal?.addEventListener('abort', aborted)
    try {
      while (!signal?.aborted) {
        if (waiting.length === 0) {
          await new Promise<void>((done) => {
            const timer = setTimeout(done, recheckMilliseconds)
            wake = () => {
              clearTimeout(timer)
              done()
            }
          })
        }
        // Taken before the session is asked for: what is told was committed while it still lived.
        const told = waiting.slice(-mostTold)
        waiting = []
        const present = signal?.aborted ? null : await personOfSession(ctx.db, person.sessionId)
        if (!present) return
        person = present
        const mine = told.filter((change) => concerns(present, change)).map(({ type, subject }) => ({ type, subject }))
        if (mine.length > 0) yield mine
      }
    } finally {
      signal?.removeEventListener('abort', aborted)
      stop()
      end()
    }
  }),
})
