// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are pieces of source text, to be found and replaced

/** One thing that stands in the way of an attack, and how it is taken out: in the database of the test, or in the source. */
export type Guard = { readonly name: string; readonly suites: readonly Suite[] } & (
  | { readonly sql: string }
  | { readonly file: string; readonly out: readonly [from: string, to: string] }
)
export type Suite = { readonly project: 'unit' | 'integration' | 'attack' | 'races' | 'failure'; readonly file: string }

const promises: Suite = { project: 'integration', file: 'database/promises' }
const races: Suite = { project: 'races', file: 'races-of-access' }
const holes: Suite = { project: 'attack', file: 'holes' }
const matrix: Suite = { project: 'attack', file: 'matrix' }
const door: Suite = { project: 'attack', file: 'door' }
const credentials: Suite = { project: 'integration', file: 'credentials' }
const accounts: Suite = { project: 'integration', file: 'accounts' }
const owners: Suite = { project: 'integration', file: 'policy-owners' }
const independence: Suite = { project: 'integration', file: 'independence' }
const counts: Suite = { project: 'integration', file: 'integration/counts' }
const bulks: Suite = { project: 'integration', file: 'integration/bulks' }
const requests: Suite = { project: 'integration', file: 'integration/requests' }

const incidents: Suite = { project: 'integration', file: 'integration/incidents' }
const retention: Suite = { project: 'integration', file: 'integration/retention' }
const policies: Suite = { project: 'integration', file: 'integration/policy' }
const replica: Suite = { project: 'failure', file: 'failure/replica' }
const seal: Suite = { project: 'integration', file: 'integration/seal' }
const tampering: Suite = { project: 'integration', file: 'integration/tampering' }
const witness: Suite = { project: 'unit', file: 'unit/witness' }
const signals: Suite = { project: 'integration', file: 'integration/signals' }

const trigger = (table: string, name: string, ...suites: readonly Suite[]): Guard => ({
  name: `trigger ${name}`,
  sql: `alter table ${table} disable trigger ${name}`,
  suites: [promises, ...suites],
})
const dropped = (name: string, sql: string, ...suites: readonly Suite[]): Guard => ({ name, sql, suites: [promises, ...suites] })
const source = (name: string, file: string, from: string, to: string, ...suites: readonly Suite[]): Guard => ({
  name,
  file,
  out: [from, to],
  suites,
})

const ofBulks = (table: string, name: string): Guard => ({ ...trigger(table, name), suites: [bulks] })
const ofIncidents = (table: string, name: string): Guard => ({ ...trigger(table, name), suites: [incidents] })
const ofSignals = (table: string, name: string): Guard => ({ ...trigger(table, name), suites: [signals] })

/** One condition of the function that gives a month up. */
const within = (name: string, condition: string): Guard => ({
  name,
  sql: `do $$ begin execute replace(pg_get_functiondef('close_audit_month(uuid)'::regprocedure), '${condition}', 'false'); end $$`,
  suites: [retention],
})
const ofSeal = (table: string, name: string): Guard => ({ ...trigger(table, name), name: `trigger ${name} on ${table}`, suites: [seal] })
const auditor = 'verify/countersign-verify.mjs'
const ofRetention = (table: string, name: string): Guard => ({ ...trigger(table, name), suites: [retention] })

