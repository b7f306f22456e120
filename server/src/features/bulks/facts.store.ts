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
        coalesce(held.guards, false) as guards, to_json(held.granted_at)#>>'{}' as "grantedAt",
        exists (select 1 from request r where r.subject_id = a.id and r.kind = 'reset-credentials' and r.status = 'pending') as "resetPending"
      from account a,
        lateral (select bool_or(g.role in ('policy-owner', 'it-admin')) as guards, max(g.granted_at) as granted_at from role_grant g where g.account_id = a.id and g.revoked_at is null) held
      where a.id = any(${uuids(ids)}) order by a.id`)
    return rows.map(
      ({
        id,
        status,
        endsOn,
        epoch,
        statusChangedAt,
        guards,
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
        holdsRole: grantedAt !== null,
        grantedAt: grantedAt ? new Date(grantedAt) : null,
        resetPending,
      }),
    )
  },
}
