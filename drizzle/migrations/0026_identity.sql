-- Whoever edits an address or a name in the database alone is found by the auditor's program: the database itself puts beside each entry
-- that makes or moves a contact a hash of who the account is and where they are reached, and beside a move the one it was before.
ALTER TABLE "account" ADD COLUMN "identity_salt" uuid DEFAULT gen_random_uuid() NOT NULL;--> statement-breakpoint
CREATE FUNCTION identity_hash(salt uuid, login text, given_name text, family_name text, email text, phone text) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT encode(sha256(convert_to(jsonb_build_array(salt, login, given_name, family_name, email, phone)::text, 'UTF8')), 'hex')
$$;--> statement-breakpoint
CREATE OR REPLACE FUNCTION stamp_audit_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  identity jsonb;
BEGIN
  NEW.recorded_at := now();
  NEW.transaction_id := pg_current_xact_id();
  NEW.number := nextval('audit_entry_number');
  SELECT o.id, o.nation_id, o.network_id, o.region_id, o.departement_id, o.structure_id, o.site_id
    INTO NEW.organisation_id, NEW.nation_id, NEW.network_id, NEW.region_id, NEW.departement_id, NEW.structure_id, NEW.site_id
    FROM (SELECT NEW.organisation_id AS id) asked LEFT JOIN organisation o ON o.id = asked.id;
  IF jsonb_path_exists(NEW.data, '$.**{24}') OR jsonb_path_exists(NEW.origin, '$.**{4}') OR octet_length(NEW.data::text) > 1048576
    THEN PERFORM refuse('P6', 'an entry nobody could seal'); END IF;
  IF NEW.type IN ('account.created', 'account.contact-changed', 'account.contact-restored') THEN
    SELECT jsonb_build_object('identity', identity_hash(a.identity_salt, a.login, a.given_name, a.family_name, a.email, a.phone))
        || CASE WHEN NEW.type = 'account.contact-changed' THEN jsonb_build_object('identityBefore',
          identity_hash(a.identity_salt, a.login, a.given_name, a.family_name, r.content #>> '{before,email}', r.content #>> '{before,phone}')) ELSE '{}' END
      INTO identity FROM account a LEFT JOIN request r ON r.id::text = NEW.data ->> 'requestId' WHERE a.id = NEW.subject_id;
    IF identity IS NULL THEN PERFORM refuse('P6', 'an entry about an account that is not there'); END IF;
    NEW.data := NEW.data || identity;
  END IF;
  IF NEW.at > NEW.recorded_at THEN PERFORM refuse('P6', 'an entry about the future'); END IF;
  IF NEW.at < NEW.recorded_at - interval '1 hour' THEN
    IF NEW.origin ->> 'channel' IS DISTINCT FROM 'seed' THEN PERFORM refuse('P6', 'an entry about long ago'); END IF;
    IF EXISTS (SELECT 1 FROM session) THEN PERFORM refuse('P6', 'an entry about long ago'); END IF;
  END IF;
  IF NEW.type = 'audit.month-dropped' THEN
    IF NOT has_function_privilege('close_audit_month(uuid)'::regprocedure, 'execute') OR NEW.actor_id IS NOT NULL THEN PERFORM refuse('P6', 'an entry about what its author may not do'); END IF;
  ELSIF NOT has_table_privilege('account'::regclass, 'insert') THEN PERFORM refuse('P6', 'an entry about what its author may not do'); END IF;
  RETURN NEW;
END $$;--> statement-breakpoint

-- P1: no other contact while the one before could still be taken back: it would go back to the first thief's.
CREATE OR REPLACE FUNCTION account_changed() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF (OLD.profile_id, OLD.organisation_id) IS DISTINCT FROM (NEW.profile_id, NEW.organisation_id) OR NEW.ends_on > OLD.ends_on
    THEN PERFORM refuse('P1', 'profile, place and a later end change by countersigned requests alone'); END IF;
  IF (OLD.email, OLD.phone, OLD.contact_changed_at) IS DISTINCT FROM (NEW.email, NEW.phone, NEW.contact_changed_at) THEN
    IF (NEW.contact_changed_at BETWEEN now() - interval '1 second' AND now() AND (
        (OLD.contact_changed_at <= now() - interval '144 hours') IS NOT FALSE AND EXISTS (SELECT 1 FROM request r
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

-- P1: nor is a link for a second factor mailed to a contact that young.
CREATE OR REPLACE FUNCTION link_made() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM made l CROSS JOIN LATERAL (SELECT * FROM request WHERE id = l.request_id OFFSET 0) r CROSS JOIN LATERAL (SELECT * FROM account WHERE id = l.account_id OFFSET 0) a
    WHERE l.used_at IS NOT NULL OR (CASE l.kind
      WHEN 'disown' THEN r.subject_id = l.account_id OR a.created_by_request_id = r.id
      WHEN 'invitation' THEN r.status = 'executed' AND r.executed_in = pg_current_xact_id() AND a.created_by_request_id = r.id AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.account_id = a.id OFFSET 0)
      WHEN 'reset' THEN r.status = 'executed' AND r.kind = 'reset-credentials' AND r.subject_id = a.id AND r.executed_in = pg_current_xact_id() AND (a.contact_changed_at <= now() - interval '72 hours') IS NOT FALSE
      WHEN 'enrolment' THEN r.status = 'executed' AND r.executed_in = pg_current_xact_id() AND r.kind = 'grant-role' AND r.subject_id = a.id AND (a.contact_changed_at <= now() - interval '72 hours') IS NOT FALSE AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.account_id = a.id AND c.kind = 'totp' OFFSET 0)
      ELSE false END) IS NOT TRUE) THEN PERFORM refuse('P1', 'a link belongs to a countersigned request about this account'); END IF;
  IF EXISTS (SELECT 1 FROM made l CROSS JOIN LATERAL (SELECT status FROM account WHERE id = l.account_id OFFSET 0) a WHERE a.status <> 'active') THEN PERFORM refuse('P5', 'no link for an account that is out'); END IF;
  RETURN NULL;
END $$;--> statement-breakpoint

-- P6: why an account was ended is explained of one that is out.
CREATE OR REPLACE FUNCTION passkey_gone() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM audit_entry e WHERE e.transaction_id = pg_current_xact_id() AND e.at > now() - interval '1 hour' AND e.subject_id = OLD.account_id AND e.type = 'passkey.removed' AND e.data ->> 'passkeyId' = OLD.id::text) THEN
    IF NOT EXISTS (SELECT 1 FROM passkey p WHERE p.account_id = OLD.account_id) AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.account_id = OLD.account_id AND c.kind = 'totp')
      THEN PERFORM refuse('P1', 'nobody takes away their own last factor'); END IF;
  ELSIF NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.transaction_id = pg_current_xact_id() AND e.at > now() - interval '1 hour' AND e.subject_id = OLD.account_id
      AND (e.type IN ('account.reset', 'account.suspended', 'account.revoked', 'account.locked-out')
        OR e.type = 'account.ending-explained' AND EXISTS (SELECT 1 FROM account a WHERE a.id = OLD.account_id AND a.status <> 'active')))
    THEN PERFORM refuse('P6', 'a passkey is gone without its audit entry'); END IF;
  RETURN NULL;
END $$;
