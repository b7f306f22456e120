-- The same promises at the price of the rows they look at. Measured before: 10,000 accounts changed at once were held against each other pair
-- by pair, and a plan made while the tables were empty read all of them at every statement.
-- What one row says about itself is one row's trigger, called only where something governed changed; what a row has to be held against is looked
-- up by its key, row by row of the few that changed: OFFSET 0 keeps the planner from turning that around, whatever its statistics say.
DROP TRIGGER account_changed ON account;
DROP TRIGGER account_leaves_guard ON account;
DROP TRIGGER request_changed ON request;
DROP TRIGGER approvers_in_office ON request;
DROP TRIGGER approval_changed ON approval;
DROP TRIGGER role_grant_changed ON role_grant;
DROP FUNCTION approvers_in_office();--> statement-breakpoint

-- P1, P5: what a change gives back or widens names a request of the right kind, about this account, executed in this transaction.
CREATE OR REPLACE FUNCTION account_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.email, OLD.phone, OLD.profile_id, OLD.organisation_id) IS DISTINCT FROM (NEW.email, NEW.phone, NEW.profile_id, NEW.organisation_id) OR NEW.ends_on > OLD.ends_on
    THEN PERFORM refuse('P1', 'contact, profile, place and a later end change by countersigned requests alone'); END IF;
  IF NEW.epoch < OLD.epoch THEN PERFORM refuse('P5', 'an epoch only rises'); END IF;
  IF OLD.status = NEW.status THEN
    IF (OLD.status_changed_at, OLD.status_changed_by, OLD.authorised_by_request_id) IS DISTINCT FROM (NEW.status_changed_at, NEW.status_changed_by, NEW.authorised_by_request_id)
      OR NEW.previous_status IS DISTINCT FROM OLD.previous_status AND NEW.previous_status IS NOT NULL
      THEN PERFORM refuse('P1', 'who ended an account, and when, is written when it ends'); END IF;
    RETURN NULL;
  END IF;
  IF (NEW.status_changed_at <= now() AND NEW.epoch > OLD.epoch) IS NOT TRUE
    THEN PERFORM refuse('P5', 'a change of status raises the epoch and is dated by the database'); END IF;
  IF (OLD.status, NEW.status) IN (('active', 'suspended'), ('active', 'revoked'), ('suspended', 'revoked')) THEN
    IF NEW.previous_status IS NOT NULL AND NEW.previous_status <> OLD.status
      THEN PERFORM refuse('P1', 'an account that ends remembers what it was'); END IF;
    RETURN NULL;
  END IF;
  IF (OLD.status, NEW.status) = ('suspended', 'active') AND EXISTS (SELECT 1 FROM request r
      WHERE r.id = NEW.authorised_by_request_id AND r.kind = 'reinstate' AND r.subject_id = NEW.id AND r.status = 'executed' AND r.executed_in = pg_current_xact_id())
    THEN RETURN NULL; END IF;
  IF (NEW.status = OLD.previous_status AND NEW.status_changed_by = OLD.status_changed_by AND NEW.previous_status IS NULL
      AND OLD.status_changed_at > now() - interval '30 seconds'
      AND EXISTS (SELECT 1 FROM audit_entry e WHERE e.subject_id = OLD.id AND e.actor_id = OLD.status_changed_by AND e.at = OLD.status_changed_at AND e.type IN ('account.suspended', 'account.revoked'))) IS NOT TRUE
    THEN PERFORM refuse('P1', 'an account comes back by a countersigned request, or by the hand that ended it within 30 seconds'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER account_changed AFTER UPDATE ON account FOR EACH ROW
  WHEN ((OLD.status, OLD.previous_status, OLD.status_changed_at, OLD.status_changed_by, OLD.authorised_by_request_id, OLD.email, OLD.phone, OLD.profile_id, OLD.organisation_id, OLD.ends_on, OLD.epoch)
    IS DISTINCT FROM (NEW.status, NEW.previous_status, NEW.status_changed_at, NEW.status_changed_by, NEW.authorised_by_request_id, NEW.email, NEW.phone, NEW.profile_id, NEW.organisation_id, NEW.ends_on, NEW.epoch))
  EXECUTE FUNCTION account_changed();--> statement-breakpoint

-- The few that guard are found first; who of them leaves only now is asked of those alone.
CREATE OR REPLACE FUNCTION account_leaves_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM guardians_remain(array_agg(guard.role), bool_or(guard.status = 'revoked')) FROM (
    SELECT b.id, b.status, g.role FROM became b CROSS JOIN LATERAL (
      SELECT role FROM role_grant WHERE account_id = b.id AND role IN ('policy-owner', 'it-admin') AND revoked_at IS NULL OFFSET 0) g
    WHERE b.status <> 'active' OFFSET 0) guard
  WHERE EXISTS (SELECT 1 FROM was w WHERE w.id = guard.id AND w.status <> guard.status);
  RETURN NULL;
END $$;
CREATE TRIGGER account_leaves_guard AFTER UPDATE ON account REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION account_leaves_guard();--> statement-breakpoint

-- P1, P3: an account is born of a request executed in the same transaction, and is what the request said.
CREATE OR REPLACE FUNCTION account_born() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM born b CROSS JOIN LATERAL (SELECT * FROM request WHERE id = b.created_by_request_id OFFSET 0) r
    WHERE r.status <> 'executed' OR r.executed_in IS DISTINCT FROM pg_current_xact_id() OR r.kind NOT IN ('create-account', 'found-network')
      OR b.status <> 'active' OR b.previous_status IS NOT NULL OR b.authorised_by_request_id <> b.created_by_request_id)
    THEN PERFORM refuse('P1', 'an account is born of a request executed in the same transaction'); END IF;
  IF EXISTS (SELECT 1 FROM unsatisfied((SELECT array_agg(created_by_request_id) FROM born))) THEN PERFORM refuse('P1', 'an account is born of a countersigned request'); END IF;
  IF EXISTS (SELECT 1 FROM born b CROSS JOIN LATERAL (SELECT content FROM request WHERE id = b.created_by_request_id AND kind = 'create-account' OFFSET 0) r
    WHERE (b.login, b.email, b.phone, b.given_name, b.family_name, b.profile_id, b.organisation_id::text, b.ends_on::text)
      IS DISTINCT FROM (r.content ->> 'login', r.content ->> 'email', r.content ->> 'phone', r.content ->> 'givenName', r.content ->> 'familyName',
        r.content ->> 'profile', r.content ->> 'organisationId', r.content ->> 'endsOn')) THEN PERFORM refuse('P3', 'an account is what was countersigned'); END IF;
  IF EXISTS (SELECT 1 FROM born b WHERE EXISTS (SELECT 1 FROM request WHERE id = b.created_by_request_id AND kind = 'found-network' OFFSET 0))
    AND ((SELECT count(*) FROM born) <> 2 OR (SELECT count(*) FROM account) <> 2) THEN PERFORM refuse('P10', 'a network has two founders, together'); END IF;
  IF EXISTS (SELECT 1 FROM born b CROSS JOIN LATERAL (SELECT * FROM organisation WHERE id = b.organisation_id OFFSET 0) o
    WHERE (b.nation_id, b.network_id, b.region_id, b.departement_id, b.structure_id, b.site_id) IS DISTINCT FROM (o.nation_id, o.network_id, o.region_id, o.departement_id, o.structure_id, o.site_id))
    THEN PERFORM refuse('P7', 'the place of an account is that of its organisation'); END IF;
  RETURN NULL;
