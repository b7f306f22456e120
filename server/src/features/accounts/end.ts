import { decideEnding, type EndingVerb } from '@countersign/shared/accounts/ending.ts'
import type { DomainEvent, Ended } from '@countersign/shared/events.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import type { RequestKind } from '@countersign/shared/requests/kinds.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import type { Tx } from '../../kernel/db.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts, type LockedAccount } from './accounts.store.ts'

export type EndingInput = { readonly accountIds: readonly string[] }
export type EndingLine = { readonly id: string; readonly refusal: RefusalCode | null; readonly ended: Ended | null }

const nothing: Ended = { sessions: 0, links: 0, requestsVoided: 0, approvalsVoided: 0 }

type Closing = {
  readonly rows: readonly LockedAccount[]
  readonly verb: EndingVerb
  readonly by: string | null
  readonly cause: string
  readonly now: Date
}

/** Ends locked accounts and tells of each, of every request that fell with them and of every approval that no longer counts. */
export const closeAccounts = async (tx: Tx, { rows, verb, by, cause, now }: Closing) => {
  const status = verb === 'revoke' ? 'revoked' : 'suspended'
  const { ended, voided, reopened } = await accounts.end(tx, { ids: rows.map(({ id }) => id), status, by, now })
  const counts = new Map(ended.map(({ id, ...numbers }) => [id, numbers]))
  const fact = (row: { reference: number; kind: string; subjectId: string | null }) => ({
    reference: row.reference,
    kind: row.kind as RequestKind,
    accountId: row.subjectId,
  })
  const events: DomainEvent[] = [
    ...rows.map(
      (row): DomainEvent => ({
        type: verb === 'revoke' ? 'account.revoked' : 'account.suspended',
        subject: row.id,
        organisation: row.organisationId,
        data: { ...(counts.get(row.id) ?? nothing), before: row.status, after: status, cause },
      }),
    ),
    ...voided.map(
      (row): DomainEvent => ({
        type: 'request.voided',
        subject: row.id,
        organisation: row.organisationId,
        data: { ...fact(row), reason: 'account-ended' },
      }),
    ),
    ...reopened.map(
      (row): DomainEvent => ({
        type: 'request.approval-voided',
        subject: row.id,
        organisation: row.organisationId,
        data: { ...fact(row), approverId: row.approverId, reason: 'approver-ended' },
      }),
    ),
  ]
  return { counts, events }
}

/** One click is a batch of one: locks in id order, decides per account, writes as one set, answers per account. */
const ending =
  (verb: EndingVerb): Operation<EndingInput, readonly EndingLine[]> =>
  async ({ tx, actor, now }, { accountIds }) => {
    const rows = await accounts.lockAll(tx, accountIds)
    const owners = await accounts.policyOwnersAmong(tx, accountIds)
    const noneLeft = owners.size > 0 && (await accounts.policyOwnersBeside(tx, accountIds)) === 0

    const verdicts = new Map(
      rows.map((row) => [row.id, decideEnding({ actor, verb, account: { ...row, lastPolicyOwner: noneLeft && owners.has(row.id) } })]),
    )
    const allowed = rows.filter(({ id }) => verdicts.get(id)?.ok)

    const refusalOf = (id: string): RefusalCode | null => {
      const verdict = verdicts.get(id)
      if (!verdict) return 'not-found'
      if (verdict.ok) return null
      return verdict.refusal === 'out-of-scope' ? 'not-found' : verdict.refusal
    }
    if (allowed.length === 0) throw new Refused(refusalOf(accountIds[0] ?? '') ?? 'not-found', accountIds[0] ?? null)

    const refusals = accountIds.flatMap((id): DomainEvent[] => {
      const code = refusalOf(id)
      const data = { operation: `accounts.${verb}`, target: id }
      return code ? [{ type: 'attempt.refused', subject: actor.id, organisation: actor.organisationId, data: { ...data, code } }] : []
    })
    const { counts, events } = await closeAccounts(tx, { rows: allowed, verb, by: actor.id, cause: 'operator', now })
    return {
      value: accountIds.map((id) => ({ id, refusal: refusalOf(id), ended: counts.get(id) ?? null })),
      events: told([...events, ...refusals]),
    }
  }

export const suspend = ending('suspend')
export const revoke = ending('revoke')
