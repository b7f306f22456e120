import { whyMonthStays } from '@countersign/shared/audit/retention.ts'
import type { Nobody } from '../../kernel/actor.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { tree } from '../organisations/tree.store.ts'
import { type Due, months } from './months.store.ts'

/** Drops a month of the audit whose time is over, the oldest first; that it was there, and how much it held, stays. */
export const dropMonth: Operation<{ readonly monthId: string }, Due, Nobody> = async ({ tx }, { monthId }) => {
  await months.lock(tx)
  const [month] = await months.due(tx)
  if (month?.id !== monthId) throw new Refused('changed-since')
  const reason = whyMonthStays(month)
  if (reason) throw new Refused(reason)
  await months.drop(tx, month.id)
  const { entries, messages } = month
  return {
    value: month,
    events: [
      {
        type: 'audit.month-dropped',
        subject: month.id,
        organisation: await tree.nationId(tx),
        data: { until: month.until.toISOString(), entries, messages },
      },
    ],
  }
}
