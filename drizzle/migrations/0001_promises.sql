-- The promises of the design, held by the database against an application that is confused or worse.
-- Each refusal starts with the name of its promise. Everything is set-based: one check a statement, not one a row.
-- A condition that is unknown (null) must refuse: hence IS NOT TRUE and IS DISTINCT FROM, and never a bare NOT.

ALTER TABLE account ADD CONSTRAINT account__born_of FOREIGN KEY (created_by_request_id) REFERENCES request (id);
ALTER TABLE account ADD CONSTRAINT account__authorised_by FOREIGN KEY (authorised_by_request_id) REFERENCES request (id);
ALTER TABLE account ADD CONSTRAINT account__status CHECK (status IN ('active', 'suspended', 'revoked'));
ALTER TABLE request ADD CONSTRAINT request__status CHECK (status IN ('pending', 'executed', 'rejected', 'cancelled', 'expired', 'voided'));
ALTER TABLE request ADD CONSTRAINT request__kind CHECK (kind IN ('found-network', 'create-account', 'reset-credentials', 'reinstate', 'grant-role'));
-- Who asks, takes away or only reads must not give (H4, H8).
ALTER TABLE request ADD CONSTRAINT request__givers CHECK (kind = 'found-network' OR NOT approver_roles && ARRAY['account-manager', 'it-admin', 'auditor']);
ALTER TABLE request ADD CONSTRAINT request__role_givers CHECK (kind <> 'grant-role' OR approver_roles = ARRAY['policy-owner']);
ALTER TABLE organisation ADD CONSTRAINT organisation__level CHECK (level IN ('nation', 'network', 'region', 'departement', 'structure', 'site'));
ALTER TABLE organisation ADD CONSTRAINT organisation__itself_in_place CHECK (id = CASE level WHEN 'nation' THEN nation_id WHEN 'network' THEN network_id
  WHEN 'region' THEN region_id WHEN 'departement' THEN departement_id WHEN 'structure' THEN structure_id ELSE site_id END);
CREATE UNIQUE INDEX organisation__one_nation ON organisation (level) WHERE level = 'nation';
CREATE UNIQUE INDEX credential__one_of_a_kind_per_link ON credential (link_id, kind) WHERE kind <> 'recovery-code';

INSERT INTO profile (id, data_scope, rights, networks) VALUES
  ('site-adviser', 'site', '{read,write}', '{mission-locale,cap-emploi,provider}'),
  ('structure-adviser', 'structure', '{read,write}', '{mission-locale,cap-emploi}'),
  ('structure-reader', 'structure', '{read}', '{mission-locale,cap-emploi,provider}'),
  ('structure-management', 'structure', '{read,write,export}', '{mission-locale,cap-emploi}'),
  ('departement-coordinator', 'departement', '{read}', '{mission-locale,cap-emploi,france-travail}'),
  ('region-coordinator', 'region', '{read}', '{mission-locale,cap-emploi,france-travail}'),
  ('region-analyst', 'region', '{read,export}', '{france-travail}'),
  ('national-support', 'nation', '{read}', '{france-travail}');

