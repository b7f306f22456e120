-- P1: where somebody is written to and called is changed by a countersigned request, and by nothing else.
ALTER TABLE request DROP CONSTRAINT request__kind;--> statement-breakpoint
ALTER TABLE request ADD CONSTRAINT request__kind CHECK (kind IN ('found-network', 'create-account', 'reset-credentials', 'change-contact', 'reinstate', 'grant-role', 'reinstate-bulk', 'revoke-bulk', 'set-policy'));--> statement-breakpoint

CREATE OR REPLACE FUNCTION account_changed() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF (OLD.profile_id, OLD.organisation_id) IS DISTINCT FROM (NEW.profile_id, NEW.organisation_id) OR NEW.ends_on > OLD.ends_on
    THEN PERFORM refuse('P1', 'profile, place and a later end change by countersigned requests alone'); END IF;
  IF (OLD.email, OLD.phone, OLD.contact_changed_at) IS DISTINCT FROM (NEW.email, NEW.phone, NEW.contact_changed_at) THEN
    IF (NEW.contact_changed_at BETWEEN now() - interval '1 second' AND now() AND (
        (OLD.contact_changed_at <= now() - interval '72 hours') IS NOT FALSE AND EXISTS (SELECT 1 FROM request r
          WHERE r.subject_id = NEW.id AND r.kind = 'change-contact' AND r.status = 'executed' AND r.executed_in = pg_current_xact_id()
            AND (OLD.email, OLD.phone) = (r.content -> 'before' ->> 'email', r.content -> 'before' ->> 'phone') AND (NEW.email, NEW.phone) = (r.content ->> 'email', r.content ->> 'phone'))
      -- "This was not me", said while the change is young: it goes back to what it was, and the account is out (contact_put_back holds who said so).
      OR (NEW.status = 'suspended' OR EXISTS (SELECT 1 FROM role_grant g WHERE g.account_id = NEW.id AND g.role = 'policy-owner' AND g.revoked_at IS NULL))
        AND EXISTS (SELECT 1 FROM request r WHERE r.subject_id = NEW.id AND r.kind = 'change-contact' AND r.status = 'executed' AND r.decided_at > now() - interval '144 hours'
          AND (OLD.email, OLD.phone) = (r.content ->> 'email', r.content ->> 'phone') AND (NEW.email, NEW.phone) = (r.content -> 'before' ->> 'email', r.content -> 'before' ->> 'phone')))) IS NOT TRUE
      THEN PERFORM refuse('P1', 'a contact changes by a countersigned request, from what it was to what was countersigned, or back when somebody says that it was not them'); END IF;
    IF OLD.email <> NEW.email AND EXISTS (SELECT 1 FROM link l WHERE l.account_id = NEW.id AND l.kind <> 'disown' AND l.used_at IS NULL AND l.voided_at IS NULL)
      THEN PERFORM refuse('P5', 'a link that was on its way to another address'); END IF;
  END IF;
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
  IF (OLD.status, NEW.status) = ('suspended', 'active') AND EXISTS (SELECT 1 FROM request r CROSS JOIN LATERAL (SELECT outcome, acted_in FROM bulk_line
        WHERE bulk_id = (r.content ->> 'bulkId')::uuid AND account_id = NEW.id AND plan = 'change' OFFSET 0) l
      WHERE r.id = NEW.authorised_by_request_id AND r.kind = 'reinstate-bulk' AND r.status = 'executed' AND l.outcome = 'done' AND l.acted_in = pg_current_xact_id())
    THEN RETURN NULL; END IF;
  IF (NEW.status = OLD.previous_status AND NEW.status_changed_by = OLD.status_changed_by AND NEW.previous_status IS NULL
      AND OLD.status_changed_at > now() - interval '30 seconds'
      AND EXISTS (SELECT 1 FROM audit_entry e WHERE e.subject_id = OLD.id AND e.actor_id = OLD.status_changed_by AND e.at = OLD.status_changed_at AND e.type IN ('account.suspended', 'account.revoked'))) IS NOT TRUE
    THEN PERFORM refuse('P1', 'an account comes back by a countersigned request, or by the hand that ended it within 30 seconds'); END IF;
  RETURN NULL;
END $$;--> statement-breakpoint

