import { auditEntry } from '@countersign/drizzle/schema/audit-entry.ts'
import type { Scope } from '@countersign/shared/access/scope.ts'
import { sql } from 'drizzle-orm'
import type { Db } from '../../kernel/db.ts'
import { within } from '../../kernel/scope.ts'

export const overview = {
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
