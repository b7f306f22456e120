ALTER TABLE "request" ADD COLUMN "demand" jsonb;--> statement-breakpoint
ALTER TABLE "request" ADD COLUMN "remind_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "request" ADD COLUMN "widens_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "request__remind" ON "request" USING btree ("remind_at") WHERE "request"."status" = 'pending' and "request"."remind_at" is not null;--> statement-breakpoint

-- What a rule asks of a request, as the application reads it.
CREATE FUNCTION whole_between(value jsonb, low integer, high integer) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN jsonb_typeof(value) = 'number' AND value #>> '{}' ~ '^[0-9]{1,10}$' THEN (value #>> '{}')::numeric BETWEEN low AND high ELSE false END
$$;
CREATE FUNCTION some_of(value jsonb, known jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN jsonb_typeof(value) = 'array' THEN jsonb_array_length(value) BETWEEN 1 AND jsonb_array_length(known) AND value <@ known ELSE false END
$$;
CREATE FUNCTION is_demand(demand jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (jsonb_typeof(demand) = 'object' AND demand - ARRAY['stages', 'assurance', 'signIn', 'callBack', 'coolingOffHours', 'deadline', 'escalation'] = '{}'
    AND (NOT demand ? 'signIn' OR demand -> 'signIn' = jsonb_build_object('issuers', demand -> 'signIn' -> 'issuers', 'contexts', demand -> 'signIn' -> 'contexts')
      AND jsonb_typeof(demand -> 'signIn' -> 'issuers') = 'array' AND jsonb_array_length(demand -> 'signIn' -> 'issuers') BETWEEN 1 AND 5
      AND jsonb_typeof(demand -> 'signIn' -> 'contexts') = 'array' AND jsonb_array_length(demand -> 'signIn' -> 'contexts') <= 10
      AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements((demand -> 'signIn' -> 'issuers') || (demand -> 'signIn' -> 'contexts')) one WHERE jsonb_typeof(one) <> 'string'))
    AND demand ->> 'assurance' IN ('session', 'totp', 'passkey') AND jsonb_typeof(demand -> 'callBack') = 'boolean' AND whole_between(demand -> 'coolingOffHours', 0, 168)
    AND (demand -> 'deadline' = jsonb_build_object('hours', demand -> 'deadline' -> 'hours') AND whole_between(demand -> 'deadline' -> 'hours', 1, 168)
      OR demand -> 'deadline' = jsonb_build_object('workingHours', demand -> 'deadline' -> 'workingHours') AND whole_between(demand -> 'deadline' -> 'workingHours', 1, 95))
    AND (demand -> 'escalation' = 'null' OR demand -> 'escalation' = jsonb_build_object('remindAfter', demand -> 'escalation' -> 'remindAfter', 'widenAfter', demand -> 'escalation' -> 'widenAfter')
      AND whole_between(demand -> 'escalation' -> 'remindAfter', 1, 168) AND whole_between(demand -> 'escalation' -> 'widenAfter', 1, 168))
    AND CASE WHEN jsonb_typeof(demand -> 'stages') = 'array' THEN jsonb_array_length(demand -> 'stages') BETWEEN 1 AND 3 AND NOT EXISTS (
      SELECT 1 FROM jsonb_array_elements(demand -> 'stages') stage WHERE (jsonb_typeof(stage) = 'object' AND stage - ARRAY['people', 'roles', 'level'] = '{}' AND whole_between(stage -> 'people', 1, 4)
        AND stage ->> 'level' IN ('covering', 'structure', 'above', 'network', 'another-structure')
        AND some_of(stage -> 'roles', '["account-manager", "supervisor", "reset-manager", "it-admin", "auditor", "policy-owner"]')) IS NOT TRUE) END) IS TRUE
$$;
CREATE FUNCTION is_condition(condition jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (jsonb_typeof(condition) = 'object' AND condition - ARRAY['kinds', 'networks', 'within', 'profiles', 'roles', 'reachAtLeast', 'signals'] = '{}'
    AND (NOT condition ? 'kinds' OR some_of(condition -> 'kinds', '["create-account", "reset-credentials", "reinstate", "grant-role", "reinstate-bulk", "revoke-bulk", "set-policy"]'))
    AND (NOT condition ? 'networks' OR some_of(condition -> 'networks', '["mission-locale", "cap-emploi", "provider", "france-travail"]'))
    AND (NOT condition ? 'within' OR condition ->> 'within' ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$')
    AND (NOT condition ? 'profiles' OR some_of(condition -> 'profiles', '["site-adviser", "structure-adviser", "structure-reader", "structure-management", "departement-coordinator", "region-coordinator", "region-analyst", "national-support"]'))
    AND (NOT condition ? 'roles' OR some_of(condition -> 'roles', '["account-manager", "supervisor", "reset-manager", "it-admin", "auditor", "policy-owner"]'))
    AND (NOT condition ? 'reachAtLeast' OR whole_between(condition -> 'reachAtLeast', 1, 1000000000))
    AND (NOT condition ? 'signals' OR jsonb_typeof(condition -> 'signals') = 'array' AND jsonb_array_length(condition -> 'signals') >= 1)) IS TRUE
$$;
CREATE FUNCTION people_in(demand jsonb) RETURNS integer LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT sum((stage ->> 'people')::integer)::integer FROM jsonb_array_elements(demand -> 'stages') stage
$$;
-- P1, P10: of the rules that may come first for a kind, up to and with the first without another condition, none lets anybody sign who may not sign such
-- a thing at all, and none asks for fewer than two where roles and the policy itself are given.
CREATE FUNCTION keeps_floor(rules jsonb) RETURNS boolean LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  signers jsonb := '{"create-account": ["supervisor", "policy-owner"], "reset-credentials": ["reset-manager", "supervisor", "policy-owner"], "reinstate": ["supervisor", "policy-owner"], "grant-role": ["policy-owner"], "reinstate-bulk": ["supervisor", "policy-owner"], "revoke-bulk": ["it-admin", "supervisor", "policy-owner"], "set-policy": ["policy-owner"]}';
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
END $$;
CREATE OR REPLACE FUNCTION is_policy(document jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (jsonb_typeof(document) = 'object' AND document - ARRAY['criticalSuspends', 'massAccounts', 'massPercent', 'independenceDays', 'rules'] = '{}' AND whole_between(document -> 'independenceDays', 30, 365) AND jsonb_typeof(document -> 'criticalSuspends') = 'boolean'
    AND CASE WHEN jsonb_typeof(document -> 'massAccounts') = 'number' AND jsonb_typeof(document -> 'massPercent') = 'number'
      THEN document ->> 'massAccounts' ~ '^[0-9]{2,4}$' AND document ->> 'massPercent' ~ '^[0-9]{1,2}$' AND (document ->> 'massAccounts')::numeric BETWEEN 10 AND 1000 AND (document ->> 'massPercent')::numeric BETWEEN 1 AND 50 END
    AND CASE WHEN jsonb_typeof(document -> 'rules') = 'array' THEN jsonb_array_length(document -> 'rules') BETWEEN 1 AND 60 AND document -> 'rules' -> -1 -> 'when' = '{}'
      AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(document -> 'rules') rule WHERE (rule - ARRAY['when', 'demand'] = '{}' AND is_condition(rule -> 'when') AND is_demand(rule -> 'demand')) IS NOT TRUE)
      AND keeps_floor(document -> 'rules') END) IS TRUE
$$;
ALTER TABLE policy DISABLE TRIGGER USER;
UPDATE policy SET document = document || '{"independenceDays": 30, "rules": [{"when":{"kinds":["create-account"],"profiles":["national-support"]},"demand":{"stages":[{"people":2,"roles":["supervisor"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"workingHours":19},"escalation":{"remindAfter":10,"widenAfter":14},"callBack":false}},{"when":{"kinds":["reset-credentials"],"profiles":["national-support"]},"demand":{"stages":[{"people":2,"roles":["reset-manager"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"workingHours":4},"escalation":{"remindAfter":2,"widenAfter":3},"callBack":true}},{"when":{"kinds":["reinstate"],"profiles":["national-support"]},"demand":{"stages":[{"people":2,"roles":["supervisor"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"workingHours":19},"escalation":{"remindAfter":10,"widenAfter":14},"callBack":false}},{"when":{"kinds":["reinstate-bulk"],"profiles":["national-support"]},"demand":{"stages":[{"people":2,"roles":["supervisor","policy-owner"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"hours":24},"escalation":{"remindAfter":4,"widenAfter":8},"callBack":false}},{"when":{"kinds":["create-account","reinstate"]},"demand":{"stages":[{"people":1,"roles":["supervisor"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"workingHours":19},"escalation":{"remindAfter":10,"widenAfter":14},"callBack":false}},{"when":{"kinds":["reset-credentials"]},"demand":{"stages":[{"people":1,"roles":["reset-manager"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"workingHours":4},"escalation":{"remindAfter":2,"widenAfter":3},"callBack":true}},{"when":{"kinds":["reinstate-bulk"]},"demand":{"stages":[{"people":1,"roles":["supervisor","policy-owner"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"hours":24},"escalation":{"remindAfter":4,"widenAfter":8},"callBack":false}},{"when":{"kinds":["revoke-bulk"]},"demand":{"stages":[{"people":1,"roles":["it-admin","supervisor","policy-owner"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"hours":24},"escalation":{"remindAfter":4,"widenAfter":8},"callBack":false}},{"when":{},"demand":{"stages":[{"people":2,"roles":["policy-owner"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"workingHours":19},"escalation":{"remindAfter":10,"widenAfter":14},"callBack":false}}]}';
ALTER TABLE policy ENABLE TRIGGER USER;--> statement-breakpoint

-- Could a rule apply to this request, and does it for certain? What is within reach and what is suspicious the database does not know; of a list it knows no one profile.
CREATE FUNCTION rule_applies(r request, condition jsonb) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (NOT condition ? 'kinds' OR condition -> 'kinds' ? r.kind)
    AND (NOT condition ? 'within' OR condition ->> 'within' IN (r.nation_id::text, r.network_id::text, r.region_id::text, r.departement_id::text, r.structure_id::text, r.site_id::text)) IS TRUE
    AND (NOT condition ? 'networks' OR condition -> 'networks' ? (SELECT n.network_kind FROM organisation n WHERE n.id = r.network_id)) IS TRUE
    AND (NOT condition ? 'roles' OR r.kind = 'grant-role' AND condition -> 'roles' ? (r.content ->> 'role')) IS TRUE
    AND (NOT condition ? 'profiles' OR r.kind IN ('reinstate-bulk', 'revoke-bulk') OR condition -> 'profiles' ? COALESCE(r.content ->> 'profile', (SELECT a.profile_id FROM account a WHERE a.id = r.subject_id))) IS TRUE
$$;
CREATE FUNCTION rule_is_certain(r request, condition jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT NOT condition ?| ARRAY['reachAtLeast', 'signals'] AND NOT (condition ? 'profiles' AND r.kind IN ('reinstate-bulk', 'revoke-bulk'))
$$;
-- P3, P4: what a request needs is what a rule of the policy in force asks that may come first for it, or what two founders need while they are alone.
CREATE FUNCTION in_force(r request) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE rule jsonb;
BEGIN
  IF r.demand IS NULL OR r.approvals_needed < people_in(r.demand)
    OR r.approver_roles <> (SELECT array_agg(DISTINCT role ORDER BY role) FROM (SELECT jsonb_array_elements_text(stage -> 'roles') COLLATE "C" AS role FROM jsonb_array_elements(r.demand -> 'stages') stage) of_stages) THEN RETURN false; END IF;
  IF r.kind IN ('grant-role', 'set-policy') AND (SELECT count(DISTINCT g.account_id) FROM role_grant g WHERE g.role = 'policy-owner') < 3 THEN
    RETURN r.demand = '{"stages": [{"people": 1, "roles": ["policy-owner"], "level": "covering"}], "assurance": "session", "callBack": false, "coolingOffHours": 0, "deadline": {"workingHours": 19}, "escalation": null}';
  END IF;
  FOR rule IN SELECT one.value FROM policy p CROSS JOIN LATERAL jsonb_array_elements(p.document -> 'rules') WITH ORDINALITY one(value, place) ORDER BY place LOOP
    IF rule_applies(r, rule -> 'when') THEN
      IF rule -> 'demand' = r.demand THEN RETURN true; END IF;
      EXIT WHEN rule_is_certain(r, rule -> 'when');
    END IF;
  END LOOP;
  RETURN false;
END $$;
CREATE FUNCTION requirement_in_force() RETURNS trigger LANGUAGE plpgsql SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.approvals_needed < people_in(NEW.demand) THEN PERFORM refuse('P4', 'fewer approvals than this kind of request needs'); END IF;
  IF NOT in_force(NEW) THEN PERFORM refuse('P3', 'a request needs what the policy in force asks'); END IF;
  IF (NEW.demand ->> 'coolingOffHours')::integer > 0 AND (NEW.held_until >= NEW.submitted_at + make_interval(hours => (NEW.demand ->> 'coolingOffHours')::integer)) IS NOT TRUE
    THEN PERFORM refuse('P4', 'a request waits as long as its policy says'); END IF;
  IF NEW.expires_at > COALESCE(NEW.held_until, NEW.submitted_at) + interval '31 days' THEN PERFORM refuse('P4', 'no request waits for ever'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER requirement_in_force AFTER INSERT ON request FOR EACH ROW WHEN (NEW.kind <> 'found-network') EXECUTE FUNCTION requirement_in_force();--> statement-breakpoint

CREATE FUNCTION requirement_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.demand IS DISTINCT FROM OLD.demand OR NEW.approver_roles IS DISTINCT FROM OLD.approver_roles THEN PERFORM refuse('P3', 'the requirement of a request is frozen'); END IF;
  IF NEW.widens_at IS DISTINCT FROM OLD.widens_at AND (NEW.widens_at < OLD.widens_at OR OLD.widens_at IS NULL) IS NOT TRUE THEN PERFORM refuse('P3', 'who may sign a request grows with time, and never shrinks'); END IF;
  IF NEW.content_hash <> OLD.content_hash AND NOT in_force(NEW) THEN PERFORM refuse('P3', 'new content needs what the policy in force asks'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER requirement_kept AFTER UPDATE OF demand, approver_roles, widens_at, content_hash ON request FOR EACH ROW EXECUTE FUNCTION requirement_kept();--> statement-breakpoint

-- Where a role is held, seen from the request: `shared/src/requests/stages.ts` says the same, and a test holds the two equal.
CREATE FUNCTION level_rank(level text) RETURNS integer LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT array_position(ARRAY['site', 'structure', 'departement', 'region', 'network', 'nation'], level)
$$;
CREATE FUNCTION fits_stage(r request, stage jsonb, person uuid, wide boolean) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (
    SELECT 1 FROM role_grant g JOIN organisation o ON o.id = g.organisation_id JOIN account holder ON holder.id = g.account_id AND holder.status = 'active'
      CROSS JOIN LATERAL (SELECT level_rank(o.level) > CASE WHEN r.structure_id IS NOT NULL THEN 2 WHEN r.departement_id IS NOT NULL THEN 3 WHEN r.region_id IS NOT NULL THEN 4 WHEN r.network_id IS NOT NULL THEN 5 ELSE 6 END AS above,
        o.id IN (r.nation_id, r.network_id, r.region_id, r.departement_id, r.structure_id, r.site_id) IS TRUE AS covers) held
    WHERE g.account_id = person AND g.revoked_at IS NULL AND stage -> 'roles' ? g.role
      AND CASE stage ->> 'level' WHEN 'covering' THEN held.covers WHEN 'structure' THEN held.covers AND (wide OR NOT held.above) WHEN 'above' THEN held.covers AND held.above
        WHEN 'network' THEN held.covers AND o.level IN ('network', 'nation')
        WHEN 'another-structure' THEN held.covers AND held.above AND wide OR o.level = 'structure' AND o.id IS DISTINCT FROM r.structure_id AND o.network_id = r.network_id ELSE false END)
$$;
-- P1: everybody who signed fills one place. That is possible exactly when each set of stages has as many signers as places (Hall, 1935).
CREATE FUNCTION stages_filled(asked uuid) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r request; stages jsonb; wide boolean; chosen integer; places integer; signers integer;
BEGIN
  SELECT * INTO r FROM request WHERE id = asked;
  stages := r.demand -> 'stages';
  wide := COALESCE(r.widens_at <= r.decided_at, false);
  FOR chosen IN 1 .. (1 << jsonb_array_length(stages)) - 1 LOOP
    SELECT sum((s.stage ->> 'people')::integer) INTO places FROM jsonb_array_elements(stages) WITH ORDINALITY s(stage, nth) WHERE chosen & (1 << (nth - 1)::integer) <> 0;
    SELECT count(DISTINCT a.approver_id) INTO signers FROM approval a WHERE a.request_id = r.id AND a.voided_at IS NULL AND EXISTS (
      SELECT 1 FROM jsonb_array_elements(stages) WITH ORDINALITY s(stage, nth) WHERE chosen & (1 << (nth - 1)::integer) <> 0 AND fits_stage(r, s.stage, a.approver_id, wide));
    IF signers < places THEN RETURN false; END IF;
  END LOOP;
  RETURN true;
END $$;
CREATE FUNCTION demand_met() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM became b WHERE b.status = 'executed' AND b.executed_in = pg_current_xact_id() AND b.demand IS NOT NULL
      -- One stage of whoever covers the place is what `unsatisfied` and `approvers_in_office` count already.
      AND (jsonb_array_length(b.demand -> 'stages') > 1 OR b.demand -> 'stages' -> 0 ->> 'level' <> 'covering') AND NOT stages_filled(b.id))
    THEN PERFORM refuse('P1', 'executed without a signature in each of its stages'); END IF;
  IF EXISTS (SELECT 1 FROM became b WHERE b.status = 'executed' AND b.executed_in = pg_current_xact_id() AND b.kind IN ('reinstate', 'grant-role') AND b.demand -> 'callBack' = 'true'
      AND 'confirmed' IS DISTINCT FROM (SELECT c.outcome FROM call_back c WHERE c.request_id = b.id ORDER BY c.called_at DESC, c.id DESC LIMIT 1))
    THEN PERFORM refuse('P1', 'executed without the call-back its requirement names'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER demand_met AFTER UPDATE ON request REFERENCING NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION demand_met();
CREATE FUNCTION approval_assured() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE asked text := (SELECT r.demand ->> 'assurance' FROM request r WHERE r.id = NEW.request_id);
BEGIN
  IF array_position(ARRAY['session', 'recovery-code', 'totp', 'passkey'], NEW.assurance) < array_position(ARRAY['session', 'recovery-code', 'totp', 'passkey'], asked)
    THEN PERFORM refuse('P1', 'an approval is as sure as its requirement asks'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER approval_assured AFTER INSERT ON approval FOR EACH ROW EXECUTE FUNCTION approval_assured();
CREATE OR REPLACE FUNCTION approvers_in_office() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM became r CROSS JOIN LATERAL (SELECT approver_id FROM approval WHERE request_id = r.id AND voided_at IS NULL OFFSET 0) a
    WHERE r.status = 'executed' AND r.executed_in = pg_current_xact_id() AND r.kind <> 'found-network' AND NOT EXISTS (
      SELECT 1 FROM role_grant g JOIN account holder ON holder.id = g.account_id AND holder.status = 'active'
      WHERE g.account_id = a.approver_id AND g.revoked_at IS NULL AND g.role = ANY (r.approver_roles)
        AND g.organisation_id IN (r.nation_id, r.network_id, r.region_id, r.departement_id, r.structure_id, r.site_id) OFFSET 0)
      AND NOT EXISTS (SELECT 1 FROM request q CROSS JOIN LATERAL jsonb_array_elements(q.demand -> 'stages') stage WHERE q.id = r.id AND stage ->> 'level' = 'another-structure' AND fits_stage(q, stage, a.approver_id, false)))
    THEN PERFORM refuse('P1', 'an approval of somebody who no longer holds the role'); END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION approval_given() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM given a CROSS JOIN LATERAL (SELECT * FROM request WHERE id = a.request_id OFFSET 0) r
    WHERE a.approver_id IS NOT DISTINCT FROM r.requester_id OR a.approver_id IS NOT DISTINCT FROM r.subject_id) THEN PERFORM refuse('P1', 'neither requester nor subject may approve'); END IF;
  IF EXISTS (SELECT 1 FROM given a CROSS JOIN LATERAL (SELECT * FROM request WHERE id = a.request_id OFFSET 0) r
    WHERE r.status <> 'pending' OR a.content_hash <> r.content_hash OR a.voided_at IS NOT NULL) THEN PERFORM refuse('P3', 'an approval names the content of a pending request'); END IF;
  IF EXISTS (SELECT 1 FROM given a CROSS JOIN LATERAL (SELECT * FROM request WHERE id = a.request_id OFFSET 0) r WHERE NOT EXISTS (
      SELECT 1 FROM role_grant g JOIN account holder ON holder.id = g.account_id AND holder.status = 'active'
      WHERE g.account_id = a.approver_id AND g.revoked_at IS NULL AND g.role = ANY (r.approver_roles)
        AND g.organisation_id IN (r.nation_id, r.network_id, r.region_id, r.departement_id, r.structure_id, r.site_id) OFFSET 0)
    AND NOT EXISTS (SELECT 1 FROM request q CROSS JOIN LATERAL jsonb_array_elements(q.demand -> 'stages') stage WHERE q.id = a.request_id AND stage ->> 'level' = 'another-structure' AND fits_stage(q, stage, a.approver_id, false)))
    THEN PERFORM refuse('P1', 'the approver holds none of the roles asked for, here'); END IF;
  RETURN NULL;
END $$;
