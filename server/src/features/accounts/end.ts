import { decideEnding, type EndingVerb } from '@countersign/shared/accounts/ending.ts'
import type { AccountStatus } from '@countersign/shared/accounts/status.ts'
import type { DomainEvent, Ended } from '@countersign/shared/events.ts'
import type { RefusalCode } from '@countersign/shared/refusals.ts'
import { type Operation, told } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { accounts, type LockedAccount } from './accounts.store.ts'
import { closeAccounts } from './close.ts'
import { guardianCase, guardians } from './guardians.store.ts'
import { isMassRevocation } from './mass.ts'

export type EndingInput = { readonly accountIds: readonly string[] }

/** For each account asked about: why not, or the state it is in now; `ended` is null where it was out already and that is confirmed. */
export type EndingLine = {
  readonly id: string
  readonly refusal: RefusalCode | null
  readonly status: AccountStatus | null
  readonly ended: Ended | null
}

const confirmation = ({ id, organisationId, status }: LockedAccount): DomainEvent => ({
  type: 'account.ending-confirmed',
  subject: id,
  organisation: organisationId,
  data: { status },
})

/** One click is a batch of one: locks in id order, decides per account, writes as one set, answers per account. */
const ending =
  (verb: EndingVerb): Operation<EndingInput, readonly EndingLine[]> =>
  async ({ tx, actor, now }, { accountIds }) => {
    const rows = await accounts.lockAll(tx, accountIds)
    const guarding = await guardians.among(tx, accountIds)
    const left = guarding.size > 0 ? await guardians.holdWithout(tx, accountIds) : null

    const decided = rows.map((row) => {
      const verdict = decideEnding({ actor, verb, account: row, ...guardianCase(guarding.get(row.id), left), now })
      if (verdict.ok) return { row, status: verdict.value, refusal: null }
      return { row, status: null, refusal: verdict.refusal === 'out-of-scope' ? ('not-found' as const) : verdict.refusal }
    })
    const closing = decided.filter(({ row, status }) => status !== null && status !== row.status).map(({ row }) => row)
    if (verb === 'revoke' && (await isMassRevocation(tx, actor.id, closing, now)))
      throw new Refused('mass-revocation', accountIds[0] ?? null)
    const confirmed = decided.filter(({ row, status }) => status === row.status).map(({ row }) => row)
    const answers = new Map(decided.map(({ row, status, refusal }) => [row.id, { status, refusal }]))
    const answerTo = (id: string) => answers.get(id) ?? { status: null, refusal: 'not-found' as const }
    const refused = accountIds.flatMap((id) => {
      const { refusal } = answerTo(id)
      return refusal ? [{ id, refusal }] : []
    })
    if (closing.length + confirmed.length === 0) throw new Refused(refused[0]?.refusal ?? 'not-found', accountIds[0] ?? null)

    if (confirmed.length > 0)
      await accounts.forgetWayBack(
        tx,
        confirmed.map(({ id }) => id),
      )
    const { counts, events } = await closeAccounts(tx, { rows: closing, verb, by: actor.id, cause: 'operator', now })
    const refusals = refused.map(
      ({ id, refusal }): DomainEvent => ({
        type: 'attempt.refused',
        subject: actor.id,
        organisation: actor.organisationId,
        data: { operation: `accounts.${verb}`, target: id, code: refusal },
      }),
    )
    return {
      value: accountIds.map((id) => ({ id, ...answerTo(id), ended: counts.get(id) ?? null })),
      events: told([...events, ...confirmed.map(confirmation), ...refusals]),
    }
  }

export const suspend = ending('suspend')
export const revoke = ending('revoke')