CREATE FUNCTION refuse(promise text, sentence text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%: %', promise, sentence USING ERRCODE = 'CS' || lpad(substr(promise, 2), 3, '0'); END $$;

-- P1, P3: a request is satisfied when enough distinct people who may, and are neither requester nor subject, approved this very content.
CREATE FUNCTION unsatisfied(requests uuid[]) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
  SELECT r.id FROM request r
  WHERE r.id = ANY (requests) AND r.kind <> 'found-network' AND r.approvals_needed > (
    SELECT count(DISTINCT a.approver_id) FROM approval a
    WHERE a.request_id = r.id AND a.voided_at IS NULL AND a.independent AND a.content_hash = r.content_hash
      AND a.approver_id IS DISTINCT FROM r.requester_id AND a.approver_id IS DISTINCT FROM r.subject_id)
$$;

-- P4, P10: the fewest approvals the database accepts, whatever the application says.
CREATE FUNCTION approvals_floor(kind text, content json, subject uuid) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN kind = 'found-network' THEN 2
    WHEN kind = 'grant-role' THEN CASE WHEN (SELECT count(DISTINCT g.account_id) FROM role_grant g WHERE g.role = 'policy-owner') < 3 THEN 1 ELSE 2 END
    WHEN EXISTS (SELECT 1 FROM profile p WHERE p.data_scope = 'nation'
      AND p.id IN (content ->> 'profile', (SELECT a.profile_id FROM account a WHERE a.id = subject))) THEN 2
    ELSE 1 END
$$;

CREATE FUNCTION request_filed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM filed WHERE status <> 'pending' OR executed_in IS NOT NULL) THEN PERFORM refuse('P1', 'a request begins as pending'); END IF;
  IF EXISTS (SELECT 1 FROM filed WHERE approvals_needed < approvals_floor(kind, content, subject_id)) THEN PERFORM refuse('P4', 'fewer approvals than this kind of request needs'); END IF;
  IF EXISTS (SELECT 1 FROM filed WHERE kind = 'found-network') AND EXISTS (SELECT 1 FROM account) THEN PERFORM refuse('P10', 'a network is founded once, while it has no account'); END IF;
  IF EXISTS (SELECT 1 FROM filed f LEFT JOIN account a ON a.id = f.subject_id WHERE f.kind <> 'found-network' AND ((f.content ->> 'kind') IS DISTINCT FROM f.kind
      OR (f.content ->> 'accountId') IS DISTINCT FROM f.subject_id::text
      OR f.organisation_id::text IS DISTINCT FROM CASE f.kind WHEN 'create-account' THEN f.content ->> 'organisationId' ELSE a.organisation_id::text END))
  THEN PERFORM refuse('P3', 'a request is about what its content says'); END IF;
  IF EXISTS (SELECT 1 FROM filed f JOIN organisation o ON o.id = f.organisation_id
    WHERE (f.nation_id, f.network_id, f.region_id, f.departement_id, f.structure_id, f.site_id) IS DISTINCT FROM (o.nation_id, o.network_id, o.region_id, o.departement_id, o.structure_id, o.site_id))
  THEN PERFORM refuse('P7', 'the place of a request is that of its organisation'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER request_filed AFTER INSERT ON request REFERENCING NEW TABLE AS filed FOR EACH STATEMENT EXECUTE FUNCTION request_filed();

CREATE FUNCTION stamp_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.executed_in := CASE WHEN NEW.status = 'executed' AND OLD.status <> 'executed' THEN pg_current_xact_id() ELSE OLD.executed_in END;
  RETURN NEW;
END $$;
CREATE TRIGGER stamp_request BEFORE UPDATE ON request FOR EACH ROW EXECUTE FUNCTION stamp_request();

CREATE FUNCTION request_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE executed uuid[];
BEGIN
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id) WHERE was.status <> 'pending' AND was IS DISTINCT FROM became) THEN PERFORM refuse('P3', 'a decided request does not change'); END IF;
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id) WHERE became.approvals_needed < was.approvals_needed
      OR became.approvals_needed < approvals_floor(became.kind, became.content, became.subject_id)) THEN PERFORM refuse('P3', 'the requirement of a request is frozen'); END IF;
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id) WHERE became.content_hash <> was.content_hash AND became.status <> 'pending') THEN PERFORM refuse('P3', 'what is executed is what was countersigned'); END IF;
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id) WHERE became.content_hash <> was.content_hash
      AND (became.content ->> 'kind', became.content ->> 'accountId') IS DISTINCT FROM (was.content ->> 'kind', was.content ->> 'accountId')) THEN PERFORM refuse('P3', 'a request keeps its kind and its subject'); END IF;
  SELECT array_agg(became.id) INTO executed FROM became JOIN was USING (id) WHERE became.status = 'executed' AND was.status <> 'executed';
  IF executed IS NOT NULL THEN
    IF EXISTS (SELECT 1 FROM unsatisfied(executed)) THEN PERFORM refuse('P1', 'executed without the approvals its requirement names'); END IF;
    IF EXISTS (SELECT 1 FROM became WHERE id = ANY (executed) AND kind = 'found-network') AND EXISTS (SELECT 1 FROM account) THEN PERFORM refuse('P10', 'a network is founded once, while it has no account'); END IF;
    IF EXISTS (SELECT 1 FROM became WHERE id = ANY (executed) AND (expires_at <= decided_at OR held_until > decided_at OR decided_at IS NULL OR decided_at > now())) THEN PERFORM refuse('P4', 'executed after its deadline or before its waiting time'); END IF;
    IF EXISTS (SELECT 1 FROM became b WHERE b.id = ANY (executed) AND b.kind = 'reset-credentials' AND b.requester_id IS NULL AND NOT EXISTS (
        SELECT 1 FROM approval a WHERE a.request_id = b.id AND a.voided_at IS NULL AND a.approver_id IS DISTINCT FROM
          (SELECT c.caller_id FROM call_back c WHERE c.request_id = b.id ORDER BY c.called_at DESC, c.id DESC LIMIT 1))) THEN PERFORM refuse('P1', 'who called back alone does not countersign what nobody known asked'); END IF;
    IF EXISTS (SELECT 1 FROM became WHERE id = ANY (executed) AND kind = 'reset-credentials' AND 'confirmed' IS DISTINCT FROM
        (SELECT c.outcome FROM call_back c WHERE c.request_id = became.id ORDER BY c.called_at DESC, c.id DESC LIMIT 1)) THEN PERFORM refuse('P1', 'a reset without a confirmed call-back'); END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER request_changed AFTER UPDATE ON request REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION request_changed();

