import { type Retention, whyNotKept } from '@countersign/shared/audit/retention.ts'
import type { Nobody } from '../../kernel/actor.ts'
import type { Operation } from '../../kernel/commit.ts'
import { Refused } from '../../kernel/refused.ts'
import { tree } from '../organisations/tree.store.ts'
import { months } from './months.store.ts'

/** How long the audit is kept from now on. Only the owner of the tables may, who may not drop a month through us. */
export const setRetention: Operation<Retention, Retention, Nobody> = async ({ tx, now }, after) => {
  const { id, ...before } = await months.lockRetention(tx)
  const refusal = whyNotKept({ before, after })
  if (refusal) throw new Refused(refusal)
  await months.setRetention(tx, after, now)
  return {
    value: after,
    events: [
      {
        type: 'audit.retention-set',
        subject: id,
        organisation: await tree.nationId(tx),
        data: { monthsBefore: before.months, months: after.months, note: after.reason ?? '' },
      },
    ],
  }
}
