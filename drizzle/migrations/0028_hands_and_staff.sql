ALTER TABLE "incident_account" ALTER COLUMN "reached_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "request" ADD COLUMN "edited_on" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint

-- Whoever governs accounts needs nobody's file for it: the only profile there is at a network and at the nation.
INSERT INTO profile (id, data_scope, rights, networks) VALUES ('without-files', 'none', '{}', '{mission-locale,cap-emploi,provider,france-travail}');--> statement-breakpoint
CREATE OR REPLACE FUNCTION is_condition(condition jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (jsonb_typeof(condition) = 'object' AND condition - ARRAY['kinds', 'networks', 'within', 'profiles', 'roles', 'reachAtLeast', 'signals'] = '{}'
    AND (NOT condition ? 'kinds' OR some_of(condition -> 'kinds', '["create-account", "reset-credentials", "change-contact", "reinstate", "grant-role", "reinstate-bulk", "revoke-bulk", "set-policy"]'))
    AND (NOT condition ? 'networks' OR some_of(condition -> 'networks', '["mission-locale", "cap-emploi", "provider", "france-travail"]'))
    AND (NOT condition ? 'within' OR condition ->> 'within' ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$')
    AND (NOT condition ? 'profiles' OR some_of(condition -> 'profiles', '["site-adviser", "structure-adviser", "structure-reader", "structure-management", "departement-coordinator", "region-coordinator", "region-analyst", "without-files", "national-support"]'))
    AND (NOT condition ? 'roles' OR some_of(condition -> 'roles', '["account-manager", "supervisor", "reset-manager", "it-admin", "auditor", "policy-owner"]'))
    AND (NOT condition ? 'reachAtLeast' OR whole_between(condition -> 'reachAtLeast', 1, 1000000000))
    AND (NOT condition ? 'signals' OR jsonb_typeof(condition -> 'signals') = 'array' AND jsonb_array_length(condition -> 'signals') >= 1)) IS TRUE
$$;--> statement-breakpoint

-- P2: whoever writes the content again is a hand in it, wherever they do it; and no hand is taken back.
CREATE OR REPLACE FUNCTION approval_device() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM request r WHERE r.id = NEW.request_id AND (r.device_key = NEW.device_key OR NEW.device_key = ANY (r.edited_on)))
    OR EXISTS (SELECT 1 FROM approval a WHERE a.request_id = NEW.request_id AND a.id <> NEW.id AND a.voided_at IS NULL AND a.device_key = NEW.device_key)
    OR EXISTS (SELECT 1 FROM call_back c JOIN request r ON r.id = c.request_id WHERE c.request_id = NEW.request_id AND r.requester_id IS NULL AND c.device_key = NEW.device_key)
    THEN PERFORM refuse('P2', 'two hands in a request are on two devices'); END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION hands_stay() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT NEW.edited_on @> OLD.edited_on THEN PERFORM refuse('P2', 'where a request was edited is not forgotten'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER hands_stay AFTER UPDATE OF edited_on ON request FOR EACH ROW EXECUTE FUNCTION hands_stay();
