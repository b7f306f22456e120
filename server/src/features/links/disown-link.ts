import type { Nobody } from '../../kernel/actor.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { closeDisowned } from '../accounts/close.ts'
import { links } from './links.store.ts'

/** "This was not me", from a mail: the account is out, what was asked about it void, whoever asked, and its contact what it was. */
export const disownLink: Operation<{ readonly token: string }, true, Nobody> = async ({ tx, now }, { token }) => {
  const link = await links.open(tx, token)
  if (link?.kind !== 'disown') throw new Refused('link-dead')
  const [row] = await accounts.lockAll(tx, [link.accountId])
  const held = row?.status === 'active' || row?.status === 'suspended'
  if (!held || !(await links.use(tx, link.id, now))) throw new Refused('link-dead')

  const closed = await closeDisowned(tx, { row, by: null, cause: 'disowned', now })
  return {
    value: true,
    events: told([
      { type: 'link.disowned', subject: link.accountId, organisation: link.organisationId, data: { linkId: link.id } },
      ...closed,
    ]),
  }
}
