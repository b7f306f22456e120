import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makerOf, verdictOfDatabase } from '../../support/make.ts'
import { openWorld, type World } from '../../support/world.ts'

/** The application's own login turned against the database, in raw SQL: no policy, no operation, nothing but the schema in the way. */
let world: World
let make: ReturnType<typeof makerOf>
const ids: Record<'pending' | 'executed' | 'nadia' | 'sophie' | 'agent' | 'entry' | 'voided', string> = {
  voided: '01900000-0000-7000-8000-00000000000a',
  pending: '',
  executed: '',
  nadia: '',
  sophie: '',
  agent: '',
  entry: '',
}

beforeAll(async () => {
  world = await openWorld()
  make = makerOf(world)
  const [nadia, sophie] = [await world.as('nadia.roux'), await world.as('sophie.marchand')]
  ids.pending = (await make.pending(nadia)).id
  ids.executed = (await make.account()).requestId
  ids.nadia = nadia.person.id
  ids.sophie = sophie.person.id
  ids.agent = await make.agentOf('Mission locale de Lyon')
  await world.tamper(
    `insert into approval (id, request_id, approver_id, content_hash, independent, given_at, voided_at) select $2, id, $3, content_hash, true, now(), now() from request where id = $1`,
    [ids.pending, ids.voided, ids.sophie],
  )
  const { rows } = await world.owner.query<{ id: string }>('select id from audit_entry limit 1')
  ids.entry = rows[0]?.id ?? ''
})
afterAll(() => world.close())

const attempt = (sql: string, values: readonly unknown[] = []) => verdictOfDatabase(world.pool.query(sql, [...values]))

/** Several statements in one transaction, as an operation gone wrong would send them. */
const together = async (...statements: readonly (readonly [sql: string, values?: readonly unknown[]])[]): Promise<string> => {
  const client = await world.pool.connect()
  try {
    await client.query('begin')
    const verdict = await verdictOfDatabase(
      (async () => {
        for (const [sql, values = []] of statements) await client.query(sql, [...values])
        await client.query('commit')
      })(),
    )
    if (verdict !== 'allowed') await client.query('rollback')
    return verdict
  } finally {
    client.release()
  }
}

const copyOfAccount = (change: string) => `
  insert into account (id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, login, given_name, family_name, email, phone, profile_id, reach, status, status_changed_at, created_by_request_id, authorised_by_request_id, ends_on, created_at)
  select gen_random_uuid(), organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, login || '.two', given_name, family_name, email, phone, profile_id, reach, 'active', now(), ${change}, ends_on, now() from account where id = $1`

const entryAbout = (subject: string) =>
  [
    `insert into audit_entry (id, at, type, subject_id, origin, data, transaction_id) values (gen_random_uuid(), now(), 'account.created', ${subject}, '{}', '{}', '0')`,
  ] as const