END $$;--> statement-breakpoint

-- P4, P10: the fewest approvals the database accepts at filing and for new content, whatever the application says. What was filed keeps its
-- requirement (P3), or a founder's request of before the third policy owner could neither be decided nor fall with its founder.
CREATE OR REPLACE FUNCTION approvals_floor(kind text, content json, subject uuid) RETURNS integer LANGUAGE plpgsql STABLE AS $$
DECLARE profiles text[];
BEGIN
  IF kind = 'found-network' THEN RETURN 2; END IF;
  IF kind = 'grant-role' THEN RETURN CASE WHEN (SELECT count(DISTINCT g.account_id) FROM role_grant g WHERE g.role = 'policy-owner') < 3 THEN 1 ELSE 2 END; END IF;
  profiles := ARRAY[content ->> 'profile', (SELECT a.profile_id FROM account a WHERE a.id = subject)];
  RETURN CASE WHEN EXISTS (SELECT 1 FROM profile p WHERE p.data_scope = 'nation' AND p.id = ANY (profiles)) THEN 2 ELSE 1 END;
END $$;--> statement-breakpoint

CREATE OR REPLACE FUNCTION request_filed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM filed WHERE status <> 'pending' OR executed_in IS NOT NULL) THEN PERFORM refuse('P1', 'a request begins as pending'); END IF;
  IF EXISTS (SELECT 1 FROM filed WHERE approvals_needed < approvals_floor(kind, content, subject_id)) THEN PERFORM refuse('P4', 'fewer approvals than this kind of request needs'); END IF;
  IF EXISTS (SELECT 1 FROM filed WHERE kind = 'found-network') AND EXISTS (SELECT 1 FROM account) THEN PERFORM refuse('P10', 'a network is founded once, while it has no account'); END IF;
  IF EXISTS (SELECT 1 FROM filed f WHERE f.kind <> 'found-network' AND ((f.content ->> 'kind') IS DISTINCT FROM f.kind
      OR (f.content ->> 'accountId') IS DISTINCT FROM f.subject_id::text
      OR f.organisation_id::text IS DISTINCT FROM CASE f.kind WHEN 'create-account' THEN f.content ->> 'organisationId'
        ELSE (SELECT a.organisation_id::text FROM account a WHERE a.id = f.subject_id) END))
  THEN PERFORM refuse('P3', 'a request is about what its content says'); END IF;
  IF EXISTS (SELECT 1 FROM filed f CROSS JOIN LATERAL (SELECT * FROM organisation WHERE id = f.organisation_id OFFSET 0) o
    WHERE (f.nation_id, f.network_id, f.region_id, f.departement_id, f.structure_id, f.site_id) IS DISTINCT FROM (o.nation_id, o.network_id, o.region_id, o.departement_id, o.structure_id, o.site_id))
  THEN PERFORM refuse('P7', 'the place of a request is that of its organisation'); END IF;
  RETURN NULL;
