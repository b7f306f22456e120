import { decideUndo } from '@countersign/shared/accounts/ending.ts'
import type { AccountStatus } from '@countersign/shared/accounts/status.ts'
import type { Operation } from '../../kernel/commit.ts'
import { orRefuse, Refused } from '../../kernel/refused.ts'
import { accounts } from './accounts.store.ts'

/** Takes one's own suspension or revocation back within 30 seconds; what it ended stays ended (P1). */
export const undo: Operation<{ readonly accountId: string }, AccountStatus> = async ({ tx, actor, now }, { accountId }) => {
  const [row] = await accounts.lockAll(tx, [accountId])
  if (!row) throw new Refused('not-found', accountId)
  const status = orRefuse(decideUndo({ actor, account: row, now }), accountId)

  await accounts.undoEnding(tx, row, status, now)

  return {
    value: status,
    events: [
      { type: 'account.ending-undone', subject: row.id, organisation: row.organisationId, data: { before: row.status, after: status } },
    ],
  }
}
