import type pg from 'pg'
import { SettingsWrong } from '../env.ts'
import { codeOf } from '../kernel/db.ts'

/**
 * What the application may do, table by table. What it may not do here, no bug and no injection can make it do: it cannot alter
 * a trigger, lower a requirement, move a deadline, rewrite an approval or touch an audit entry.
 */
const application: Record<string, string> = {
  schema_migration: 'select',
  organisation:
    'select, insert, update (name, email_domain, address, postcode, commune_code, phone, caseload, total_caseload, convention_ends_on)',
  profile: 'select',
  account:
    'select, insert, update (status, previous_status, status_changed_at, status_changed_by, authorised_by_request_id, email, phone, contact_changed_at, epoch, reach, last_sign_in_at, language)',
  account_search: 'select, insert, update',
  account_count: 'select',
  collusion_number: 'select, insert, update',
  request:
    'select, insert, update (status, content, content_hash, edited_on, approvals_needed, remind_at, widens_at, decided_at, decided_by, reason)',
  absence: 'select, insert, update (withdrawn_at)',
  approval: 'select, insert, update (voided_at, voided_because)',
  call_back: 'select, insert',
  role_grant: 'select, insert, update (revoked_at)',
  lineage: 'select, insert',
  session: 'select, insert, update (last_seen_at, proof_failures, proof_failed_at), delete',
  known_device: 'select, insert, update (last_seen_at), delete',
  sign_in_failure: 'select, insert, update, delete',
  link: 'select, insert, update (token_hash, used_at, voided_at)',
  credential: 'select, insert, update (used_at, last_step), delete',
  passkey: 'select, insert, update (sign_count, last_used_at), delete',
  identity: 'select, insert, update (last_used_at), delete',
  spent_nonce: 'select, insert, delete',
  audit_entry: 'select, insert',
  audit_month: 'select',
  audit_leaf: 'select, insert',
  audit_subtree: 'select, insert',
  checkpoint: 'select, insert',
  cosignature: 'select, insert',
  seal_position: 'select, update (position)',
  seal_check: 'select, update (position, held_at, held, wrong_at, wrong, wrong_since)',
  checkpoint_place: 'select, insert, update (size, brought_at, failing_since, failure)',
  retention: 'select',
  bulk: 'select, insert, update (status, step, justification, done, skipped, reached, request_id, report_hash, started_at, running_since, ran_milliseconds, ended_at, halted)',
  bulk_line: 'select, insert, update (epoch, outcome, sessions, links, requests_voided, approvals_voided)',
  lone_revocation: 'select',
  incident:
    'select, insert, update (known_at, notified_at, notification_reference, closed_at, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id)',
  incident_account: 'select, insert, update (contained, bulk_id, filed_at)',
  finding:
    'select, insert, update (severity, numbers, facts, times, first_at, last_at, settled_count, status, until, reason, settled_by, settled_at)',
  signal_position: 'select, update (position)',
  canary: 'select, insert, update (lifted_at)',
  policy: 'select, update (document, request_id, set_at)',
  saved_view: 'select, insert, update (search, hidden, shared, saved_at), delete',
  outbox: 'select, insert, update (attempts, run_after, settled_at, outcome, last_error)',
  door_count: 'select, insert, update, delete',
  demo_mail: 'select, insert',
}

/** What `countersign retention` may do: tell of a month, and ask the database to drop it. It reads no entry but to see that its own is there. */
const maintenance: Record<string, string> = {
  organisation: 'select',
  audit_month: 'select',
  retention: 'select',
  audit_entry: 'insert, select (transaction_id, subject_id, at)',
}

const mayCall = { maintenance: ['due_audit_month()', 'close_audit_month(uuid)', 'drop_closed_audit_months()'] } as const

export type Login = 'application' | 'maintenance'

/** Gives a login exactly its rights, taking back whatever else it had, in one go: whoever serves meanwhile notices nothing. Makes it where it is missing. */
export const grants = async (owner: pg.Client, kind: Login, address: URL): Promise<void> => {
  const name = decodeURIComponent(address.username)
  const login = owner.escapeIdentifier(name)
  const { rows: known } = await owner.query<{ owns: boolean }>(
    `select rolsuper or pg_has_role(rolname, current_user, 'member') as owns from pg_roles where rolname = $1`,
    [name],
  )
  if (known[0]?.owns) throw new SettingsWrong([`"${name}" owns the tables, or could: give the ${kind} a login of its own`])
  if (known.length === 0) {
    const password = owner.escapeLiteral(decodeURIComponent(address.password))
    await owner.query(`create role ${login} login password ${password} nosuperuser nocreatedb nocreaterole`).catch((error: unknown) => {
      if (codeOf(error) !== '42501') throw error
      throw new SettingsWrong([
        `"${name}" is not there, and the owner may make no logins: give it CREATEROLE, or run as somebody who may: create role ${login} login password '…'`,
      ])
    })
  }
  const { rows } = await owner.query<{ name: string }>('select current_database() as name')
  const database = owner.escapeIdentifier(rows[0]?.name ?? '')
  const ofTables = Object.entries({ application, maintenance }[kind]).map(([table, allowed]) => {
    const quoted = owner.escapeIdentifier(table)
    return `revoke all on ${quoted} from public, ${login}; grant ${allowed} on ${quoted} to ${login}`
  })
  const ofFunctions = mayCall.maintenance.map((each) =>
    kind === 'maintenance' ? `grant execute on function ${each} to ${login}` : `revoke all on function ${each} from ${login}`,
  )
  const sequences = `all sequences in schema public`
  // A temporary table would be found before the one of the same name that the checks of the database mean to read.
  const all = [
    `revoke all on all tables in schema public from ${login}; revoke create on schema public from public`,
    `revoke temporary on database ${database} from public, ${login}; grant connect on database ${database} to ${login}; grant usage on schema public to ${login}`,
    kind === 'application'
      ? `grant usage on ${sequences} to ${login}`
      : `revoke all on ${sequences} from ${login}; grant usage on sequence audit_entry_number to ${login}`,
    ...ofTables,
    ...ofFunctions,
  ]
  await owner.query(`begin; ${all.join('; ')}; commit`).catch(async (error: unknown) => {
    await owner.query('rollback')
    throw error
  })
}

/** The reason why this login must not serve, or null. An owner or superuser could undo every promise. */
export const unfitLogin = async (client: pg.ClientBase): Promise<string | null> => {
  const { rows } = await client.query<{ superuser: boolean; migrated: boolean; owner: boolean; temporary: boolean }>(`
    select has_database_privilege(current_user, current_database(), 'temporary') as temporary, (select rolsuper from pg_roles where rolname = current_user) as superuser,
      to_regclass('public.audit_entry') is not null as migrated,
      exists (select 1 from pg_tables where schemaname = 'public' and tablename = 'audit_entry' and pg_has_role(current_user, tableowner, 'member')) as owner`)
  const found = rows[0]
  if (!found?.migrated)
    return 'DATABASE_URL leads to an empty database: run "npm run countersign -- migrate" with DATABASE_OWNER_URL set, or start with it set'
  if (found.superuser || found.owner)
    return 'DATABASE_URL signs in as the owner of the tables: give the application a login of its own, and the owner to DATABASE_OWNER_URL'
  if (found.temporary)
    return 'DATABASE_URL signs in as a login that may make temporary tables, which the checks of the database could take for their own: run "revoke temporary on database … from public" as the owner of the database'
  return null
}