END $$;--> statement-breakpoint

CREATE OR REPLACE FUNCTION request_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> 'pending' AND OLD *<> NEW THEN PERFORM refuse('P3', 'a decided request does not change'); END IF;
  IF NEW.approvals_needed < OLD.approvals_needed THEN PERFORM refuse('P3', 'the requirement of a request is frozen'); END IF;
  IF NEW.content_hash <> OLD.content_hash THEN
    IF NEW.approvals_needed < approvals_floor(NEW.kind, NEW.content, NEW.subject_id) THEN PERFORM refuse('P4', 'fewer approvals than this kind of request needs'); END IF;
    IF NEW.kind = 'create-account' AND (NEW.content ->> 'organisationId') IS DISTINCT FROM NEW.organisation_id::text THEN PERFORM refuse('P3', 'a request keeps its place'); END IF;
    IF NEW.status <> 'pending' THEN PERFORM refuse('P3', 'what is executed is what was countersigned'); END IF;
    IF (NEW.content ->> 'kind', NEW.content ->> 'accountId') IS DISTINCT FROM (OLD.content ->> 'kind', OLD.content ->> 'accountId')
      THEN PERFORM refuse('P3', 'a request keeps its kind and its subject'); END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER request_changed AFTER UPDATE ON request FOR EACH ROW EXECUTE FUNCTION request_changed();--> statement-breakpoint

