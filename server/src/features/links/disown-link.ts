import type { Nobody } from '../../kernel/actor.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { closeDisowned } from '../accounts/close.ts'
import { links } from './links.store.ts'

/** "This was not me", from the mail about a reset: the account is suspended and the request voided, whoever asked. */
export const disownLink: Operation<{ readonly token: string }, true, Nobody> = async ({ tx, now }, { token }) => {
  const link = await links.open(tx, token)
  if (link?.kind !== 'disown') throw new Refused('link-dead')
  const [row] = await accounts.lockAll(tx, [link.accountId])
  if (row?.status !== 'active' || !(await links.use(tx, link.id, now))) throw new Refused('link-dead')

  const events = await closeDisowned(tx, { row, by: null, cause: 'disowned', now })
  return {
    value: true,
    events: told([
      { type: 'link.disowned', subject: link.accountId, organisation: link.organisationId, data: { linkId: link.id } },
      ...events,
    ]),
  }
}