const inDatabase: readonly Guard[] = [
  ofSeal('audit_leaf', 'log_stands'),
  ofSeal('audit_subtree', 'log_stands'),
  ofSeal('checkpoint', 'log_stands'),
  ofSeal('cosignature', 'log_stands'),
  ofSeal('audit_leaf', 'leaves_follow'),
  ofSeal('audit_subtree', 'subtree_complete'),
  ofSeal('checkpoint', 'checkpoint_reaches'),
  ofSeal('checkpoint_place', 'place_knows'),
  ofSeal('seal_check', 'check_stands'),
  ofIncidents('incident', 'incident_stands'),
  ofIncidents('incident_account', 'incident_account_stands'),
  ofIncidents('incident', 'incident_place'),
  ofIncidents('incident_account', 'incident_account_place'),
  ofIncidents('incident', 'incident_audited'),
  ofIncidents('incident_account', 'incident_account_audited'),
  ofSignals('finding', 'finding_stands'),
  ofSignals('finding', 'finding_raised'),
  ofSignals('finding', 'finding_audited'),
  ofSignals('canary', 'canary_audited'),
  ofSignals('canary', 'canary_placed'),
  ofSignals('signal_position', 'position_advances'),
  ofBulks('bulk_line', 'bulk_line_drawn'),
  ofBulks('bulk_line', 'bulk_line_acted'),
  ofBulks('bulk', 'bulk_drawn'),
  ofBulks('bulk', 'bulk_changed'),
  ofBulks('bulk', 'bulk_audited'),
  ofBulks('request', 'list_countersigned'),
  ofBulks('approval', 'not_of_the_list'),
  ofBulks('account', 'revoked_alone'),
  ofBulks('account', 'revocation_undone'),
  trigger('request', 'request_filed'),
  trigger('request', 'stamp_request'),
  trigger('request', 'request_changed', holes),
  trigger('request', 'request_executed', holes),
  trigger('request', 'approvers_in_office'),
  trigger('approval', 'approval_given', holes),
  trigger('approval', 'approval_changed'),
  trigger('account', 'account_born'),
  trigger('account', 'account_changed'),
  trigger('account', 'out_means_out'),
  trigger('account', 'account_leaves_guard', owners),
  trigger('role_grant', 'role_granted'),
  trigger('role_grant', 'role_grant_changed'),
  trigger('role_grant', 'role_leaves_guard', owners),
  trigger('link', 'link_made'),
  trigger('link', 'link_used'),
  trigger('credential', 'credential_set'),
  trigger('session', 'session_opened'),
  trigger('organisation', 'organisation_audited'),
  trigger('organisation', 'organisation_change_audited'),
  trigger('account', 'account_audited'),
  trigger('account', 'account_change_audited'),
  trigger('role_grant', 'role_audited'),
  trigger('request', 'request_audited'),
  trigger('approval', 'approval_audited'),
  trigger('call_back', 'call_back_audited'),
  trigger('credential', 'credential_audited'),
  trigger('credential', 'credential_forgotten_audited'),
  trigger('audit_entry', 'stamp_audit_entry'),
  trigger('audit_entry', 'audit_entry_stands'),
  trigger('outbox', 'message_posted'),
  { ...trigger('policy', 'policy_changed'), suites: [policies] },
  { ...trigger('policy', 'policy_audited'), suites: [policies] },
  ofRetention('audit_month', 'audit_month_audited'),
  ofRetention('retention', 'retention_audited'),
  within('the oldest month first, when it is over', 'month.id IS DISTINCT FROM month_id'),
  within('kept from when it was recorded', 'month.recorded_until > month.kept_from'),
  within('an open incident keeps its months', 'month.incidents > 0'),
  {
    name: 'maintenance alone drops',
    sql: 'grant execute on function close_audit_month(uuid), due_audit_month(), drop_closed_audit_months() to public',
    suites: [retention],
  },
  {
    name: 'maintenance tells of months alone',
    sql: `do $$ begin execute replace(pg_get_functiondef('stamp_audit_entry()'::regprocedure), 'NOT has_table_privilege', 'false AND has_table_privilege'); end $$`,
    suites: [retention],
  },
  {
    name: 'a commit looks into one month',
    sql: `do $$ begin execute replace(pg_get_functiondef('must_be_audited()'::regprocedure), 'AND at > now()', 'AND recorded_at > now()'); end $$`,
    suites: [retention],
  },
  ...['account', 'request', 'approval', 'role_grant', 'link', 'credential', 'session', 'organisation', 'call_back'].map((table) => ({
    ...trigger(table, 'reads_the_present'),
    name: `trigger reads_the_present on ${table}`,
  })),
  dropped(
    'where the functions of the database look',
    `do $$ declare name regprocedure; begin for name in select p.oid::regprocedure from pg_proc p where p.pronamespace = 'public'::regnamespace and 'search_path=pg_catalog, public, pg_temp' = any (p.proconfig)
      loop execute format('alter function %s reset search_path', name); end loop; end $$`,
  ),
  dropped('no temporary tables', `do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$`),
  trigger('account', 'account_counted', counts),
  trigger('account', 'account_recounted', counts),
  dropped('the application’s rights, column by column', 'grant all on all tables in schema public to countersign_application'),
  dropped(
    'check someone_must_agree',
    'alter table request drop constraint request__someone_must_agree; drop trigger request_filed on request',
    holes,
  ),
  dropped('check some_role_may_agree', 'alter table request drop constraint request__some_role_may_agree', holes),
  dropped('check hash_of_content', 'alter table request drop constraint request__hash_of_content'),
  dropped('check request__givers', 'alter table request drop constraint request__givers'),
  dropped('check request__role_givers', 'alter table request drop constraint request__role_givers'),
  dropped('check approval__independent', 'alter table approval drop constraint approval__independent'),
  dropped('index approval__once_each', 'drop index approval__once_each', holes),
  dropped('index request__one_pending', 'drop index request__one_pending'),
  dropped('index organisation__one_nation', 'drop index organisation__one_nation'),
]

