import { publicAsksADay } from '@countersign/shared/requests/requirement.ts'
import type { Nobody } from '../../kernel/actor.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { requests } from './requests.store.ts'
import { hold, prepare } from './submit.ts'

/** A reset asked on the public page. Nobody has proved to be anybody, so the request has no requester; the caller answers the same whatever happens here. */
export const askPublicly: Operation<{ readonly accountId: string; readonly justification: string }, true, Nobody> = async (
  { tx, now },
  { accountId, justification },
) => {
  await accounts.lockAll(tx, [accountId])
  if ((await requests.askedPublicly(tx, accountId, now)) >= publicAsksADay) throw new Refused('too-many', accountId)
  const prepared = await prepare(tx, 'public', { kind: 'reset-credentials', accountId, justification }, now)
  const { events } = await hold(tx, prepared, { requesterId: null, device: null, channel: 'public', now })
  return { value: true, events }
}
