-- How far the audit is sealed moves past no entry that has no place: what were left behind it would never be sealed, and nobody here would say so.
CREATE FUNCTION seal_advances() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.position < OLD.position OR NEW.position > pg_snapshot_xmin(pg_current_snapshot())
    OR EXISTS (SELECT 1 FROM audit_entry e WHERE e.transaction_id >= OLD.position AND e.transaction_id < NEW.position
      AND NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry_id = e.id))
    THEN PERFORM refuse('P6', 'the audit is sealed entry by entry, and none is left out'); END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
DROP TRIGGER position_advances ON seal_position;--> statement-breakpoint
CREATE TRIGGER seal_advances AFTER UPDATE ON seal_position FOR EACH ROW EXECUTE FUNCTION seal_advances();
--> statement-breakpoint

-- P10: three owners sign for each other once each could be independent of whoever named them. Until then a network is being founded, and two people
-- are what it has: whoever is named a third owner on the first day was made by the two others, and nobody would be left to sign for a month.
CREATE FUNCTION settled_owners() RETURNS integer LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT count(*)::integer FROM (SELECT g.account_id FROM role_grant g WHERE g.role = 'policy-owner' GROUP BY g.account_id HAVING min(g.granted_at) <= now() - interval '30 days') owners
$$;
CREATE OR REPLACE FUNCTION in_force(r request) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE rule jsonb;
BEGIN
  IF r.demand IS NULL OR r.approvals_needed < people_in(r.demand)
    OR r.approver_roles <> (SELECT array_agg(DISTINCT role ORDER BY role) FROM (SELECT jsonb_array_elements_text(stage -> 'roles') COLLATE "C" AS role FROM jsonb_array_elements(r.demand -> 'stages') stage) of_stages) THEN RETURN false; END IF;
  IF r.kind IN ('grant-role', 'set-policy') AND settled_owners() < 3 THEN
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
CREATE OR REPLACE FUNCTION approvals_floor(kind text, content json, subject uuid) RETURNS integer LANGUAGE plpgsql STABLE SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE profiles text[];
BEGIN
  IF kind = 'found-network' THEN RETURN 2; END IF;
  IF kind IN ('grant-role', 'set-policy') THEN RETURN CASE WHEN settled_owners() < 3 THEN 1 ELSE 2 END; END IF;
  IF kind = 'revoke-bulk' THEN RETURN 1; END IF;
  IF kind = 'reinstate-bulk' THEN
    profiles := (SELECT array_agg(DISTINCT a.profile_id) FROM bulk_line l JOIN account a ON a.id = l.account_id WHERE l.bulk_id = (content ->> 'bulkId')::uuid AND l.plan = 'change');
  ELSE
    profiles := ARRAY[content ->> 'profile', (SELECT a.profile_id FROM account a WHERE a.id = subject)];
  END IF;
  RETURN CASE WHEN EXISTS (SELECT 1 FROM profile p WHERE p.data_scope = 'nation' AND p.id = ANY (profiles)) THEN 2 ELSE 1 END;
END $$;
CREATE OR REPLACE FUNCTION guardians_remain(roles text[], revoking boolean) RETURNS void LANGUAGE plpgsql SET jit = off SET timezone = 'Europe/Paris' SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE acting integer; standing integer; settled integer; admins integer;
BEGIN
  IF roles IS NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(7203002);
  SELECT count(DISTINCT a.id) FILTER (WHERE g.role = 'policy-owner' AND in_office AND a.status = 'active'),
    count(DISTINCT a.id) FILTER (WHERE g.role = 'policy-owner' AND in_office), settled_owners(),
    count(DISTINCT a.id) FILTER (WHERE g.role = 'it-admin' AND in_office)
  INTO acting, standing, settled, admins
  FROM role_grant g JOIN account a ON a.id = g.account_id,
    LATERAL (SELECT g.revoked_at IS NULL AND a.status <> 'revoked' AND a.ends_on >= current_date AS in_office) AS office
  WHERE g.role IN ('policy-owner', 'it-admin');
  IF 'policy-owner' = ANY (roles) AND (acting < CASE WHEN settled < 3 THEN 1 ELSE 2 END OR revoking AND standing < CASE WHEN settled < 3 THEN 2 ELSE 3 END)
    THEN PERFORM refuse('P10', 'enough policy owners stay to name another'); END IF;
  IF 'it-admin' = ANY (roles) AND revoking AND admins < 1 THEN PERFORM refuse('P10', 'the last IT admin stays'); END IF;
END $$;
