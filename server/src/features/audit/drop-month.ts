import { whyMonthStays } from '@countersign/shared/audit/retention.ts'
import type { Nobody } from '../../kernel/actor.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { tree } from '../organisations/tree.store.ts'
import { type Due, months } from './months.store.ts'

/** Gives up the oldest month of the audit, its time being over; that it was there, and how much it held, stays. The room it took is freed after it. */
export const dropMonth: Operation<{ readonly monthId: string }, Due, Nobody> = async ({ tx }, { monthId }) => {
  await months.lock(tx)
  const month = await months.due(tx)
  if (month?.id !== monthId) throw new Refused('changed-since')
  const reason = whyMonthStays(month)
  if (reason) throw new Refused(reason)
  await months.close(tx, month.id)
  const { entries, messages, unsent } = month
  return {
    value: month,
    events: [
      {
        type: 'audit.month-dropped',
        subject: month.id,
        organisation: await tree.nationId(tx),
        data: { until: month.until.toISOString(), entries, messages, unsent },
      },
    ],
  }
}