DROP TRIGGER account_changed ON account;--> statement-breakpoint
CREATE TRIGGER account_changed AFTER UPDATE ON account FOR EACH ROW
  WHEN ((OLD.status, OLD.previous_status, OLD.status_changed_at, OLD.status_changed_by, OLD.authorised_by_request_id, OLD.email, OLD.phone, OLD.contact_changed_at, OLD.profile_id, OLD.organisation_id, OLD.ends_on, OLD.epoch)
    IS DISTINCT FROM (NEW.status, NEW.previous_status, NEW.status_changed_at, NEW.status_changed_by, NEW.authorised_by_request_id, NEW.email, NEW.phone, NEW.contact_changed_at, NEW.profile_id, NEW.organisation_id, NEW.ends_on, NEW.epoch))
  EXECUTE FUNCTION account_changed();--> statement-breakpoint

-- P1, P6: a contact goes back because somebody said that it was not them: through a link of theirs, on their own page, or on the telephone.
CREATE FUNCTION contact_put_back() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM request r WHERE r.subject_id = NEW.id AND r.kind = 'change-contact' AND r.status = 'executed' AND r.executed_in = pg_current_xact_id()) THEN RETURN NULL; END IF;
  IF NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.transaction_id = pg_current_xact_id() AND e.at > now() - interval '1 hour' AND e.subject_id = NEW.id AND e.type = 'account.contact-restored')
    THEN PERFORM refuse('P6', 'a contact that went back without its audit entry'); END IF;
  IF NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.transaction_id = pg_current_xact_id() AND e.at > now() - interval '1 hour' AND e.subject_id = NEW.id AND e.type IN ('account.suspended', 'account.locked-out')
      AND CASE e.data ->> 'cause'
        WHEN 'disowned' THEN e.actor_id = NEW.id
          OR EXISTS (SELECT 1 FROM link l WHERE l.account_id = NEW.id AND l.kind = 'disown' AND l.used_in = pg_current_xact_id() AND l.token_hash IS NOT NULL AND l.expires_at >= now())
        WHEN 'denied-on-call-back' THEN EXISTS (SELECT 1 FROM request r JOIN call_back c ON c.request_id = r.id AND c.outcome = 'denied' AND c.caller_id = e.actor_id AND c.called_at = e.at
          WHERE r.subject_id = NEW.id AND r.status = 'rejected')
        ELSE false END)
    THEN PERFORM refuse('P1', 'a contact goes back when somebody says that it was not them'); END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER contact_put_back AFTER UPDATE ON account DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.email, OLD.phone) IS DISTINCT FROM (NEW.email, NEW.phone)) EXECUTE FUNCTION contact_put_back();--> statement-breakpoint

-- P3: what somebody confirmed on the telephone is what is countersigned: another address is another request.
CREATE OR REPLACE FUNCTION request_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF OLD.status <> 'pending' AND OLD *<> NEW THEN PERFORM refuse('P3', 'a decided request does not change'); END IF;
  IF NEW.approvals_needed < OLD.approvals_needed THEN PERFORM refuse('P3', 'the requirement of a request is frozen'); END IF;
  IF NEW.content_hash <> OLD.content_hash THEN
    IF NEW.approvals_needed < approvals_floor(NEW.kind, NEW.content, NEW.subject_id) THEN PERFORM refuse('P4', 'fewer approvals than this kind of request needs'); END IF;
    IF NEW.kind = 'create-account' AND (NEW.content ->> 'organisationId') IS DISTINCT FROM NEW.organisation_id::text THEN PERFORM refuse('P3', 'a request keeps its place'); END IF;
    IF NEW.kind = 'change-contact' THEN PERFORM refuse('P3', 'another contact is asked for anew'); END IF;
    IF NEW.status <> 'pending' THEN PERFORM refuse('P3', 'what is executed is what was countersigned'); END IF;
    IF (NEW.content ->> 'kind', NEW.content ->> 'accountId') IS DISTINCT FROM (OLD.content ->> 'kind', OLD.content ->> 'accountId')
      THEN PERFORM refuse('P3', 'a request keeps its kind and its subject'); END IF;
  END IF;
  RETURN NULL;
END $$;--> statement-breakpoint