CREATE FUNCTION approval_given() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM given a JOIN request r ON r.id = a.request_id
    WHERE a.approver_id IS NOT DISTINCT FROM r.requester_id OR a.approver_id IS NOT DISTINCT FROM r.subject_id) THEN PERFORM refuse('P1', 'neither requester nor subject may approve'); END IF;
  IF EXISTS (SELECT 1 FROM given a JOIN request r ON r.id = a.request_id
    WHERE r.status <> 'pending' OR a.content_hash <> r.content_hash OR a.voided_at IS NOT NULL) THEN PERFORM refuse('P3', 'an approval names the content of a pending request'); END IF;
  IF EXISTS (SELECT 1 FROM given a JOIN request r ON r.id = a.request_id WHERE NOT EXISTS (
    SELECT 1 FROM role_grant g JOIN account holder ON holder.id = g.account_id AND holder.status = 'active'
    WHERE g.account_id = a.approver_id AND g.revoked_at IS NULL AND g.role = ANY (r.approver_roles)
      AND g.organisation_id IN (r.nation_id, r.network_id, r.region_id, r.departement_id, r.structure_id, r.site_id))) THEN PERFORM refuse('P1', 'the approver holds none of the roles asked for, here'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER approval_given AFTER INSERT ON approval REFERENCING NEW TABLE AS given FOR EACH STATEMENT EXECUTE FUNCTION approval_given();

CREATE FUNCTION approval_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id) WHERE was.voided_at IS NOT NULL OR became.voided_at IS NULL) THEN PERFORM refuse('P3', 'an approval can only be voided, once'); END IF;
  IF EXISTS (SELECT 1 FROM became JOIN request r ON r.id = became.request_id WHERE r.status <> 'pending') THEN PERFORM refuse('P3', 'the approvals of a decided request stand'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER approval_changed AFTER UPDATE ON approval REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION approval_changed();

-- P1, P3: an account is born of a request executed in the same transaction, and is what the request said.
CREATE FUNCTION account_born() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM born b JOIN request r ON r.id = b.created_by_request_id
    WHERE r.status <> 'executed' OR r.executed_in IS DISTINCT FROM pg_current_xact_id() OR r.kind NOT IN ('create-account', 'found-network')
      OR b.status <> 'active' OR b.previous_status IS NOT NULL OR b.authorised_by_request_id <> b.created_by_request_id)
    THEN PERFORM refuse('P1', 'an account is born of a request executed in the same transaction'); END IF;
  IF EXISTS (SELECT 1 FROM unsatisfied((SELECT array_agg(created_by_request_id) FROM born))) THEN PERFORM refuse('P1', 'an account is born of a countersigned request'); END IF;
  IF EXISTS (SELECT 1 FROM born b JOIN request r ON r.id = b.created_by_request_id WHERE r.kind = 'create-account'
    AND (b.login, b.email, b.phone, b.given_name, b.family_name, b.profile_id, b.organisation_id::text, b.ends_on::text)
      IS DISTINCT FROM (r.content ->> 'login', r.content ->> 'email', r.content ->> 'phone', r.content ->> 'givenName', r.content ->> 'familyName',
        r.content ->> 'profile', r.content ->> 'organisationId', r.content ->> 'endsOn')) THEN PERFORM refuse('P3', 'an account is what was countersigned'); END IF;
  IF EXISTS (SELECT 1 FROM born b JOIN request r ON r.id = b.created_by_request_id WHERE r.kind = 'found-network')
    AND ((SELECT count(*) FROM born) <> 2 OR (SELECT count(*) FROM account) <> 2) THEN PERFORM refuse('P10', 'a network has two founders, together'); END IF;
  IF EXISTS (SELECT 1 FROM born b JOIN organisation o ON o.id = b.organisation_id
    WHERE (b.nation_id, b.network_id, b.region_id, b.departement_id, b.structure_id, b.site_id) IS DISTINCT FROM (o.nation_id, o.network_id, o.region_id, o.departement_id, o.structure_id, o.site_id))
    THEN PERFORM refuse('P7', 'the place of an account is that of its organisation'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER account_born AFTER INSERT ON account REFERENCING NEW TABLE AS born FOR EACH STATEMENT EXECUTE FUNCTION account_born();

-- P1: what a change gives back or widens names a request of the right kind, about this account, executed in this transaction.
CREATE FUNCTION account_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id)
    WHERE (was.status, became.status) NOT IN (('active','active'), ('suspended','suspended'), ('revoked','revoked'), ('active','suspended'), ('active','revoked'), ('suspended','revoked'))
      AND NOT EXISTS (SELECT 1 FROM request r WHERE r.id = became.authorised_by_request_id AND r.kind = 'reinstate' AND r.subject_id = became.id
        AND r.status = 'executed' AND r.executed_in = pg_current_xact_id() AND (was.status, became.status) = ('suspended', 'active'))
      AND (became.status = was.previous_status AND became.status_changed_by = was.status_changed_by AND became.previous_status IS NULL
        AND was.status_changed_at > now() - interval '30 seconds'
        AND EXISTS (SELECT 1 FROM audit_entry e WHERE e.subject_id = was.id AND e.actor_id = was.status_changed_by AND e.at = was.status_changed_at AND e.type IN ('account.suspended', 'account.revoked'))) IS NOT TRUE)
    THEN PERFORM refuse('P1', 'an account comes back by a countersigned request, or by the hand that ended it within 30 seconds'); END IF;
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id)
    WHERE (was.email, was.phone, was.profile_id, was.organisation_id) IS DISTINCT FROM (became.email, became.phone, became.profile_id, became.organisation_id) OR became.ends_on > was.ends_on)
    THEN PERFORM refuse('P1', 'contact, profile, place and a later end change by countersigned requests alone'); END IF;
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id)
    WHERE was.status = became.status AND (was.previous_status, was.status_changed_at, was.status_changed_by, was.authorised_by_request_id)
      IS DISTINCT FROM (became.previous_status, became.status_changed_at, became.status_changed_by, became.authorised_by_request_id))
    THEN PERFORM refuse('P1', 'who ended an account, and when, is written when it ends'); END IF;
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id)
    WHERE was.status <> became.status AND became.status <> 'active' AND became.previous_status IS NOT NULL AND became.previous_status <> was.status)
    THEN PERFORM refuse('P1', 'an account that ends remembers what it was'); END IF;
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id)
    WHERE was.status IS DISTINCT FROM became.status AND (became.status_changed_at > now() OR became.epoch <= was.epoch))
    THEN PERFORM refuse('P5', 'a change of status raises the epoch and is dated by the database'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER account_changed AFTER UPDATE ON account REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION account_changed();

-- P1, P10: a role names the request that was executed for it in this transaction.
CREATE FUNCTION role_granted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM given g JOIN request r ON r.id = g.request_id
    WHERE r.status <> 'executed' OR r.executed_in IS DISTINCT FROM pg_current_xact_id() OR g.revoked_at IS NOT NULL
      OR (CASE r.kind
        WHEN 'grant-role' THEN (g.account_id, g.role, g.organisation_id::text) IS NOT DISTINCT FROM (r.subject_id, r.content ->> 'role', r.content ->> 'organisationId')
        WHEN 'found-network' THEN g.role IN ('policy-owner', 'supervisor') AND EXISTS (SELECT 1 FROM account a WHERE a.id = g.account_id AND a.created_by_request_id = r.id)
        ELSE false END) IS NOT TRUE) THEN PERFORM refuse('P10', 'a role is given by a countersigned request alone'); END IF;
  IF EXISTS (SELECT 1 FROM unsatisfied((SELECT array_agg(request_id) FROM given))) THEN PERFORM refuse('P10', 'a role is given by a countersigned request alone'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER role_granted AFTER INSERT ON role_grant REFERENCING NEW TABLE AS given FOR EACH STATEMENT EXECUTE FUNCTION role_granted();

CREATE FUNCTION role_grant_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM was WHERE was.revoked_at IS NOT NULL) THEN PERFORM refuse('P10', 'a revoked role stays revoked'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER role_grant_changed AFTER UPDATE ON role_grant REFERENCING OLD TABLE AS was FOR EACH STATEMENT EXECUTE FUNCTION role_grant_changed();

-- P1: a link that can set a credential belongs to an executed request about that very account.
CREATE FUNCTION link_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM made l JOIN request r ON r.id = l.request_id JOIN account a ON a.id = l.account_id
    WHERE l.used_at IS NOT NULL OR (CASE l.kind
      WHEN 'disown' THEN r.subject_id = l.account_id OR a.created_by_request_id = r.id
      WHEN 'invitation' THEN r.status = 'executed' AND r.executed_in = pg_current_xact_id() AND a.created_by_request_id = r.id AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.account_id = a.id)
      WHEN 'reset' THEN r.status = 'executed' AND r.kind = 'reset-credentials' AND r.subject_id = a.id AND r.executed_in = pg_current_xact_id()
      WHEN 'enrolment' THEN r.status = 'executed' AND r.executed_in = pg_current_xact_id() AND r.kind = 'grant-role' AND r.subject_id = a.id AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.account_id = a.id AND c.kind = 'totp')
      ELSE false END) IS NOT TRUE) THEN PERFORM refuse('P1', 'a link belongs to a countersigned request about this account'); END IF;
  IF EXISTS (SELECT 1 FROM made l JOIN account a ON a.id = l.account_id WHERE a.status <> 'active') THEN PERFORM refuse('P5', 'no link for an account that is out'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER link_made AFTER INSERT ON link REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION link_made();

CREATE FUNCTION link_used() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.used_at IS NOT NULL OR OLD.voided_at IS NOT NULL THEN PERFORM refuse('P1', 'a link is used or voided once, for ever'); END IF;
  NEW.used_in := CASE WHEN NEW.used_at IS NOT NULL THEN pg_current_xact_id() END;
  RETURN NEW;
END $$;
CREATE TRIGGER link_used BEFORE UPDATE ON link FOR EACH ROW EXECUTE FUNCTION link_used();

CREATE FUNCTION credential_set() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM made c JOIN link l ON l.id = c.link_id JOIN account a ON a.id = c.account_id
    WHERE l.account_id <> c.account_id OR l.used_in IS DISTINCT FROM pg_current_xact_id() OR l.kind NOT IN ('invitation', 'reset', 'enrolment')
      OR (l.kind = 'enrolment' AND c.kind = 'password') OR a.status <> 'active') THEN PERFORM refuse('P1', 'a credential is set through a link that is used in this transaction'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER credential_set AFTER INSERT ON credential REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION credential_set();

-- P5: no session for an account that is out, and none left behind at commit.
CREATE FUNCTION session_opened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM account WHERE id = NEW.account_id AND status = 'active' AND epoch = NEW.epoch FOR SHARE;
  IF NOT FOUND THEN PERFORM refuse('P5', 'no session for an account that is out'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER session_opened AFTER INSERT ON session FOR EACH ROW EXECUTE FUNCTION session_opened();

CREATE FUNCTION out_means_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM session WHERE account_id = NEW.id) OR EXISTS (SELECT 1 FROM link WHERE account_id = NEW.id AND used_at IS NULL AND voided_at IS NULL)
    OR EXISTS (SELECT 1 FROM request WHERE requester_id = NEW.id AND status = 'pending')
    OR EXISTS (SELECT 1 FROM approval a JOIN request r ON r.id = a.request_id WHERE a.approver_id = NEW.id AND a.voided_at IS NULL AND r.status = 'pending')
    THEN PERFORM refuse('P5', 'sessions, links, requests and pending approvals end with the account'); END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER out_means_out AFTER UPDATE ON account DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.status <> 'active' AND OLD.status = 'active') EXECUTE FUNCTION out_means_out();