-- P1, P2, P4: executed with the approvals its requirement names, in time, of people who are active and hold one of the roles asked for, here.
CREATE FUNCTION request_executed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE executed uuid[] := (SELECT array_agg(id) FROM became WHERE status = 'executed' AND executed_in = pg_current_xact_id());
BEGIN
  IF executed IS NULL THEN RETURN NULL; END IF;
  IF EXISTS (SELECT 1 FROM unsatisfied(executed)) THEN PERFORM refuse('P1', 'executed without the approvals its requirement names'); END IF;
  IF EXISTS (SELECT 1 FROM became WHERE status = 'executed' AND kind = 'found-network') AND EXISTS (SELECT 1 FROM account)
    THEN PERFORM refuse('P10', 'a network is founded once, while it has no account'); END IF;
  IF EXISTS (SELECT 1 FROM became WHERE status = 'executed' AND (expires_at > decided_at AND (held_until IS NULL OR held_until <= decided_at) AND decided_at <= now()) IS NOT TRUE)
    THEN PERFORM refuse('P4', 'executed after its deadline or before its waiting time'); END IF;
  IF EXISTS (SELECT 1 FROM became b WHERE b.status = 'executed' AND b.kind = 'reset-credentials' AND b.requester_id IS NULL AND NOT EXISTS (
      SELECT 1 FROM approval a WHERE a.request_id = b.id AND a.voided_at IS NULL AND a.approver_id IS DISTINCT FROM
        (SELECT c.caller_id FROM call_back c WHERE c.request_id = b.id ORDER BY c.called_at DESC, c.id DESC LIMIT 1) OFFSET 0))
    THEN PERFORM refuse('P1', 'who called back alone does not countersign what nobody known asked'); END IF;
  IF EXISTS (SELECT 1 FROM became b WHERE b.status = 'executed' AND b.kind = 'reset-credentials' AND 'confirmed' IS DISTINCT FROM
      (SELECT c.outcome FROM call_back c WHERE c.request_id = b.id ORDER BY c.called_at DESC, c.id DESC LIMIT 1))
    THEN PERFORM refuse('P1', 'a reset without a confirmed call-back'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER request_executed AFTER UPDATE ON request REFERENCING NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION request_executed();
CREATE FUNCTION approvers_in_office() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM became r CROSS JOIN LATERAL (SELECT approver_id FROM approval WHERE request_id = r.id AND voided_at IS NULL OFFSET 0) a
    WHERE r.status = 'executed' AND r.executed_in = pg_current_xact_id() AND r.kind <> 'found-network' AND NOT EXISTS (
      SELECT 1 FROM role_grant g JOIN account holder ON holder.id = g.account_id AND holder.status = 'active'
      WHERE g.account_id = a.approver_id AND g.revoked_at IS NULL AND g.role = ANY (r.approver_roles)
        AND g.organisation_id IN (r.nation_id, r.network_id, r.region_id, r.departement_id, r.structure_id, r.site_id) OFFSET 0))
    THEN PERFORM refuse('P1', 'an approval of somebody who no longer holds the role'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER approvers_in_office AFTER UPDATE ON request REFERENCING NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION approvers_in_office();--> statement-breakpoint

CREATE OR REPLACE FUNCTION approval_given() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM given a CROSS JOIN LATERAL (SELECT * FROM request WHERE id = a.request_id OFFSET 0) r
    WHERE a.approver_id IS NOT DISTINCT FROM r.requester_id OR a.approver_id IS NOT DISTINCT FROM r.subject_id) THEN PERFORM refuse('P1', 'neither requester nor subject may approve'); END IF;
  IF EXISTS (SELECT 1 FROM given a CROSS JOIN LATERAL (SELECT * FROM request WHERE id = a.request_id OFFSET 0) r
    WHERE r.status <> 'pending' OR a.content_hash <> r.content_hash OR a.voided_at IS NOT NULL) THEN PERFORM refuse('P3', 'an approval names the content of a pending request'); END IF;
  IF EXISTS (SELECT 1 FROM given a CROSS JOIN LATERAL (SELECT * FROM request WHERE id = a.request_id OFFSET 0) r WHERE NOT EXISTS (
    SELECT 1 FROM role_grant g JOIN account holder ON holder.id = g.account_id AND holder.status = 'active'
    WHERE g.account_id = a.approver_id AND g.revoked_at IS NULL AND g.role = ANY (r.approver_roles)
      AND g.organisation_id IN (r.nation_id, r.network_id, r.region_id, r.departement_id, r.structure_id, r.site_id) OFFSET 0)) THEN PERFORM refuse('P1', 'the approver holds none of the roles asked for, here'); END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION approval_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.voided_at IS NOT NULL OR NEW.voided_at IS NULL THEN PERFORM refuse('P3', 'an approval can only be voided, once'); END IF;
  IF (SELECT status FROM request WHERE id = NEW.request_id) IS DISTINCT FROM 'pending' THEN PERFORM refuse('P3', 'the approvals of a decided request stand'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER approval_changed AFTER UPDATE ON approval FOR EACH ROW EXECUTE FUNCTION approval_changed();--> statement-breakpoint

-- P1, P10: a role names the request that was executed for it in this transaction.
CREATE OR REPLACE FUNCTION role_granted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM given g CROSS JOIN LATERAL (SELECT * FROM request WHERE id = g.request_id OFFSET 0) r
    WHERE r.status <> 'executed' OR r.executed_in IS DISTINCT FROM pg_current_xact_id() OR g.revoked_at IS NOT NULL
      OR (CASE r.kind
        WHEN 'grant-role' THEN (g.account_id, g.role, g.organisation_id::text) IS NOT DISTINCT FROM (r.subject_id, r.content ->> 'role', r.content ->> 'organisationId')
        WHEN 'found-network' THEN g.role IN ('policy-owner', 'supervisor') AND EXISTS (SELECT 1 FROM account a WHERE a.id = g.account_id AND a.created_by_request_id = r.id)
        ELSE false END) IS NOT TRUE) THEN PERFORM refuse('P10', 'a role is given by a countersigned request alone'); END IF;
  IF EXISTS (SELECT 1 FROM unsatisfied((SELECT array_agg(request_id) FROM given))) THEN PERFORM refuse('P10', 'a role is given by a countersigned request alone'); END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION role_grant_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM refuse('P10', 'a revoked role stays revoked');
  RETURN NULL;