-- A reset goes to the address on record: for 72 hours after that changed there is none (MITRE T1098).
CREATE OR REPLACE FUNCTION link_made() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM made l CROSS JOIN LATERAL (SELECT * FROM request WHERE id = l.request_id OFFSET 0) r CROSS JOIN LATERAL (SELECT * FROM account WHERE id = l.account_id OFFSET 0) a
    WHERE l.used_at IS NOT NULL OR (CASE l.kind
      WHEN 'disown' THEN r.subject_id = l.account_id OR a.created_by_request_id = r.id
      WHEN 'invitation' THEN r.status = 'executed' AND r.executed_in = pg_current_xact_id() AND a.created_by_request_id = r.id AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.account_id = a.id OFFSET 0)
      WHEN 'reset' THEN r.status = 'executed' AND r.kind = 'reset-credentials' AND r.subject_id = a.id AND r.executed_in = pg_current_xact_id() AND (a.contact_changed_at <= now() - interval '72 hours') IS NOT FALSE
      WHEN 'enrolment' THEN r.status = 'executed' AND r.executed_in = pg_current_xact_id() AND r.kind = 'grant-role' AND r.subject_id = a.id AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.account_id = a.id AND c.kind = 'totp' OFFSET 0)
      ELSE false END) IS NOT TRUE) THEN PERFORM refuse('P1', 'a link belongs to a countersigned request about this account'); END IF;
  IF EXISTS (SELECT 1 FROM made l CROSS JOIN LATERAL (SELECT status FROM account WHERE id = l.account_id OFFSET 0) a WHERE a.status <> 'active') THEN PERFORM refuse('P5', 'no link for an account that is out'); END IF;
  RETURN NULL;
END $$;--> statement-breakpoint

-- Who may countersign it, and the call a policy asks for before it.
CREATE OR REPLACE FUNCTION is_condition(condition jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (jsonb_typeof(condition) = 'object' AND condition - ARRAY['kinds', 'networks', 'within', 'profiles', 'roles', 'reachAtLeast', 'signals'] = '{}'
    AND (NOT condition ? 'kinds' OR some_of(condition -> 'kinds', '["create-account", "reset-credentials", "change-contact", "reinstate", "grant-role", "reinstate-bulk", "revoke-bulk", "set-policy"]'))
    AND (NOT condition ? 'networks' OR some_of(condition -> 'networks', '["mission-locale", "cap-emploi", "provider", "france-travail"]'))
    AND (NOT condition ? 'within' OR condition ->> 'within' ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$')
    AND (NOT condition ? 'profiles' OR some_of(condition -> 'profiles', '["site-adviser", "structure-adviser", "structure-reader", "structure-management", "departement-coordinator", "region-coordinator", "region-analyst", "national-support"]'))
    AND (NOT condition ? 'roles' OR some_of(condition -> 'roles', '["account-manager", "supervisor", "reset-manager", "it-admin", "auditor", "policy-owner"]'))
    AND (NOT condition ? 'reachAtLeast' OR whole_between(condition -> 'reachAtLeast', 1, 1000000000))
    AND (NOT condition ? 'signals' OR jsonb_typeof(condition -> 'signals') = 'array' AND jsonb_array_length(condition -> 'signals') >= 1)) IS TRUE
$$;--> statement-breakpoint

CREATE OR REPLACE FUNCTION keeps_floor(rules jsonb) RETURNS boolean LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  signers jsonb := '{"create-account": ["supervisor", "policy-owner"], "reset-credentials": ["reset-manager", "supervisor", "policy-owner"], "change-contact": ["reset-manager", "supervisor", "policy-owner"], "reinstate": ["supervisor", "policy-owner"], "grant-role": ["policy-owner"], "reinstate-bulk": ["supervisor", "policy-owner"], "revoke-bulk": ["it-admin", "supervisor", "policy-owner"], "set-policy": ["policy-owner"]}';
  asked text; rule jsonb;
BEGIN
  FOR asked IN SELECT jsonb_object_keys(signers) LOOP
    FOR rule IN SELECT value FROM jsonb_array_elements(rules) WITH ORDINALITY one(value, place) ORDER BY place LOOP
      IF rule -> 'when' ? 'kinds' AND NOT rule -> 'when' -> 'kinds' ? asked THEN CONTINUE; END IF;
      IF asked IN ('grant-role', 'set-policy') AND (people_in(rule -> 'demand') < 2 OR rule -> 'demand' ? 'signIn') OR EXISTS (SELECT 1 FROM jsonb_array_elements(rule -> 'demand' -> 'stages') stage WHERE NOT stage -> 'roles' <@ (signers -> asked)) THEN RETURN false; END IF;
      EXIT WHEN (rule -> 'when') - 'kinds' = '{}';
    END LOOP;
  END LOOP;
  RETURN true;
END $$;--> statement-breakpoint

CREATE OR REPLACE FUNCTION demand_met() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM became b WHERE b.status = 'executed' AND b.executed_in = pg_current_xact_id() AND b.demand IS NOT NULL
      -- One stage of whoever covers the place is what `unsatisfied` and `approvers_in_office` count already.
      AND (jsonb_array_length(b.demand -> 'stages') > 1 OR b.demand -> 'stages' -> 0 ->> 'level' <> 'covering') AND NOT stages_filled(b.id))
    THEN PERFORM refuse('P1', 'executed without a signature in each of its stages'); END IF;
  IF EXISTS (SELECT 1 FROM became b WHERE b.status = 'executed' AND b.executed_in = pg_current_xact_id() AND (b.kind = 'change-contact' OR b.kind IN ('reinstate', 'grant-role') AND b.demand -> 'callBack' = 'true')
      AND 'confirmed' IS DISTINCT FROM (SELECT c.outcome FROM call_back c WHERE c.request_id = b.id ORDER BY c.called_at DESC, c.id DESC LIMIT 1))
    THEN PERFORM refuse('P1', 'executed without the call-back its requirement names'); END IF;
  IF EXISTS (SELECT 1 FROM became b WHERE b.status = 'executed' AND b.executed_in = pg_current_xact_id() AND b.kind = 'change-contact' AND b.requester_id IS NULL)
    THEN PERFORM refuse('P1', 'another contact that nobody known asked for'); END IF;
  RETURN NULL;
END $$;--> statement-breakpoint

-- P5: what lets somebody say that another contact was not theirs gives nothing, and outlives their being out: or the very answer to a theft would take it from them.
CREATE OR REPLACE FUNCTION out_means_out() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM session WHERE account_id = NEW.id)
    OR EXISTS (SELECT 1 FROM link l WHERE l.account_id = NEW.id AND l.used_at IS NULL AND l.voided_at IS NULL
      AND NOT (l.kind = 'disown' AND EXISTS (SELECT 1 FROM request r WHERE r.id = l.request_id AND r.kind = 'change-contact')))
    OR EXISTS (SELECT 1 FROM request WHERE requester_id = NEW.id AND status = 'pending')
    OR EXISTS (SELECT 1 FROM approval a JOIN request r ON r.id = a.request_id WHERE a.approver_id = NEW.id AND a.voided_at IS NULL AND r.status = 'pending')
    THEN PERFORM refuse('P5', 'sessions, links, requests and pending approvals end with the account'); END IF;
  RETURN NULL;
