import type { Call } from './measure.ts'
import type { Network } from './network.ts'

/**
 * Putting accounts out in one statement of bare SQL: the row, its sessions, an audit entry and a message each, with all indexes and
 * without a rule, a preview, a count or a trigger. What the product does is measured against it. Told as part of a bulk, so that the
 * rules of suspicion do not take it for a hundred thousand clicks.
 */
const statement = `
  with changed as (
    update account set previous_status = status, status = 'suspended', status_changed_at = now(), status_changed_by = $2, epoch = epoch + 1
    where id = any ($1::uuid[]) returning *
  ), gone as (
    delete from session using changed where session.account_id = changed.id
  ), audited as (
    insert into audit_entry (id, at, recorded_at, transaction_id, type, actor_id, subject_id, organisation_id, nation_id, network_id,
      region_id, departement_id, structure_id, site_id, origin, data)
    select gen_random_uuid(), now(), now(), pg_current_xact_id(), 'account.suspended', $2, id, organisation_id, nation_id, network_id,
      region_id, departement_id, structure_id, site_id, '{"channel": "web"}', '{"before": "active", "after": "suspended", "bulkId": "bench"}' from changed
    returning id, subject_id
  )
  insert into outbox (id, entry_id, destination, account_id, sequence, run_after, settled_at, outcome)
  select gen_random_uuid(), id, 'bench', subject_id, 1, now(), now(), 'delivered' from audited`

export const endBare =
  ({ bare }: Network, by: string, accountIds: readonly string[]): Call =>
  () =>
    bare.query({ name: 'end', text: statement, values: [accountIds, by] })

/** Agents in force without a role, a few of each structure before more of any: most of one structure would be a mass action. */
export const agents = async ({ pool }: Network, many: number, regionId: string | null = null): Promise<readonly string[]> => {
  const { rows } = await pool.query<{ id: string }>({
    text: `select id from (select id, row_number() over (partition by structure_id order by id) as nth from account a
      where status = 'active' and structure_id is not null and ($2::uuid is null or region_id = $2)
        and not exists (select 1 from role_grant g where g.account_id = a.id)) ranked order by nth, id limit $1`,
    values: [many, regionId],
  })
  return rows.map(({ id }) => id)
}
