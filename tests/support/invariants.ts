import type pg from 'pg'

/** What is older has left the audit. */
const kept = `(select coalesce(max(until) filter (where dropped_at is not null), '-infinity') from audit_month)`

/** What must hold after anything whatever, as queries that find the exceptions. */
const queries: Record<string, string> = {
  'P1 an active account was born of a satisfied request': `
    select a.id from account a join request r on r.id = a.created_by_request_id
    where r.status <> 'executed' or r.id in (select unsatisfied(array_agg(created_by_request_id)) from account)`,
  'P1 a contact is that of its birth, or of the last change that was carried out and not taken back': `
    select a.id from account a join request b on b.id = a.created_by_request_id and b.kind = 'create-account'
      left join lateral (select content from request r where r.subject_id = a.id and r.kind = 'change-contact' and r.status = 'executed' order by r.decided_at desc, r.id desc limit 1) c on true
    where (a.email, a.phone) is distinct from (coalesce(c.content, b.content) ->> 'email', coalesce(c.content, b.content) ->> 'phone')
      and not exists (select 1 from audit_entry e where e.subject_id = a.id and e.type = 'account.contact-restored')`,
  'P1 a role in force names a satisfied request': `
    select g.id from role_grant g join request r on r.id = g.request_id where r.status <> 'executed' or r.id in (select unsatisfied(array_agg(request_id)) from role_grant)`,
  'P1 nobody approved their own request or about themselves': `
    select a.id from approval a join request r on r.id = a.request_id where a.approver_id in (r.requester_id, r.subject_id)`,
  'P3 an executed request has approvals of exactly its content': `
    select r.id from request r where r.status = 'executed' and r.kind <> 'found-network'
      and r.approvals_needed > (select count(*) from approval a where a.request_id = r.id and a.voided_at is null and a.content_hash = r.content_hash)`,
  'P4 a pending request lacks approvals': `
    select r.id from request r where r.status = 'pending'
      and r.approvals_needed <= (select count(*) from approval a where a.request_id = r.id and a.voided_at is null and a.content_hash = r.content_hash)`,
  'P5 a dead account holds no session': `select s.id from session s join account a on a.id = s.account_id where a.status <> 'active' or a.epoch <> s.epoch`,
  'P5 a dead account holds no usable link': `
    select l.id from link l join account a on a.id = l.account_id where a.status <> 'active' and l.used_at is null and l.voided_at is null
      and not (l.kind = 'disown' and exists (select 1 from request r where r.id = l.request_id and r.kind = 'change-contact'))`,
  'P5 a dead account has nothing pending': `
    select r.id from request r join account a on a.id = r.requester_id where a.status <> 'active' and r.status = 'pending'`,
  'P6 every account has its birth in the audit': `
    select a.id from account a where a.created_at >= ${kept} and not exists (select 1 from audit_entry e where e.subject_id = a.id and e.type = 'account.created')`,
  'P6 every request has its submission in the audit': `
    select r.id from request r where r.kind <> 'found-network' and r.submitted_at >= ${kept} and not exists (select 1 from audit_entry e where e.subject_id = r.id and e.type = 'request.submitted')`,
  'P8 the outbox has no gap': `
    select account_id from outbox group by account_id, destination
      having count(*) <> max(sequence) - min(sequence) + 1 or min(sequence) <> 1 and not exists (select 1 from audit_month where dropped_at is not null)`,
  'P8 every message has its entry': `select o.id from outbox o where not exists (select 1 from audit_entry e where e.id = o.entry_id)`,
  'the counts are those of the accounts': `
    select 1 from (select organisation_id, region_id, status, profile_id, count(*) as n from account group by 1, 2, 3, 4) a
    full join (select organisation_id, region_id, status, profile_id, sum(change) as n from account_count group by 1, 2, 3, 4 having sum(change) <> 0) c
      on (c.organisation_id, c.status, c.profile_id) = (a.organisation_id, a.status, a.profile_id) and c.region_id is not distinct from a.region_id
    where a.n is distinct from c.n`,
  'P7 the place of an account is that of its organisation': `
    select a.id from account a join organisation o on o.id = a.organisation_id where (a.network_id, a.structure_id, a.site_id) is distinct from (o.network_id, o.structure_id, o.site_id)`,
}

/** The names of the invariants that do not hold. */
export const invariants = async (owner: pg.Pool): Promise<readonly string[]> => {
  const broken: string[] = []
  for (const [name, query] of Object.entries(queries)) {
    const { rowCount } = await owner.query(`${query} limit 1`)
    if (rowCount) broken.push(name)
  }
  return broken
}
