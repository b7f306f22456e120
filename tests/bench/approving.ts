import type { Call } from './measure.ts'
import type { Network } from './network.ts'

/**
 * Countersigning a creation in one statement of bare SQL: the signature, the request, the account, its words, its link, the family tree,
 * three audit entries and a message; with all indexes, and without a rule, a lock or a trigger.
 */
const statement = `
  with decided as (
    update request set status = 'executed', decided_at = now(), decided_by = $2, executed_in = pg_current_xact_id() where id = $1 returning *
  ), signed as (
    insert into approval (id, request_id, approver_id, content_hash, independent, given_at) select gen_random_uuid(), id, $2, content_hash, true, now() from decided
  ), born as (
    insert into account (id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, login, given_name, family_name, email, phone,
      profile_id, reach, status, status_changed_at, created_by_request_id, authorised_by_request_id, ends_on, created_at)
    select gen_random_uuid(), organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, content ->> 'login', content ->> 'givenName',
      content ->> 'familyName', content ->> 'email', content ->> 'phone', content ->> 'profile', 0, 'active', now(), id, id, (content ->> 'endsOn')::date, now() from decided
    returning *
  ), found as (
    insert into account_search (account_id, words) select id, lower(given_name || ' ' || family_name || ' ' || login) from born
  ), invited as (
    insert into link (id, kind, account_id, request_id, created_at, expires_at) select gen_random_uuid(), 'invitation', id, created_by_request_id, now(), now() + interval '1 day' from born
  ), related as (
    insert into lineage (id, kind, from_account_id, to_account_id, request_id, at)
    select gen_random_uuid(), hand.kind, hand.by, born.id, created_by_request_id, now() from born, decided, lateral (values ('asked', decided.requester_id), ('countersigned', $2::uuid)) as hand (kind, by)
  ), audited as (
    insert into audit_entry (id, at, recorded_at, transaction_id, type, actor_id, subject_id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, origin, data)
    select gen_random_uuid(), now(), now(), pg_current_xact_id(), told.type, $2, told.subject, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id,
      '{"channel": "web"}', '{}' from born, lateral (values ('request.approval-given', created_by_request_id), ('request.executed', created_by_request_id), ('account.created', born.id)) as told (type, subject)
    returning id, type, subject_id
  )
  insert into outbox (id, entry_id, destination, account_id, sequence, run_after, settled_at, outcome)
  select gen_random_uuid(), id, 'bench', subject_id, 1, now(), now(), 'delivered' from audited where type = 'account.created'`

export const approveBare =
  ({ bare }: Network, by: string, requestId: string): Call =>
  () =>
    bare.query({ name: 'approve', text: statement, values: [requestId, by] })