-- P6: a change of governed state cannot commit without an entry of the same transaction about it; entries never change.
CREATE FUNCTION must_be_audited() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE about uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM audit_entry WHERE transaction_id = pg_current_xact_id() AND subject_id = about) THEN PERFORM refuse('P6', 'a change of ' || TG_TABLE_NAME || ' without its audit entry'); END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER organisation_audited AFTER INSERT ON organisation DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('id');
CREATE CONSTRAINT TRIGGER organisation_change_audited AFTER UPDATE ON organisation DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.name, OLD.parent_id, OLD.caseload, OLD.convention_ends_on, OLD.email_domain, OLD.address) IS DISTINCT FROM (NEW.name, NEW.parent_id, NEW.caseload, NEW.convention_ends_on, NEW.email_domain, NEW.address)) EXECUTE FUNCTION must_be_audited('id');
CREATE CONSTRAINT TRIGGER account_audited AFTER INSERT ON account DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('id');
CREATE CONSTRAINT TRIGGER account_change_audited AFTER UPDATE ON account DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.status, OLD.email, OLD.phone, OLD.profile_id, OLD.organisation_id, OLD.ends_on) IS DISTINCT FROM (NEW.status, NEW.email, NEW.phone, NEW.profile_id, NEW.organisation_id, NEW.ends_on)) EXECUTE FUNCTION must_be_audited('id');
CREATE CONSTRAINT TRIGGER role_audited AFTER INSERT OR UPDATE ON role_grant DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('account_id');
CREATE CONSTRAINT TRIGGER request_audited AFTER INSERT OR UPDATE ON request DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('id');
CREATE CONSTRAINT TRIGGER approval_audited AFTER INSERT OR UPDATE ON approval DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('request_id');
CREATE CONSTRAINT TRIGGER call_back_audited AFTER INSERT ON call_back DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('request_id');
CREATE CONSTRAINT TRIGGER credential_audited AFTER INSERT ON credential DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('account_id');