END $$;
CREATE TRIGGER role_grant_changed AFTER UPDATE ON role_grant FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL) EXECUTE FUNCTION role_grant_changed();--> statement-breakpoint

-- P1: a link that can set a credential belongs to an executed request about that very account; a credential to a link used in this transaction.
CREATE OR REPLACE FUNCTION link_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM made l CROSS JOIN LATERAL (SELECT * FROM request WHERE id = l.request_id OFFSET 0) r CROSS JOIN LATERAL (SELECT * FROM account WHERE id = l.account_id OFFSET 0) a
    WHERE l.used_at IS NOT NULL OR (CASE l.kind
      WHEN 'disown' THEN r.subject_id = l.account_id OR a.created_by_request_id = r.id
      WHEN 'invitation' THEN r.status = 'executed' AND r.executed_in = pg_current_xact_id() AND a.created_by_request_id = r.id AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.account_id = a.id OFFSET 0)
      WHEN 'reset' THEN r.status = 'executed' AND r.kind = 'reset-credentials' AND r.subject_id = a.id AND r.executed_in = pg_current_xact_id()
      WHEN 'enrolment' THEN r.status = 'executed' AND r.executed_in = pg_current_xact_id() AND r.kind = 'grant-role' AND r.subject_id = a.id AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.account_id = a.id AND c.kind = 'totp' OFFSET 0)
      ELSE false END) IS NOT TRUE) THEN PERFORM refuse('P1', 'a link belongs to a countersigned request about this account'); END IF;
  IF EXISTS (SELECT 1 FROM made l CROSS JOIN LATERAL (SELECT status FROM account WHERE id = l.account_id OFFSET 0) a WHERE a.status <> 'active') THEN PERFORM refuse('P5', 'no link for an account that is out'); END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION credential_set() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM made c CROSS JOIN LATERAL (SELECT * FROM link WHERE id = c.link_id OFFSET 0) l CROSS JOIN LATERAL (SELECT * FROM account WHERE id = c.account_id OFFSET 0) a
    WHERE l.account_id <> c.account_id OR l.used_in IS DISTINCT FROM pg_current_xact_id() OR l.kind NOT IN ('invitation', 'reset', 'enrolment')
      OR (l.kind = 'enrolment' AND c.kind = 'password') OR a.status <> 'active') THEN PERFORM refuse('P1', 'a credential is set through a link that is used in this transaction'); END IF;
  RETURN NULL;