const approval = 'shared/src/requests/approval.ts'
const inSource: readonly Guard[] = [
  source('H1 scope before all', approval, "&& 'out-of-scope'\n\nconst open", '&& false\n\nconst open', holes),
  source('H2 somebody must be signed in', 'server/src/trpc.ts', 'if (!ctx.person) throw', 'if (false) throw', matrix),
  source('H3 a network is founded once', 'server/src/commands/init.ts', 'if (await founding.done(db))', 'if (false as boolean)', holes),
  source(
    'H4 not one’s own request',
    approval,
    "request.requesterId === actor.id && 'own-request',\n  ({ actor, request, onList })",
    "false && 'own-request',\n  ({ actor, request, onList })",
    holes,
  ),
  source(
    'H5 one person, one signature',
    approval,
    "request.approverIds.includes(actor.id) && 'already-approved'",
    "false && 'already-approved'",
    holes,
  ),
  source(
    'H6 nobody is not everybody',
    'shared/src/access/scope.ts',
    'scope.some(({ level, organisationId }) => place',
    'scope.length === 0 || scope.some(({ level, organisationId }) => place',
    holes,
  ),
  source(
    'H7 silence is a refusal',
    'server/src/features/requests/requests.store.ts',
    "set status = 'expired'",
    "set status = 'pending'",
    holes,
  ),
  source(
    'H8 no role above the others',
    'shared/src/requests/requirement.ts',
    "'create-account': ['supervisor'],",
    "'create-account': ['supervisor', 'policy-owner'],",
    holes,
  ),
  source(
    'H9 a deadline ends',
    approval,
    "request.expiresAt <= now && 'expired',\n  ({ request, seen })",
    "false && 'expired',\n  ({ request, seen })",
    holes,
  ),
  source('H10 what was seen', approval, "request.contentHash !== seen && 'content-changed'", "false && 'content-changed'", holes),
  // H11 has no guard of its own: before approval there is nobody who could enter.
  source('H12 no relatives', approval, "independentSince(now))) &&\n    'not-independent'", 'independentSince(now))) &&\n    false', holes),
  source(
    'H13 the request is held',
    'server/src/features/requests/requests.store.ts',
    "const [row] = await tx.select().from(request).where(eq(request.id, id)).for('update')",
    'const [row] = await tx.select().from(request).where(eq(request.id, id))',
    holes,
  ),
  source(
    'H14 links fall with their issuer',
    'server/src/features/accounts/accounts.store.ts',
    'where r.requester_id = any(${among}) and l.account_id',
    'where false and l.account_id',
    holes,
  ),
  source(
    'guesses take turns',
    'server/src/features/sessions/sessions.store.ts',
    'select epoch from account where id = ${accountId} for no key update',
    'select epoch from account where id = ${accountId}',
    races,
  ),
  source(
    'a waiting account is not answered',
    'server/src/features/sessions/sign-in.ts',
    'if (wait && wait > now) return',
    'if (false as boolean) return',
    credentials,
  ),
  source(
    'a proof of yesterday’s password opens nothing',
    'server/src/features/sessions/sign-in.ts',
    'if (present !== epoch)',
    'if (false as boolean)',
    races,
  ),
  source(
    'one person’s work takes turns',
    'server/src/kernel/actor.ts',
    'select pg_advisory_xact_lock(hashtextextended(${id}, ${personLock}))',
    'select 1 as turn where ${id} is not null and ${personLock} > 0',
    races,
  ),
  source(
    'an entry recorded lately keeps its month',
    'shared/src/audit/retention.ts',
    'recordedUntil !== null && recordedUntil > keptFrom',
    'recordedUntil === keptFrom',
    retention,
  ),
  source(
    'no finding suspends without the policy',
    'server/src/features/signals/contain.ts',
    'const { criticalSuspends } = await policies.read(tx)',
    'const criticalSuspends = policies !== null',
    policies,
  ),
  source(
    'a finding put off suspends nobody',
    'server/src/features/signals/findings.store.ts',
    "f.severity = 'critical' and f.status = 'open'",
    "f.severity = 'critical'",
    policies,
  ),
  source(
    'who came back is left alone',
    'server/src/features/signals/findings.store.ts',
    'and a.status_changed_at < f.last_at',
    '',
    policies,
  ),
  source(
    'who asks a decoy back is left alone',
    'shared/src/signals/containing.ts',
    "'canary-used': ({ decoy }) => decoy",
    "'canary-used': true",
    policies,
  ),
  source('twenty an hour', 'server/src/features/signals/contain.ts', 'closing.slice(0, left)', 'closing', policies),
  source('one change of the policy at a time', 'shared/src/policy/policy.ts', 'pending && ', 'false && ', policies),
  source(
    'the policy that was seen',
    'server/src/features/policy/set.ts',
    'if (!samePolicy(standing.document, before))',
    'if (false as boolean)',
    policies,
  ),
  source('a long retention has a reason', 'shared/src/audit/retention.ts', '&& !after.reason', '&& false', retention),
  source('short batches', 'server/src/app.ts', 'maxBatchSize: 20', 'maxBatchSize: 2000', door),
  source(
    'a last IT admin stays',
    'shared/src/accounts/ending.ts',
    "verb === 'revoke' && lastItAdmin && 'last-it-admin'",
    "false && 'last-it-admin'",
    owners,
  ),
  source('three public asks a day', 'server/src/features/requests/ask-publicly.ts', '>= publicAsksADay', '>= 99', credentials),
  source('addresses are counted', 'server/src/trpc.ts', "throw new Refused('too-many')", 'void 0', credentials),
  source(
    'a public ask gives way',
    'server/src/features/requests/submit.ts',
    'pending?.requesterId === null && by.requesterId !== null ? pending : null',
    'null',
    credentials,
  ),
  source('a second person confirms', 'server/src/features/accounts/end.ts', 'confirmed.map(({ id }) => id),', '[],', owners),
  source(
    'owners stay',
    'shared/src/accounts/ending.ts',
    "ownersLeft !== null && leavesTooFewOwners(verb, ownersLeft) && 'last-policy-owner'",
    "false && 'last-policy-owner'",
    owners,
  ),
  source(
    'a role takes its signatures along',
    'server/src/features/accounts/revoke-role.ts',
    "await signatures.void(tx, { requestIds: idsOf(unsigned), approverIds: [accountId], because: 'role-revoked', now })",
    'void now',
    owners,
  ),
  source(
    'streams are narrowed',
    'server/src/features/live/live.router.ts',
    'person = present\n        const mine = told.filter((change) => concerns(present, change))',
    'const mine = told',
    owners,
  ),
  source(
    'signatures are held against the lineage again',
    'server/src/features/requests/approve.ts',
    'const { request, fallen } = standingSignatures({ request: locked, kinship, now })',
    'const { request, fallen } = { request: locked, fallen: [] as string[] }',
    independence,
  ),
  source(
    'a bulk leaves alone what changed',
    'server/src/features/bulks/advance.ts',
    'changedSince: row.epoch !== epoch ||',
    'changedSince: false &&',
    bulks,
  ),
  source(
    'a bulk has an orderer who is in',
    'server/src/kernel/actor.ts',
    "where a.id = ${id} and a.status = 'active' and a.epoch = ${epoch} and a.ends_on >= current_date`,\n  )",
    'where a.id = ${id} and a.epoch >= ${epoch}`,\n  )',
    bulks,
  ),
  source(
    'who is related to a list does not sign for it',
    'server/src/features/bulks/lines.store.ts',
    '(await bulkLines.holdsRelatives(',
    'false && (await bulkLines.holdsRelatives(',
    bulks,
  ),
  source(
    'a role taken away first is counted',
    'server/src/features/accounts/revocations.store.ts',
    'or ${revokedAt} > now() - make_interval(hours => ${massHours})',
    'or ${massHours} < 0',
    bulks,
  ),
  source(
    'nothing leaves for who is out',
    'server/src/kernel/leaving.ts',
    'if (!present || heldBy(present) !== held)',
    'if (held === null)',
    door,
  ),
  source('three holders of roles are many', 'shared/src/bulks/threshold.ts', 'holders > fewHolders', 'false', bulks),
  source(
    'a return is not stopped by who put people out',
    'shared/src/bulks/deciding.ts',
    "if (bulk.verb === 'reinstate')",
    'if (false as boolean)',
    bulks,
  ),
  source('a bulk takes no guardian', 'shared/src/bulks/plan.ts', "&& 'guardian-one-by-one'", '&& false', bulks),
  source('a bulk takes not its orderer', 'shared/src/bulks/plan.ts', "&& 'own-account'", '&& false', bulks),
  source(
    'a dry run is confirmed by who made it',
    'shared/src/bulks/deciding.ts',
    "bulk.ordererId !== actor.id && 'out-of-scope'",
    'false',
    bulks,
  ),
  source('a dry run is confirmed as it was seen', 'shared/src/bulks/deciding.ts', "&& 'content-changed'", '&& false', bulks),
  source(
    'a bulk is stopped by who could order it',
    'shared/src/bulks/deciding.ts',
    "return refused('not-permitted')",
    'return granted(next ?? subject.bulk.status)',
    bulks,
  ),
  source(
    'a mass revocation is no click',
    'server/src/features/accounts/end.ts',
    "verb === 'revoke' && (await isMassRevocation(tx, actor.id, closing, now))",
    'false as boolean',
    bulks,
  ),
  source(
    'a filter is understood or refused',
    'shared/src/bulks/bulk.ts',
    'filter: z.strictObject(narrowing)',
    'filter: z.object({})',
    bulks,
  ),
  source('a selection keeps to the scope', 'server/src/features/bulks/selection.store.ts', 'and ${within(scope, account)}', '', bulks),
  source(
    'who is on a list does not sign for it',
    'server/src/features/bulks/lines.store.ts',
    'const onList = await bulkLines.holds(',
    'const onList = false && await bulkLines.holds(',
    bulks,
  ),
  source(
    'an incident keeps to its scope',
    'shared/src/incidents/incident.ts',
    'covers(scopeOf(actor, permission), place)',
    'true',
    incidents,
  ),
  source('nobody writes the story about themselves', 'shared/src/incidents/incident.ts', "concerned && 'own-account'", 'false', incidents),
  source(
    'a closed incident is closed',
    'shared/src/incidents/incident.ts',
    "incident.closedAt !== null && 'already-decided'",
    'false',
    incidents,
  ),
  source('nobody is warned of what is found about them', 'shared/src/signals/settling.ts', 'accountId !== actor.id && ', '', signals),
  source(
    'nobody lists what is found about them',
    'server/src/features/signals/findings.store.ts',
    ' and finding.account_id is distinct from ${actor.id} and (finding.account_id is not null or not ${involving(actor.id)})',
    '',
    signals,
  ),
  source(
    'a burst holds what is pending',
    'server/src/features/requests/breaker.store.ts',
    'approvals_needed + 1 from theirs',
    'approvals_needed from theirs',
    signals,
  ),
  source(
    'a burst holds what comes next',
    'server/src/features/requests/submit.ts',
    'usual.approvalsNeeded + more',
    'usual.approvalsNeeded',
    signals,
  ),
  source(
    'what is accepted is silent',
    'shared/src/signals/settling.ts',
    "status === 'open' || until === null || until <= now",
    'true as boolean',
    signals,
  ),
  source(
    'one process seals at a time',
    'server/src/features/seal/seal.ts',
    'if (!(await seal.turn(tx))) return 0',
    'await seal.turn(tx)',
    seal,
  ),
  source(
    'nothing is sealed before what it rests on',
    'server/src/features/seal/seal.store.ts',
    'e.number < coalesce((select min(later.number) from audit_entry later where later.transaction_id >= ${horizon}::xid8), e.number + 1)',
    'true',
    seal,
  ),
  source('entries are sealed as they were told', 'server/src/kernel/audit.ts', ' order by e.id`', '`', seal),
  source(
    'no tree but the one that was signed is signed',
    'server/src/features/seal/seal.ts',
    'if (!isOurs(await checkpoints.newest(tx), end.size, joined(edge), log))',
    'if (false as boolean)',
    seal,
  ),
  source(
    'the proof of an entry is within scope',
    'server/src/features/seal/export-proof.ts',
    'const reader = { id: person.id, scope }',
    "const reader = { id: person.id, scope: [{ level: 'nation' as const, organisationId: (await ctx.db.$client.query(`select id from organisation where level = 'nation'`)).rows[0].id }] }",
    door,
  ),
  source(
    'a witness looks and remembers at once',
    'server/src/witness/witness.ts',
    'turn.then(() => answer(body))',
    'answer(body)',
    witness,
  ),
  source(
    'a witness asks for a proof',
    'server/src/witness/witness.ts',
    'if (!isConsistent(seen, checkpoint, request.proof))',
    'if (false as boolean)',
    witness,
  ),
  source(
    'a witness knows one key',
    'server/src/witness/witness.ts',
    "if (!signedBy(note, log)) return { status: 403, body: '' }",
    '',
    witness,
  ),
  source('the auditor: every leaf', auditor, 'if (!computed.equals(stored))', 'if (false)', tampering),
  source('the auditor: every root', auditor, 'if (rootOf(this.edge).equals(note.root)) {', 'if (true) {', tampering),
  source(
    'the auditor: the key',
    auditor,
    'if (signedBy(note, this.key) !== true) return `a checkpoint over',
    'if (false) return `a checkpoint over',
    tampering,
  ),
  source(
    'the auditor: one order of parts',
    auditor,
    'if (stage === undefined || stage < this.stage || this.stage === stages.end) {',
    'if (stage === undefined) {',
    tampering,
  ),
  source('the auditor: what is missing', auditor, 'if (this.stage === 0 && stage > 0) this.judgeMissing()', '', tampering),
  source('the auditor: independence', auditor, 'if (other) return `was given by', 'if (false) return `was given by', tampering),
  source('the auditor: somebody else', auditor, "if (actorId === requester) return 'was given by the person who asked'", '', tampering),
  source(
    'the auditor: the content',
    auditor,
    "if (data.contentHash !== hash) return 'is of another content than what was asked for'",
    '',
    tampering,
  ),
  source('the auditor: once', auditor, 'if (used.has(who)) return', 'if (false) return', tampering),
  source('the auditor: the accounts', auditor, 'if (account.status !== null && account.status !== status)', 'if (false)', tampering),
  source('one login at a time', 'server/src/features/accounts/logins.store.ts', 'select pg_advisory_xact_lock(', 'select abs(', requests),
  source(
    'garbage cookies',
    'server/src/kernel/actor.ts',
    'rowWhere(db, sql`s.token_hash = ${tokenHash}`)',
    'rowWhere(db, sql`true`)',
    door,
  ),
  source(
    'a replica that is behind is not asked',
    'server/src/kernel/replica.ts',
    'if (answer !== null && answer >= wanted) return true',
    'if (answer !== null && wanted >= 0n) return true',
    replica,
  ),
  source('other sites', 'server/src/app.ts', "response.status(403).json({ refusal: 'not-permitted' })", 'next()', door),
  source(
    'links from configuration',
    'server/src/carriers/mail.ts',
    'address: `${publicUrl}/${page}#${token}`',
    'address: `https://evil.example/${page}#${token}`',
    door,
  ),
  source('permissions', 'server/src/trpc.ts', 'if (!holds(ctx.actor, permission))', 'if (false as boolean)', matrix),
  source(
    'sessions end',
    'server/src/features/accounts/accounts.store.ts',
    'delete from session where account_id = any(${among}) returning',
    'delete from session where false returning',
    accounts,
  ),
]

export const guards: readonly Guard[] = [...inSource, ...inDatabase]