CREATE FUNCTION stamp_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.recorded_at := now();
  NEW.transaction_id := pg_current_xact_id();
  IF NEW.at > NEW.recorded_at THEN PERFORM refuse('P6', 'an entry about the future'); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stamp_audit_entry BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION stamp_audit_entry();

CREATE FUNCTION audit_entry_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM refuse('P6', 'an audit entry is never changed'); RETURN NULL; END $$;
CREATE TRIGGER audit_entry_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_stands();

-- Who could control these people, directly or through a chain, since then (P2). The extract the pure policy decides on.
CREATE FUNCTION kinship_around(people uuid[], since timestamptz) RETURNS TABLE (by_account uuid, of_account uuid, at timestamptz) LANGUAGE sql STABLE AS $$
  WITH RECURSIVE up AS (
    SELECT l.from_account_id, l.to_account_id, l.at FROM lineage l
    WHERE l.to_account_id = ANY (people) AND l.at >= since AND l.kind IN ('asked', 'reset', 'granted-role')
    UNION
    SELECT l.from_account_id, l.to_account_id, l.at FROM lineage l JOIN up ON l.to_account_id = up.from_account_id
    WHERE l.at >= since AND l.kind IN ('asked', 'reset', 'granted-role'))
  SELECT * FROM up
$$;