describe('the application login is refused by the database', () => {
  test.each([
    [
      'an account born of a request executed long ago',
      'P1',
      () => attempt(copyOfAccount('created_by_request_id, authorised_by_request_id'), [ids.agent]),
    ],
    ['an account born of a pending request', 'P1', () => attempt(copyOfAccount('$2::uuid, $2::uuid'), [ids.agent, ids.pending])],
    [
      'a request executed without its approvals',
      'P1',
      () => attempt(`update request set status = 'executed', decided_at = now() where id = $1`, [ids.pending]),
    ],
    [
      'an approval by the requester',
      'P1',
      () =>
        attempt(
          `insert into approval (id, request_id, approver_id, content_hash, independent, given_at) select gen_random_uuid(), id, requester_id, content_hash, true, now() from request where id = $1`,
          [ids.pending],
        ),
    ],
    [
      'an approval by somebody without the role',
      'P1',
      () =>
        attempt(
          `insert into approval (id, request_id, approver_id, content_hash, independent, given_at) select gen_random_uuid(), id, $2, content_hash, true, now() from request where id = $1`,
          [ids.pending, ids.agent],
        ),
    ],
    [
      'an approval that says it is not independent',
      '23514',
      () =>
        attempt(
          `insert into approval (id, request_id, approver_id, content_hash, independent, given_at) select gen_random_uuid(), id, $2, content_hash, false, now() from request where id = $1`,
          [ids.pending, ids.sophie],
        ),
    ],
    [
      'an approval of other content',
      'P3',
      () =>
        attempt(
          `insert into approval (id, request_id, approver_id, content_hash, independent, given_at) values (gen_random_uuid(), $1, $2, repeat('0', 64), true, now())`,
          [ids.pending, ids.sophie],
        ),
    ],
    [
      'an approval of a decided request',
      'P3',
      () =>
        attempt(
          `insert into approval (id, request_id, approver_id, content_hash, independent, given_at) select gen_random_uuid(), r.id, g.account_id, r.content_hash, true, now() from request r join role_grant g on g.role = 'supervisor' and g.organisation_id = r.region_id and g.account_id <> $2 where r.id = $1 limit 1`,
          [ids.executed, ids.sophie],
        ),
    ],
    [
      'content that does not match its hash',
      '23514',
      () => attempt(`update request set content = '{"kind":"create-account"}' where id = $1`, [ids.pending]),
    ],
    [
      'a lower requirement',
      'P3',
      () =>
        attempt('update request set approvals_needed = 0 where id = $1', [ids.pending]).then((verdict) =>
          verdict === '23514' ? 'P3' : verdict,
        ),
    ],
    ['a later deadline', '42501', () => attempt(`update request set expires_at = now() + interval '1 year' where id = $1`, [ids.pending])],
    ['another requester', '42501', () => attempt('update request set requester_id = null where id = $1', [ids.pending])],
    ['other approvers', '42501', () => attempt(`update request set approver_roles = '{agent}' where id = $1`, [ids.pending])],
    ['a voided approval given back', 'P3', () => attempt('update approval set voided_at = null where id = $1', [ids.voided])],
    [
      'a role that others than policy owners would give',
      '23514',
      () =>
        attempt(
          `insert into request (id, kind, status, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, requester_id, subject_id, channel, content, content_hash, approvals_needed, approver_roles, submitted_at, expires_at) select gen_random_uuid(), 'grant-role', 'pending', organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, requester_id, subject_id, channel, content, content_hash, 2, '{supervisor}', now(), expires_at from request where id = $1`,
          [ids.pending],
        ),
    ],
    [
      'a second pending request of one kind about one account',
      '23505',
      () =>
        attempt(
          `insert into request (id, kind, status, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, requester_id, subject_id, channel, content, content_hash, approvals_needed, approver_roles, submitted_at, expires_at) select gen_random_uuid(), kind, 'pending', organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, requester_id, subject_id, channel, content, content_hash, approvals_needed, approver_roles, now(), expires_at from request where status = 'pending' and subject_id is not null limit 1`,
        ),
    ],
    [
      'a second nation',
      '23505',
      () =>
        attempt(
          `with fresh as (select gen_random_uuid() as id) insert into organisation (id, external_id, level, path, nation_id, name, created_at) select id, 'elsewhere', 'nation', 'elsewhere', id, 'Ailleurs', now() from fresh`,
        ),
    ],
    ['a decided request opened again', 'P3', () => attempt(`update request set status = 'pending' where id = $1`, [ids.executed])],
    [
      'a request that begins as executed',
      'P1',
      () =>
        attempt(
          `insert into request (id, kind, status, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, channel, content, content_hash, approvals_needed, approver_roles, demand, submitted_at, expires_at) select gen_random_uuid(), kind, 'executed', organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, channel, content, content_hash, approvals_needed, approver_roles, demand, now(), now() from request where id = $1`,
          [ids.executed],
        ),
    ],
    [
      'a request an account manager may countersign',
      '23514',
      () =>
        attempt(
          `insert into request (id, kind, status, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, channel, content, content_hash, approvals_needed, approver_roles, submitted_at, expires_at) select gen_random_uuid(), kind, 'pending', organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, channel, content, content_hash, approvals_needed, '{account-manager}', now(), now() from request where id = $1`,
          [ids.executed],
        ),
    ],
    [
      'a second founding',
      'P10',
      () =>
        attempt(
          `insert into request (id, kind, status, organisation_id, nation_id, channel, content, content_hash, approvals_needed, approver_roles, submitted_at, expires_at) select gen_random_uuid(), 'found-network', 'pending', id, id, 'founding', '{}', encode(sha256('{}'), 'hex'), 2, '{policy-owner}', now(), now() from organisation where level = 'nation'`,
        ),
    ],
    [
      'a suspended account made active',
      'P1',
      async () => {
        await (await world.as('sophie.marchand')).call.accounts.suspend({ accountIds: [await make.agentOf('Mission locale de Lyon', 3)] })
        await world.tamper(`update account set status_changed_at = now() - interval '1 minute' where status = 'suspended'`)
        return attempt(
          `update account set status = 'active', previous_status = null, epoch = epoch + 1, status_changed_at = now() where status = 'suspended'`,
        )
      },
    ],
    [
      'a revoked account made active within 30 seconds by nobody known',
      'P1',
      async () => {
        await (await world.as('sophie.marchand')).call.accounts.revoke({ accountIds: [await make.agentOf('Mission locale de Lyon', 4)] })
        return attempt(
          `update account set status = 'active', previous_status = null, epoch = epoch + 1, status_changed_by = null where status = 'revoked' and status_changed_at > now() - interval '10 seconds'`,
        )
      },
    ],
    [
      'a disowned account made active by nobody known',
      'P1',
      async () => {
        const open = await world.enter(await make.agentOf('Mission locale de Lille'))
        await open.call.accounts.disown()
        await world.tamper('update account set status_changed_by = null where id = $1', [open.person.id])
        return together(
          [`update account set status = 'active', previous_status = null, epoch = epoch + 1 where id = $1`, [open.person.id]],
          [...entryAbout(`'${open.person.id}'`)],
        )
      },
    ],
    [
      'an ending dated again, to be undone',
      'P1',
      async () => {
        const accountId = await make.agentOf('Mission locale de Lille', 1)
        await (await world.as('olivier.perrin')).call.accounts.revoke({ accountIds: [accountId] })
        return attempt(`update account set previous_status = 'active', status_changed_by = $2, status_changed_at = now() where id = $1`, [
          accountId,
          ids.nadia,
        ])
      },
    ],
    [
      'a request about somebody else than its content says',
      'P3',
      () =>
        attempt(
          `insert into request (id, kind, status, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, subject_id, channel, content, content_hash, approvals_needed, approver_roles, demand, submitted_at, expires_at)
      select gen_random_uuid(), 'reinstate', 'pending', a.organisation_id, a.nation_id, a.network_id, a.region_id, a.departement_id, a.structure_id, a.site_id, a.id, 'operator', c.text::json, encode(sha256(c.text::bytea), 'hex'), 1, '{supervisor}', (select rule -> 'demand' from policy, jsonb_array_elements(document -> 'rules') rule where rule -> 'when' = '{"kinds": ["create-account", "reinstate"]}'), now(), now() + interval '1 day'
      from account a, (select '{"accountId":"' || $2 || '","justification":"x","kind":"reinstate"}' as text) c where a.id = $1`,
          [ids.agent, ids.nadia],
        ),
    ],
    ['an organisation moved', '42501', () => attempt('update organisation set region_id = nation_id')],
    [
      'an invitation for an account born long ago',
      'P1',
      () =>
        attempt(
          `insert into link (id, kind, account_id, request_id, created_at, expires_at) select gen_random_uuid(), 'invitation', id, created_by_request_id, now(), now() + interval '1 day' from account where id = $1`,
          [ids.agent],
        ),
    ],
    ['another mailbox', 'P1', () => attempt(`update account set email = 'me@example.org' where id = $1`, [ids.agent])],
    ['a wider profile', '42501', () => attempt(`update account set profile_id = 'national-support' where id = $1`, [ids.agent])],
    ['a later end', '42501', () => attempt(`update account set ends_on = '2099-01-01' where id = $1`, [ids.agent])],
    [
      'a role out of nothing',
      'P10',
      () =>
        attempt(
          `insert into role_grant (id, account_id, role, organisation_id, request_id, granted_at) select gen_random_uuid(), $1, 'policy-owner', o.id, $2, now() from organisation o where o.level = 'nation'`,
          [ids.agent, ids.executed],
        ),
    ],
    ['a role given to somebody else', '42501', () => attempt('update role_grant set account_id = $1', [ids.agent])],
    ['a revoked role given back', 'P10', () => attempt('update role_grant set revoked_at = null where revoked_at is not null')],
    [
      'a reset link out of nothing',
      'P1',
      () =>
        attempt(
          `insert into link (id, kind, account_id, request_id, created_at, expires_at) values (gen_random_uuid(), 'reset', $1, $2, now(), now() + interval '1 hour')`,
          [ids.agent, ids.executed],
        ),
    ],
    [
      'a password without a link used now',
      'P1',
      async () => {
        const { rows } = await world.owner.query<{ id: string; account_id: string }>('select id, account_id from link limit 1')
        return attempt(
          `insert into credential (id, account_id, kind, secret, link_id, created_at) values (gen_random_uuid(), $1, 'password', 'x', $2, now())`,
          [rows[0]?.account_id, rows[0]?.id],
        )
      },
    ],
    [
      'a used link made fresh',
      'P1',
      async () => {
        await world.tamper(`update link set used_at = now() where id = (select id from link limit 1)`)
        return attempt('update link set used_at = null where used_at is not null')
      },
    ],
    [
      'a session for a dead account',
      'P5',
      () =>
        attempt(
          `insert into session (id, account_id, token_hash, method, epoch, device, address, created_at, last_seen_at, expires_at) select gen_random_uuid(), id, 'x', 'demo', epoch, '', '', now(), now(), now() + interval '1 hour' from account where status = 'revoked' limit 1`,
        ),
    ],
    [
      'an account suspended while its session stays',
      'P5',
      async () => {
        const open = await world.enter(await make.agentOf('Mission locale de Lille', 2))
        return together(
          [
            `update account set status = 'suspended', previous_status = status, epoch = epoch + 1, status_changed_at = now() where id = $1`,
            [open.person.id],
          ],
          [...entryAbout(`'${open.person.id}'`)],
        )
      },
    ],
    [
      'a change without its audit entry',
      'P6',
      () =>
        attempt(
          `update account set status = 'suspended', previous_status = status, epoch = epoch + 1, status_changed_at = now() where id = $1`,
          [ids.agent],
        ),
    ],
    [
      'a message about an entry of another day',
      'P8',
      () =>
        attempt(
          `insert into outbox (id, entry_id, destination, account_id, sequence, run_after) values (gen_random_uuid(), $1, 'mail.ended', $2, 999, now())`,
          [ids.entry, ids.agent],
        ),
    ],
    ['an audit entry rewritten', '42501', () => attempt(`update audit_entry set data = '{}' where id = $1`, [ids.entry])],
    ['an audit entry deleted', '42501', () => attempt('delete from audit_entry where id = $1', [ids.entry])],
    ['an audit emptied', '42501', () => attempt('truncate audit_entry')],
    [
      'an entry about the future',
      'P6',
      () =>
        attempt(
          `insert into audit_entry (id, at, type, subject_id, origin, data, transaction_id) values (gen_random_uuid(), now() + interval '1 hour', 'account.created', gen_random_uuid(), '{}', '{}', '0')`,
        ),
    ],
    ['the counts of accounts made anew', '42501', () => attempt('select recount_accounts()')],
    ['a count of accounts falsified', '42501', () => attempt('update account_count set change = change + 1')],
    ['an account deleted', '42501', () => attempt('delete from account where id = $1', [ids.agent])],
    ['a trigger switched off', '42501', () => attempt('alter table audit_entry disable trigger all')],
    ['triggers bypassed by replication role', '42501', () => attempt(`set session_replication_role = 'replica'`)],
    ['another role taken on', '42501', () => attempt('set role postgres')],
    ['a table of its own', '42501', () => attempt('create table mine (id int)')],
    ['a table that hides another', '42501', () => attempt('create temporary table approval (id int)')],
    ['an epoch of before', 'P5', () => attempt('update account set epoch = epoch - 1 where id = $1', [ids.agent])],
    ...(
      [
        ['accounts', 'update account set reach = 0 where false'],
        ['requests', 'update request set reason = reason where false'],
        ['approvals', 'update approval set voided_at = voided_at where false'],
        ['roles', 'update role_grant set revoked_at = revoked_at where false'],
        ['links', 'update link set used_at = used_at where false'],
        ['credentials', 'delete from credential where false'],
        ['sessions', 'insert into session select * from session where false'],
        ['organisations', 'update organisation set name = name where false'],
        ['call-backs', 'insert into call_back select * from call_back where false'],
      ] as const
    ).map(
      ([what, change]) =>
        [`an older picture of ${what}`, 'P1', () => together(['set transaction isolation level repeatable read'], [change])] as const,
    ),
    [
      'the place of a request moved with its content',
      'P3',
      () =>
        attempt(
          `with moved as (select id, replace(content::text, organisation_id::text, (select id::text from organisation o where o.level = 'site' and o.id <> r.organisation_id limit 1)) as text from request r where id = $1)
           update request r set content = moved.text::json, content_hash = encode(sha256(convert_to(moved.text, 'UTF8')), 'hex') from moved where r.id = moved.id`,
          [ids.pending],
        ),
    ],
  ] as const)('%s → %s', async (_, expected, run) => {
    expect(await run()).toBe(expected)
  })

  const sign = `insert into approval (id, request_id, approver_id, content_hash, independent, given_at) select gen_random_uuid(), id, $2, content_hash, true, now() from request where id = $1`
  const newSite = `with fresh as (select gen_random_uuid() as id)
    insert into organisation (id, external_id, level, parent_id, path, nation_id, network_id, region_id, departement_id, structure_id, site_id, name, created_at)
    select fresh.id, 'raw-sql', level, parent_id, path, nation_id, network_id, region_id, departement_id, structure_id, fresh.id, 'Antenne de nulle part', now()
    from organisation o, fresh where o.level = 'site' limit 1`
  const asCountersigned = `insert into account (id, organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, login, given_name, family_name, email, phone, profile_id, reach, status, status_changed_at, created_by_request_id, authorised_by_request_id, ends_on, created_at)
    select gen_random_uuid(), organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, content ->> 'login', content ->> 'givenName', content ->> 'familyName', content ->> 'email', content ->> 'phone', content ->> 'profile', 0, 'active', now(), id, id, (content ->> 'endsOn')::date, now() from request where id = $1`
  test.each([
    ['an organisation', () => together([newSite])],
    [
      'the name of an organisation',
      () =>
        together([
          `update organisation set name = name || ' bis' where external_id = (select min(external_id) from organisation where level = 'site')`,
        ]),
    ],
    [
      'a role taken away',
      () =>
        together([
          `update role_grant set revoked_at = now() where id = (select id from role_grant where role = 'auditor' and revoked_at is null limit 1)`,
        ]),
    ],
    ['a telephone of an organisation', () => together([`update organisation set phone = '+33100000000' where level = 'site'`])],
    ['a request cancelled', () => together([`update request set status = 'cancelled', decided_at = now() where id = $1`, [ids.pending]])],
    ['a signature', () => together([sign, [ids.pending, ids.sophie]])],
    [
      'a call',
      () =>
        together([
          `insert into call_back (id, request_id, caller_id, outcome, note, called_at) values (gen_random_uuid(), $1, $2, 'confirmed', '', now())`,
          [ids.pending, ids.sophie],
        ]),
    ],
    [
      'an account, all else being in order and told',
      () =>
        together(
          [sign, [ids.pending, ids.sophie]],
          [`update request set status = 'executed', decided_at = now() where id = $1`, [ids.pending]],
          [asCountersigned, [ids.pending]],
          entryAbout(`'${ids.pending}'`),
        ),
    ],
  ] as const)('%s without its audit entry → P6', async (_, run) => {
    expect(await run()).toBe('P6')
  })

  test('an approval counts at execution only while its giver holds the role', async () => {
    const pending = await make.pending(await world.as('nadia.roux'))
    const region = await make.organisation('Auvergne-Rhône-Alpes', 'region')
    const sign = `insert into approval (id, request_id, approver_id, content_hash, independent, given_at) values (gen_random_uuid(), $1, $2, $3, true, now())`
    const resign = `update role_grant set revoked_at = now() where account_id = $1 and role = 'supervisor'`
    const execute = `update request set status = 'executed', decided_at = now() where id = $1`
    const entry = (id: string) => [entryAbout(`'${id}'`)[0]] as const
    expect(region).not.toBe('')
    expect(
      await together([sign, [pending.id, ids.sophie, pending.seen]], [resign, [ids.sophie]], [execute, [pending.id]], entry(pending.id)),
    ).toBe('P1')
  })

  test('a credential is not set without its audit entry', async () => {
    const { id } = await make.account()
    expect(
      await together(
        ['update link set used_at = now() where account_id = $1', [id]],
        [
          `insert into credential (id, account_id, kind, secret, link_id, created_at) select gen_random_uuid(), account_id, 'password', 'x', id, now() from link where account_id = $1`,
          [id],
        ],
      ),
    ).toBe('P6')
  })

  test('a credential is not forgotten without its audit entry', async () => {
    const id = (await world.owner.query<{ account_id: string }>('select account_id from credential limit 1')).rows[0]?.account_id
    const account = id ?? (await make.account()).id
    if (!id) {
      await world.tamper(
        `insert into credential (id, account_id, kind, secret, link_id, created_at) select gen_random_uuid(), account_id, 'password', 'x', id, now() from link where account_id = $1 limit 1`,
        [account],
      )
    }
    expect(await attempt('delete from credential where account_id = $1', [account])).toBe('P6')
  })

  test('a temporary table is never taken for the one the checks mean', async () => {
    await world.owner.query(`do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$`)
    const hidden = await together(
      ['create temporary table approval as select * from public.approval'],
      [
        'insert into pg_temp.approval select gen_random_uuid(), id, $2, content_hash, true, now() from request where id = $1',
        [ids.pending, ids.sophie],
      ],
      [`update public.request set status = 'executed', decided_at = now() where id = $1`, [ids.pending]],
    )
    await world.owner.query(`do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$`)
    expect(hidden).toBe('P1')
  })

  test('every function of the database says where it looks', async () => {
    const { rows } = await world.owner.query<{ name: string }>(
      `select p.oid::regprocedure::text as name from pg_proc p where p.pronamespace = 'public'::regnamespace
        and not exists (select 1 from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
        and not coalesce('search_path=pg_catalog, public, pg_temp' = any (p.proconfig), false)`,
    )
    expect(rows).toEqual([])
  })

  test('even the owner cannot rewrite or empty the audit without lifting a trigger', async () => {
    expect(await verdictOfDatabase(world.owner.query(`update audit_entry set data = '{}' where id = $1`, [ids.entry]))).toBe('P6')
    expect(await verdictOfDatabase(world.owner.query('truncate audit_entry cascade'))).toBe('P6')
    expect(await verdictOfDatabase(world.owner.query('delete from audit_entry'))).toBe('P6')
  })

  test('a bulk of 3,000 accounts is held to its audit in one transaction, set by set', async () => {
    const { rows } = await world.owner.query<{ id: string }>(
      `select id from account where status = 'active' and not exists (select 1 from role_grant g where g.account_id = account.id) limit 3000`,
    )
    const everybody = rows.map(({ id }) => id)
    const end: readonly [string, readonly unknown[]] = [
      `update account set status = 'suspended', previous_status = status, epoch = epoch + 1, status_changed_at = now() where id = any($1::uuid[])`,
      [everybody],
    ]
    const prepare: readonly (readonly [string, readonly unknown[]])[] = [
      ['delete from session where account_id = any($1::uuid[])', [everybody]],
      ['update link set voided_at = now() where account_id = any($1::uuid[]) and used_at is null and voided_at is null', [everybody]],
    ]
    const entries = (ids: readonly string[]): readonly [string, readonly unknown[]] => [
      `insert into audit_entry (id, at, type, subject_id, origin, data, transaction_id) select gen_random_uuid(), now(), 'account.suspended', id, '{}', '{}', '0' from unnest($1::uuid[]) as id`,
      [ids],
    ]
    expect(await together(...prepare, end, entries(everybody.slice(1)))).toBe('P6')
  })
})
