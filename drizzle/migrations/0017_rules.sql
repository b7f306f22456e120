ALTER TABLE "request" ADD COLUMN "demand" jsonb;--> statement-breakpoint
ALTER TABLE "request" ADD COLUMN "remind_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "request" ADD COLUMN "widens_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "request__remind" ON "request" USING btree ("remind_at") WHERE "request"."status" = 'pending' and "request"."remind_at" is not null;--> statement-breakpoint

-- What a rule asks of a request, as the application reads it.
CREATE FUNCTION is_demand(demand jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (jsonb_typeof(demand) = 'object' AND demand - ARRAY['stages', 'assurance', 'callBack', 'coolingOffHours', 'deadline', 'escalation'] = '{}'
    AND demand ?& ARRAY['stages', 'assurance', 'callBack', 'coolingOffHours', 'deadline', 'escalation']
    AND demand ->> 'assurance' IN ('session', 'totp', 'passkey') AND jsonb_typeof(demand -> 'callBack') = 'boolean'
    AND demand ->> 'coolingOffHours' ~ '^[0-9]{1,3}$' AND demand -> 'deadline' ->> (CASE WHEN demand -> 'deadline' ? 'hours' THEN 'hours' ELSE 'workingHours' END) ~ '^[1-9][0-9]{0,2}$'
    AND jsonb_typeof(demand -> 'escalation') IN ('object', 'null')
    AND CASE WHEN jsonb_typeof(demand -> 'stages') = 'array' THEN jsonb_array_length(demand -> 'stages') BETWEEN 1 AND 3 AND NOT EXISTS (
      SELECT 1 FROM jsonb_array_elements(demand -> 'stages') stage WHERE (jsonb_typeof(stage -> 'roles') = 'array' AND stage ->> 'people' ~ '^[1-4]$'
        AND stage ->> 'level' IN ('covering', 'structure', 'above', 'network', 'another-structure')
        AND CASE WHEN jsonb_typeof(stage -> 'roles') = 'array' THEN jsonb_array_length(stage -> 'roles') >= 1 AND stage -> 'roles' <@ '["account-manager", "supervisor", "reset-manager", "it-admin", "auditor", "policy-owner"]' END) IS NOT TRUE) END) IS TRUE
$$;
CREATE FUNCTION people_in(demand jsonb) RETURNS integer LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT sum((stage ->> 'people')::integer)::integer FROM jsonb_array_elements(demand -> 'stages') stage
$$;
-- P10: of the rules that may come first for a kind, up to and with the first without another condition, none asks for fewer or for others than its owners.
CREATE FUNCTION keeps_owners(rules jsonb) RETURNS boolean LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE guarded text; rule jsonb;
BEGIN
  FOREACH guarded IN ARRAY ARRAY['grant-role', 'set-policy'] LOOP
    FOR rule IN SELECT value FROM jsonb_array_elements(rules) WITH ORDINALITY one(value, place) ORDER BY place LOOP
      IF rule -> 'when' ? 'kinds' AND NOT rule -> 'when' -> 'kinds' ? guarded THEN CONTINUE; END IF;
      IF people_in(rule -> 'demand') < 2 OR EXISTS (SELECT 1 FROM jsonb_array_elements(rule -> 'demand' -> 'stages') stage WHERE stage -> 'roles' <> '["policy-owner"]') THEN RETURN false; END IF;
      EXIT WHEN (rule -> 'when') - 'kinds' = '{}';
    END LOOP;
  END LOOP;
  RETURN true;
END $$;
CREATE OR REPLACE FUNCTION is_policy(document jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (jsonb_typeof(document) = 'object' AND document - ARRAY['criticalSuspends', 'massAccounts', 'massPercent', 'rules'] = '{}' AND jsonb_typeof(document -> 'criticalSuspends') = 'boolean'
    AND CASE WHEN jsonb_typeof(document -> 'massAccounts') = 'number' AND jsonb_typeof(document -> 'massPercent') = 'number'
      THEN document ->> 'massAccounts' ~ '^[0-9]{2,4}$' AND document ->> 'massPercent' ~ '^[0-9]{1,2}$' AND (document ->> 'massAccounts')::numeric BETWEEN 10 AND 1000 AND (document ->> 'massPercent')::numeric BETWEEN 1 AND 50 END
    AND CASE WHEN jsonb_typeof(document -> 'rules') = 'array' THEN jsonb_array_length(document -> 'rules') BETWEEN 1 AND 60 AND document -> 'rules' -> -1 -> 'when' = '{}'
      AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(document -> 'rules') rule WHERE (jsonb_typeof(rule -> 'when') = 'object' AND rule - ARRAY['when', 'demand'] = '{}' AND is_demand(rule -> 'demand')
        AND (rule -> 'when') - ARRAY['kinds', 'networks', 'within', 'profiles', 'roles', 'reachAtLeast', 'signals'] = '{}') IS NOT TRUE)
      AND keeps_owners(document -> 'rules') END) IS TRUE
$$;
ALTER TABLE policy DISABLE TRIGGER USER;
UPDATE policy SET document = document || '{"rules": [{"when":{"kinds":["create-account"],"profiles":["national-support"]},"demand":{"stages":[{"people":2,"roles":["supervisor"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"workingHours":19},"escalation":{"remindAfter":10,"widenAfter":14},"callBack":false}},{"when":{"kinds":["reset-credentials"],"profiles":["national-support"]},"demand":{"stages":[{"people":2,"roles":["reset-manager"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"workingHours":4},"escalation":{"remindAfter":2,"widenAfter":3},"callBack":true}},{"when":{"kinds":["reinstate"],"profiles":["national-support"]},"demand":{"stages":[{"people":2,"roles":["supervisor"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"workingHours":19},"escalation":{"remindAfter":10,"widenAfter":14},"callBack":false}},{"when":{"kinds":["reinstate-bulk"],"profiles":["national-support"]},"demand":{"stages":[{"people":2,"roles":["supervisor","policy-owner"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"hours":24},"escalation":{"remindAfter":4,"widenAfter":8},"callBack":false}},{"when":{"kinds":["create-account","reinstate"]},"demand":{"stages":[{"people":1,"roles":["supervisor"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"workingHours":19},"escalation":{"remindAfter":10,"widenAfter":14},"callBack":false}},{"when":{"kinds":["reset-credentials"]},"demand":{"stages":[{"people":1,"roles":["reset-manager"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"workingHours":4},"escalation":{"remindAfter":2,"widenAfter":3},"callBack":true}},{"when":{"kinds":["reinstate-bulk"]},"demand":{"stages":[{"people":1,"roles":["supervisor","policy-owner"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"hours":24},"escalation":{"remindAfter":4,"widenAfter":8},"callBack":false}},{"when":{"kinds":["revoke-bulk"]},"demand":{"stages":[{"people":1,"roles":["it-admin","supervisor","policy-owner"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"hours":24},"escalation":{"remindAfter":4,"widenAfter":8},"callBack":false}},{"when":{},"demand":{"stages":[{"people":2,"roles":["policy-owner"],"level":"covering"}],"assurance":"session","coolingOffHours":0,"deadline":{"workingHours":19},"escalation":{"remindAfter":10,"widenAfter":14},"callBack":false}}]}';
ALTER TABLE policy ENABLE TRIGGER USER;--> statement-breakpoint

-- P3, P4: what a request needs is what some rule of the policy in force asks of its kind, or of two founders while they are alone.
CREATE FUNCTION in_force(asked text, needed jsonb, signing text[], people integer) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT needed IS NOT NULL AND people >= people_in(needed)
    AND signing = (SELECT array_agg(DISTINCT role ORDER BY role) FROM (SELECT jsonb_array_elements_text(stage -> 'roles') COLLATE "C" AS role FROM jsonb_array_elements(needed -> 'stages') stage) of_stages)
    AND (EXISTS (SELECT 1 FROM policy p CROSS JOIN LATERAL jsonb_array_elements(p.document -> 'rules') rule WHERE rule -> 'demand' = needed AND (NOT rule -> 'when' ? 'kinds' OR rule -> 'when' -> 'kinds' ? asked))
      OR asked IN ('grant-role', 'set-policy') AND needed -> 'stages' = '[{"people": 1, "roles": ["policy-owner"], "level": "covering"}]')
$$;
CREATE OR REPLACE FUNCTION request_filed() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM filed WHERE status <> 'pending' OR executed_in IS NOT NULL) THEN PERFORM refuse('P1', 'a request begins as pending'); END IF;
  IF EXISTS (SELECT 1 FROM filed WHERE approvals_needed < approvals_floor(kind, content, subject_id)) THEN PERFORM refuse('P4', 'fewer approvals than this kind of request needs'); END IF;
  IF EXISTS (SELECT 1 FROM filed WHERE kind <> 'found-network' AND NOT in_force(kind, demand, approver_roles, approvals_needed)) THEN PERFORM refuse('P3', 'a request needs what the policy in force asks'); END IF;
  IF EXISTS (SELECT 1 FROM filed WHERE kind = 'found-network') AND EXISTS (SELECT 1 FROM account) THEN PERFORM refuse('P10', 'a network is founded once, while it has no account'); END IF;
  IF EXISTS (SELECT 1 FROM filed f WHERE f.kind <> 'found-network' AND ((f.content ->> 'kind') IS DISTINCT FROM f.kind
      OR (f.content ->> 'accountId') IS DISTINCT FROM f.subject_id::text
      OR CASE WHEN f.kind IN ('reinstate-bulk', 'revoke-bulk') THEN NOT about_its_bulk(f.kind, f.content, f.organisation_id) OR f.requester_id IS NULL
        WHEN f.kind = 'set-policy' THEN f.requester_id IS NULL OR NOT EXISTS (SELECT 1 FROM organisation o WHERE o.id = f.organisation_id AND o.level = 'nation')
          OR f.content::jsonb - ARRAY['kind', 'before', 'after', 'justification'] <> '{}' OR NOT is_policy(f.content::jsonb -> 'after') OR NOT EXISTS (SELECT 1 FROM policy p WHERE p.document = f.content::jsonb -> 'before')
          OR (length(f.content ->> 'justification') BETWEEN 3 AND 500) IS NOT TRUE OR f.expires_at > f.submitted_at + interval '31 days' OR f.submitted_at > now() + interval '1 day'
        ELSE f.organisation_id::text IS DISTINCT FROM CASE f.kind WHEN 'create-account' THEN f.content ->> 'organisationId'
          ELSE (SELECT a.organisation_id::text FROM account a WHERE a.id = f.subject_id) END END))
  THEN PERFORM refuse('P3', 'a request is about what its content says'); END IF;
  IF EXISTS (SELECT 1 FROM filed f CROSS JOIN LATERAL (SELECT * FROM organisation WHERE id = f.organisation_id OFFSET 0) o
    WHERE (f.nation_id, f.network_id, f.region_id, f.departement_id, f.structure_id, f.site_id) IS DISTINCT FROM (o.nation_id, o.network_id, o.region_id, o.departement_id, o.structure_id, o.site_id))
  THEN PERFORM refuse('P7', 'the place of a request is that of its organisation'); END IF;
  RETURN NULL;
END $$;--> statement-breakpoint

CREATE FUNCTION requirement_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.demand IS DISTINCT FROM OLD.demand OR NEW.approver_roles IS DISTINCT FROM OLD.approver_roles THEN PERFORM refuse('P3', 'the requirement of a request is frozen'); END IF;
  IF NEW.widens_at IS DISTINCT FROM OLD.widens_at AND (NEW.widens_at < OLD.widens_at OR OLD.widens_at IS NULL) IS NOT TRUE THEN PERFORM refuse('P3', 'who may sign a request grows with time, and never shrinks'); END IF;
  IF NEW.content_hash <> OLD.content_hash AND NOT in_force(NEW.kind, NEW.demand, NEW.approver_roles, NEW.approvals_needed) THEN PERFORM refuse('P3', 'new content needs what the policy in force asks'); END IF;
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
