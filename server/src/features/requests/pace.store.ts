import { type Pace, paceOf } from '@countersign/shared/requests/pace.ts'
import { sql } from 'drizzle-orm'
import type { Db, Tx } from '../../kernel/db.ts'

/** How far back somebody's pace is looked at. */
const days = 30

export const paces = {
  /** How fast this person decides, and how often they say yes. */
  async of(db: Db | Tx, accountId: string, now: Date): Promise<Pace> {
    const { rows } = await db.execute<{ seconds: number | null; approved: boolean }>(sql`
      select (data ->> 'seconds')::float8 as seconds, type = 'request.approval-given' as approved from audit_entry
      where actor_id = ${accountId} and at > ${now}::timestamptz - make_interval(days => ${days}) and type in ('request.approval-given', 'request.rejected')
      order by at desc, id desc limit 100`)
    return paceOf(rows)
  },

  /** Has this request been given a reader more already? */
  async askedMore(tx: Tx, requestId: string): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`select 1 from audit_entry where subject_id = ${requestId} and type = 'request.held' limit 1`)
    return rowCount === 1
  },
}
