import { account } from '@countersign/drizzle/schema/account.ts'
import { auditEntry } from '@countersign/drizzle/schema/audit-entry.ts'
import type { Scope } from '@countersign/shared/access/scope.ts'
import { dormantDays, expiringDays, neverUsedDays } from '@countersign/shared/accounts/listing.ts'
import { type AccountStatus, accountStatuses } from '@countersign/shared/accounts/status.ts'
import { sql } from 'drizzle-orm'
import type { Db } from '../../kernel/db.ts'
import { within } from '../../kernel/scope.ts'

export const overview = {
  /** Accounts of the scope by state, and those that want a look. */
  async accounts(db: Db, scope: Scope) {
    const { rows } = await db.execute<{ status: AccountStatus; count: number; expiring: number; dormant: number }>(sql`
      select status, count(*)::int as count,
        count(*) filter (where status = 'active' and ends_on between current_date and current_date + ${expiringDays}::int)::int as expiring,
        count(*) filter (where status = 'active' and (last_sign_in_at > '-infinity' and last_sign_in_at < now() - make_interval(days => ${dormantDays})
          or last_sign_in_at = '-infinity' and created_at < now() - make_interval(days => ${neverUsedDays})))::int as dormant
      from account where ${within(scope, account)} group by status`)
    const of = (status: AccountStatus) => rows.find((row) => row.status === status)
    return {
      byStatus: accountStatuses.map((status) => ({ status, count: of(status)?.count ?? 0 })),
      expiring: of('active')?.expiring ?? 0,
      dormant: of('active')?.dormant ?? 0,
    }
  },

  /** What was refused in the last seven days: attempts and denied call-backs. */
  async refusals(db: Db, scope: Scope) {
    const { rows } = await db.execute<{ attempts: number; denied: number; failed: number }>(sql`
      select count(*) filter (where type = 'attempt.refused')::int as attempts,
        count(*) filter (where type = 'request.called-back' and data ->> 'outcome' = 'denied')::int as denied,
        count(*) filter (where type = 'sign-in.failed')::int as failed
      from audit_entry where type in ('attempt.refused', 'request.called-back', 'sign-in.failed') and at > now() - interval '7 days' and ${within(scope, auditEntry)}`)
    return rows[0] ?? { attempts: 0, denied: 0, failed: 0 }
  },
}
