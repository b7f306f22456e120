import type { LineCase } from '@countersign/shared/bulks/plan.ts'
import { sql } from 'drizzle-orm'
import { type Tx, uuids } from '../../kernel/db.ts'
import type { LockedAccount } from '../accounts/accounts.store.ts'

type Row = LockedAccount['place'] & {
  id: string
  status: LockedAccount['status']
  statusChangedAt: string
  epoch: number
  endsOn: string
  guards: boolean
  holdsRole: boolean
  grantedAt: string | null
  resetPending: boolean
}

/** What the rules of a bulk ask about an account. */
export type LineFacts = Pick<LineCase, 'account' | 'guards' | 'holdsRole' | 'resetPending'> & {
  readonly epoch: number
  readonly statusChangedAt: Date
  /** When it was last given a role. */
  readonly grantedAt: Date | null
}

export const lineFacts = {
  /** Of these accounts, in the order of their ids. */
  async of(tx: Tx, ids: readonly string[]): Promise<readonly LineFacts[]> {
    const { rows } = await tx.execute<Row>(sql`
      select a.id, a.status, to_json(a.status_changed_at)#>>'{}' as "statusChangedAt", a.epoch, a.ends_on::text as "endsOn",
        a.nation_id as "nationId", a.network_id as "networkId", a.region_id as "regionId", a.departement_id as "departementId", a.structure_id as "structureId", a.site_id as "siteId",
        exists (select 1 from role_grant g where g.account_id = a.id and g.role in ('policy-owner', 'it-admin') and g.revoked_at is null) as guards,
        exists (select 1 from role_grant g where g.account_id = a.id and g.revoked_at is null) as "holdsRole",
        (select to_json(max(g.granted_at))#>>'{}' from role_grant g where g.account_id = a.id and g.revoked_at is null) as "grantedAt",
        exists (select 1 from request r where r.subject_id = a.id and r.kind = 'reset-credentials' and r.status = 'pending') as "resetPending"
      from account a where a.id = any(${uuids(ids)}) order by a.id`)
    return rows.map(
      ({
        id,
        status,
        endsOn,
        epoch,
        statusChangedAt,
        guards,
        holdsRole,
        grantedAt,
        resetPending,
        nationId,
        networkId,
        regionId,
        departementId,
        structureId,
        siteId,
      }) => ({
        account: { id, status, endsOn, place: { nationId, networkId, regionId, departementId, structureId, siteId } },
        epoch,
        statusChangedAt: new Date(statusChangedAt),
        guards,
        holdsRole,
        grantedAt: grantedAt ? new Date(grantedAt) : null,
        resetPending,
      }),
    )
  },
}
