import type { Proof } from '@countersign/shared/access/proof.ts'
import type { Person } from '../../kernel/actor.ts'
import type { Operation, Work } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { type NonceFor, newNonce, readNonce } from '../passkeys/nonces.ts'
import { passkeys } from '../passkeys/passkeys.store.ts'
import { credentials } from './credentials.store.ts'
import { type Proving, proveForAct, type Unproven } from './prove-again.ts'

/** A ticket is for one file of one kind, taken at once by the very session that proved itself. */
const ticketMinutes = 2

const holder = ({ sessionId }: Person, on: string): NonceFor => `export:${sessionId}:${on}`

/** Proves who takes a file out of the building; what it answers is shown where the file is fetched. */
export const allowExport =
  (
    proving: Proving,
  ): Operation<{ readonly on: string; readonly proof?: Proof | undefined }, { readonly ticket: string } | Pick<Unproven, 'refusal'>> =>
  async (work, { on, proof }) => {
    const proven = await proveForAct(work, proving, proof, { act: 'export', on })
    if ('refusal' in proven) return { value: { refusal: proven.refusal }, events: [proven.event] }
    return { value: { ticket: newNonce(proving.key, holder(work.actor, on)) }, events: [proven.given] }
  }

/** The ticket somebody brought in the address of a file. */
export const ticketIn = ({ ticket }: { readonly ticket?: unknown }): string | null => (typeof ticket === 'string' ? ticket : null)

type Asked = { readonly on: string; readonly ticket: string | null }

/** Refuses a file to whoever could have proved themselves and did not, just now, for this. A ticket serves once. */
export const takeTicket = async ({ tx, actor, now }: Work<Person>, { key }: Pick<Proving, 'key'>, { on, ticket }: Asked): Promise<void> => {
  const { secondFactor, passwordHash } = await credentials.heldBy(tx, actor.id)
  if (!secondFactor && !passwordHash) return
  const made = ticket ? readNonce(key, holder(actor, on), ticket) : null
  if (!ticket || !made || Date.now() - made.getTime() > ticketMinutes * 60_000 || !(await passkeys.spend(tx, ticket, now)))
    throw new Refused('second-factor-needed')
}
