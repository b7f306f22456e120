import type { Nobody } from '../../kernel/actor.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { hashToken, newToken, sha256 } from '../../kernel/secrets.ts'
import { sessions } from './sessions.store.ts'

/** Signs in as one of the cast of the demo network with one click. Mounted in the demo alone, which listens on loopback alone. */
export const enterDemo: Operation<{ readonly accountId: string }, { readonly token: string }, Nobody> = async (
  { tx, now, origin },
  { accountId },
) => {
  const token = newToken()
  const session = await sessions.open(tx, {
    accountId,
    tokenHash: hashToken(token),
    method: 'demo',
    through: null,
    device: origin.device ?? '',
    // Everybody of the demo sits at the same machine, and stands for somebody who has one of their own.
    deviceKey: sha256(`demo:${accountId}`),
    address: origin.address ?? '',
    now,
  })
  if (!session) throw new Refused('account-not-active')
  return {
    value: { token },
    events: [
      {
        type: 'session.opened',
        subject: accountId,
        organisation: session.organisationId,
        data: { sessionId: session.id, method: 'demo' },
      },
    ],
  }
}