END $$;--> statement-breakpoint

-- P6: looks at one column of the row; turning the whole of it to JSON was most of what this cost.
CREATE OR REPLACE FUNCTION must_be_audited() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE changed record; about uuid;
BEGIN
  IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
  IF TG_ARGV[0] = 'account_id' THEN about := changed.account_id; ELSIF TG_ARGV[0] = 'request_id' THEN about := changed.request_id; ELSE about := changed.id; END IF;
  IF NOT EXISTS (SELECT 1 FROM audit_entry WHERE transaction_id = pg_current_xact_id() AND subject_id = about) THEN PERFORM refuse('P6', 'a change of ' || TG_TABLE_NAME || ' without its audit entry'); END IF;
  RETURN NULL;
END $$;--> statement-breakpoint

-- P6: where somebody can be found and called is told as well.
DROP TRIGGER organisation_change_audited ON organisation;
CREATE CONSTRAINT TRIGGER organisation_change_audited AFTER UPDATE ON organisation DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.name, OLD.parent_id, OLD.caseload, OLD.convention_ends_on, OLD.email_domain, OLD.address, OLD.postcode, OLD.commune_code, OLD.phone)
    IS DISTINCT FROM (NEW.name, NEW.parent_id, NEW.caseload, NEW.convention_ends_on, NEW.email_domain, NEW.address, NEW.postcode, NEW.commune_code, NEW.phone)) EXECUTE FUNCTION must_be_audited('id');--> statement-breakpoint

-- Every check above reads what others have committed by now. A transaction that looks at an older picture would be shown approvals since
-- voided and guardians since gone.
CREATE FUNCTION reads_the_present() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN PERFORM refuse('P1', 'governed state changes in a transaction that reads the present'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE ON account FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE ON request FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE ON approval FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE ON role_grant FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE ON link FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE OR DELETE ON credential FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE ON organisation FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();
CREATE TRIGGER reads_the_present BEFORE INSERT ON call_back FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();
CREATE TRIGGER reads_the_present BEFORE INSERT ON session FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();--> statement-breakpoint

-- A key is looked up in its index, however small the table was when the plan was made; where there is no index that price would call the
-- compiler at every turn, hence no jit. And the tables are these: a temporary one of the same name would be found first.
DO $$
DECLARE name regprocedure;
BEGIN
  FOREACH name IN ARRAY ARRAY['unsatisfied(uuid[])', 'kinship_around(uuid[],timestamptz)', 'account_changed()', 'account_leaves_guard()', 'account_born()',
    'request_filed()', 'request_executed()', 'approvers_in_office()', 'approval_given()', 'approval_changed()', 'role_granted()', 'link_made()', 'credential_set()',
    'out_means_out()', 'must_be_audited()']::regprocedure[]
  LOOP
    EXECUTE format('ALTER FUNCTION %s RESET ALL', name);
    EXECUTE format('ALTER FUNCTION %s SET enable_seqscan = off', name);
    EXECUTE format('ALTER FUNCTION %s SET jit = off', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['unsatisfied(uuid[])', 'kinship_around(uuid[],timestamptz)', 'approvers_in_office()', 'approval_given()']::regprocedure[]
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET enable_hashjoin = off', name);
    EXECUTE format('ALTER FUNCTION %s SET enable_mergejoin = off', name);
  END LOOP;
  -- These count what is few, in whatever way is cheapest; who is in office today is a question of the country's calendar.
  ALTER FUNCTION guardians_remain(text[], boolean) SET enable_seqscan = on;
  ALTER FUNCTION guardians_remain(text[], boolean) SET timezone = 'Europe/Paris';
  ALTER FUNCTION approvals_floor(text, json, uuid) SET enable_seqscan = on;
  FOR name IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, public, pg_temp', name);
  END LOOP;
END $$;