-- The changed rows are few beside the tables they are held against: look each one up, whatever stale statistics say.
ALTER FUNCTION unsatisfied(uuid[]) SET enable_hashjoin = off;
ALTER FUNCTION unsatisfied(uuid[]) SET enable_mergejoin = off;
ALTER FUNCTION request_filed() SET enable_hashjoin = off;
ALTER FUNCTION request_filed() SET enable_mergejoin = off;
ALTER FUNCTION request_changed() SET enable_hashjoin = off;
ALTER FUNCTION request_changed() SET enable_mergejoin = off;
ALTER FUNCTION approval_given() SET enable_hashjoin = off;
ALTER FUNCTION approval_given() SET enable_mergejoin = off;
ALTER FUNCTION approval_changed() SET enable_hashjoin = off;
ALTER FUNCTION approval_changed() SET enable_mergejoin = off;
ALTER FUNCTION account_born() SET enable_hashjoin = off;
ALTER FUNCTION account_born() SET enable_mergejoin = off;
ALTER FUNCTION account_changed() SET enable_hashjoin = off;
ALTER FUNCTION account_changed() SET enable_mergejoin = off;
ALTER FUNCTION role_granted() SET enable_hashjoin = off;
ALTER FUNCTION role_granted() SET enable_mergejoin = off;
ALTER FUNCTION link_made() SET enable_hashjoin = off;
ALTER FUNCTION link_made() SET enable_mergejoin = off;
ALTER FUNCTION credential_set() SET enable_hashjoin = off;
ALTER FUNCTION credential_set() SET enable_mergejoin = off;
ALTER FUNCTION kinship_around(uuid[], timestamptz) SET enable_hashjoin = off;
ALTER FUNCTION kinship_around(uuid[], timestamptz) SET enable_mergejoin = off;
