import { type Person, personOfSession } from './actor.ts'
import type { Db } from './db.ts'
import { Refused } from './refused.ts'

/** What was read within this time leaves as it was read. */
const freshMilliseconds = 500

const heldBy = ({ grants }: Person): string =>
  grants
    .map(({ role, organisationId }) => `${role} ${organisationId}`)
    .toSorted()
    .join()

/**
 * The parts of a long answer, as long as whoever asked for it is in and holds what they held then (P5): a reader as slow as they like gets
 * nothing that was read after they were put out. Throws where that is over, which cuts the answer off.
 */
export const whileIn = async function* <T>(db: Db, person: Person, parts: AsyncIterable<T>): AsyncGenerator<T> {
  const held = heldBy(person)
  let seen = Date.now()
  for await (const part of parts) {
    if (Date.now() - seen > freshMilliseconds) {
      const present = await personOfSession(db, person.sessionId)
      if (!present || heldBy(present) !== held) throw new Refused('not-signed-in')
      seen = Date.now()
    }
    yield part
  }
}
