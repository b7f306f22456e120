import type { DomainEvent } from '@countersign/shared/events.ts'
import type { Nobody } from '../../kernel/actor.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import type { Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts } from '../accounts/accounts.store.ts'
import { closeDisowned } from '../accounts/close.ts'
import { requests } from '../requests/requests.store.ts'
import { links, type OpenLink } from './links.store.ts'

/**
 * While a change of contact is young, whoever says that something was not them may be speaking from the address before: what was on
 * record then is on record again. The way back in must not lead to whoever took the account, whichever mail was answered first.
 */
const restore = async (tx: Tx, { accountId, organisationId }: OpenLink, now: Date): Promise<readonly DomainEvent[]> => {
  const changed = await requests.contactChanged(tx, accountId, now)
  if (!changed) return []
  const { requestId, email, phone, before } = changed
  const restored = await accounts.moveContact(tx, { id: accountId, before: { email, phone }, ...before, now })
  return restored ? [{ type: 'account.contact-restored', subject: accountId, organisation: organisationId, data: { requestId } }] : []
}

/** "This was not me", from a mail: the account is out, what was asked about it void, whoever asked, and its contact what it was. */
export const disownLink: Operation<{ readonly token: string }, true, Nobody> = async ({ tx, now }, { token }) => {
  const link = await links.open(tx, token)
  if (link?.kind !== 'disown') throw new Refused('link-dead')
  const [row] = await accounts.lockAll(tx, [link.accountId])
  // Somebody may have put them out already; what was taken from them goes back all the same.
  const held = row?.status === 'active' || row?.status === 'suspended'
  if (!held || !(await links.use(tx, link.id, now))) throw new Refused('link-dead')

  const closed = row.status === 'active' ? await closeDisowned(tx, { row, by: null, cause: 'disowned', now }) : []
  const restored = await restore(tx, link, now)
  return {
    value: true,
    events: told([
      { type: 'link.disowned', subject: link.accountId, organisation: link.organisationId, data: { linkId: link.id } },
      ...restored,
      ...closed,
    ]),
  }
}
