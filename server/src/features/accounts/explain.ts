import { covers, scopeOf } from '@countersign/shared/access/scope.ts'
import { type EndReason, knownToOthers } from '@countersign/shared/accounts/status.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { credentials } from '../sessions/credentials.store.ts'
import { accounts } from './accounts.store.ts'

export type ExplainInput = { readonly accountIds: readonly string[]; readonly reason: EndReason; readonly note: string }

/** Why access was taken away: chosen after the click, kept in the audit. */
export const explain: Operation<ExplainInput, number> = async ({ tx, actor }, { accountIds, reason, note }) => {
  const rows = await accounts.lockAll(tx, accountIds)
  const mine = rows.filter((row) => row.status !== 'active' && covers(scopeOf(actor, 'account:suspend'), row.place))
  if (mine.length === 0) throw new Refused('not-found', accountIds[0] ?? null)

  // What a hijacker knows must not let them in again when the account comes back.
  if (knownToOthers.includes(reason))
    await credentials.forget(
      tx,
      mine.map(({ id }) => id),
    )

  const events = mine.map((row) => ({
    type: 'account.ending-explained' as const,
    subject: row.id,
    organisation: row.organisationId,
    data: { reason, note },
  }))
  return { value: mine.length, events: told(events) }
}