END $$;--> statement-breakpoint

-- P2: whoever changed where somebody is written to could be them. No more is read than anybody has: a caller that gets as many as it asked for knows that there are more.
DROP FUNCTION kinship_around(uuid[], timestamptz);--> statement-breakpoint
CREATE FUNCTION kinship_around(people uuid[], since timestamptz, most bigint) RETURNS TABLE (by_account uuid, of_account uuid, at timestamptz)
LANGUAGE sql STABLE SET enable_seqscan = off SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET search_path = pg_catalog, public, pg_temp AS $$
  WITH RECURSIVE up AS (
    SELECT l.from_account_id, l.to_account_id, l.at FROM lineage l
    WHERE l.to_account_id = ANY (people) AND l.at >= since AND l.kind IN ('asked', 'reset', 'changed-contact', 'granted-role')
    UNION
    SELECT l.from_account_id, l.to_account_id, l.at FROM lineage l JOIN up ON l.to_account_id = up.from_account_id
    WHERE l.at >= since AND l.kind IN ('asked', 'reset', 'changed-contact', 'granted-role'))
  SELECT * FROM up LIMIT most
$$;
--> statement-breakpoint

-- The policy a network begins with has it signed by whoever signs resets. One that its owners have set stays theirs: there its last rule holds until they say otherwise.
ALTER TABLE policy DISABLE TRIGGER USER;
UPDATE policy SET document = jsonb_set(document, '{rules}', (
  SELECT jsonb_agg(CASE rule -> 'when' -> 'kinds' WHEN '["reset-credentials"]' THEN jsonb_set(rule, '{when,kinds}', '["reset-credentials", "change-contact"]') ELSE rule END ORDER BY place)
  FROM jsonb_array_elements(document -> 'rules') WITH ORDINALITY one(rule, place))) WHERE request_id IS NULL;
ALTER TABLE policy ENABLE TRIGGER USER;
