CREATE TABLE "policy" (
	"id" uuid PRIMARY KEY NOT NULL,
	"document" jsonb NOT NULL,
	"request_id" uuid,
	"set_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "policy" ADD CONSTRAINT "policy_request_id_request_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "policy__one" ON "policy" USING btree ((true));--> statement-breakpoint
-- Exactly what the application reads as a policy: what it could not read would stop whatever asks it.
CREATE FUNCTION is_policy(document jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (jsonb_typeof(document) = 'object' AND document - ARRAY['criticalSuspends', 'massAccounts', 'massPercent'] = '{}' AND jsonb_typeof(document -> 'criticalSuspends') = 'boolean'
    AND CASE WHEN jsonb_typeof(document -> 'massAccounts') = 'number' AND jsonb_typeof(document -> 'massPercent') = 'number'
      THEN document ->> 'massAccounts' ~ '^[0-9]{2,4}$' AND document ->> 'massPercent' ~ '^[0-9]{1,2}$' AND (document ->> 'massAccounts')::numeric BETWEEN 10 AND 1000 AND (document ->> 'massPercent')::numeric BETWEEN 1 AND 50 END) IS TRUE
$$;
ALTER TABLE policy ADD CONSTRAINT policy__within CHECK (is_policy(document));
INSERT INTO policy (id, document, set_at) VALUES (gen_random_uuid(), '{"criticalSuspends": false, "massAccounts": 100, "massPercent": 10}', now());--> statement-breakpoint

-- One kind of request more, which policy owners alone sign.
ALTER TABLE request DROP CONSTRAINT request__kind;
ALTER TABLE request ADD CONSTRAINT request__kind CHECK (kind IN ('found-network', 'create-account', 'reset-credentials', 'reinstate', 'grant-role', 'reinstate-bulk', 'revoke-bulk', 'set-policy'));
ALTER TABLE request DROP CONSTRAINT request__role_givers;
ALTER TABLE request ADD CONSTRAINT request__role_givers CHECK (kind NOT IN ('grant-role', 'set-policy') OR approver_roles = ARRAY['policy-owner']);
CREATE OR REPLACE FUNCTION approvals_floor(kind text, content json, subject uuid) RETURNS integer LANGUAGE plpgsql STABLE SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE profiles text[];
BEGIN
  IF kind = 'found-network' THEN RETURN 2; END IF;
  IF kind IN ('grant-role', 'set-policy') THEN RETURN CASE WHEN (SELECT count(DISTINCT g.account_id) FROM role_grant g WHERE g.role = 'policy-owner') < 3 THEN 1 ELSE 2 END; END IF;
  IF kind = 'revoke-bulk' THEN RETURN 1; END IF;
  IF kind = 'reinstate-bulk' THEN
    profiles := (SELECT array_agg(DISTINCT a.profile_id) FROM bulk_line l JOIN account a ON a.id = l.account_id WHERE l.bulk_id = (content ->> 'bulkId')::uuid AND l.plan = 'change');
  ELSE
    profiles := ARRAY[content ->> 'profile', (SELECT a.profile_id FROM account a WHERE a.id = subject)];
  END IF;
  RETURN CASE WHEN EXISTS (SELECT 1 FROM profile p WHERE p.data_scope = 'nation' AND p.id = ANY (profiles)) THEN 2 ELSE 1 END;
END $$;
CREATE OR REPLACE FUNCTION request_filed() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM filed WHERE status <> 'pending' OR executed_in IS NOT NULL) THEN PERFORM refuse('P1', 'a request begins as pending'); END IF;
  IF EXISTS (SELECT 1 FROM filed WHERE approvals_needed < approvals_floor(kind, content, subject_id)) THEN PERFORM refuse('P4', 'fewer approvals than this kind of request needs'); END IF;
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

-- P3, P10: the policy changes by a countersigned request, from what was seen to what was seen.
CREATE FUNCTION policy_changed() RETURNS trigger LANGUAGE plpgsql SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM request r WHERE r.id = NEW.request_id AND r.kind = 'set-policy' AND r.status = 'executed' AND r.executed_in = pg_current_xact_id()
      AND r.content::jsonb -> 'before' = OLD.document AND r.content::jsonb -> 'after' = NEW.document)
    THEN PERFORM refuse('P10', 'a policy changes by a request that its owners countersigned'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER policy_changed AFTER UPDATE ON policy FOR EACH ROW EXECUTE FUNCTION policy_changed();
CREATE CONSTRAINT TRIGGER policy_audited AFTER UPDATE OR DELETE ON policy DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('id');
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE ON policy FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();--> statement-breakpoint

-- P10: as before, and as many as the policy says.
CREATE OR REPLACE FUNCTION revoked_alone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE most integer := (SELECT (document ->> 'massAccounts')::integer FROM policy);
BEGIN
  IF NEW.status_changed_by IS NULL THEN PERFORM refuse('P10', 'a revocation has a name under it'); END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.status_changed_by::text, 7203007));
  IF EXISTS (SELECT 1 FROM bulk b JOIN request r ON r.id = b.request_id AND r.kind = 'revoke-bulk' AND r.status = 'executed' AND r.content ->> 'bulkId' = b.id::text
      CROSS JOIN LATERAL (SELECT outcome, acted_in FROM bulk_line WHERE bulk_id = b.id AND account_id = NEW.id OFFSET 0) l
      WHERE b.status = 'running' AND b.verb = 'revoke' AND b.mass AND b.step = 'act' AND l.outcome = 'done' AND l.acted_in = pg_current_xact_id())
    THEN RETURN NULL; END IF;
  INSERT INTO lone_revocation (account_id, actor_id, at) VALUES (NEW.id, NEW.status_changed_by, NEW.status_changed_at);
  IF (SELECT count(*) FROM (SELECT 1 FROM lone_revocation WHERE actor_id = NEW.status_changed_by AND at > NEW.status_changed_at - interval '24 hours' AND at <= NEW.status_changed_at LIMIT most + 1) first) > most
    THEN PERFORM refuse('P10', 'more revocations than one person makes final alone'); END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION bulk_drawn() RETURNS trigger LANGUAGE plpgsql SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE home organisation;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.id::text, 7203008));
  IF NEW.status <> 'previewed' OR NEW.request_id IS NOT NULL OR NEW.done <> 0 OR NEW.skipped <> 0 OR NEW.step IS DISTINCT FROM (CASE WHEN NEW.verb = 'revoke' AND NEW.mass THEN 'contain' ELSE 'act' END)
    OR NEW.verb = 'revoke' AND NEW.planned > (SELECT (document ->> 'massAccounts')::integer FROM policy) AND NOT NEW.mass
    THEN PERFORM refuse('P3', 'a bulk begins as a dry run'); END IF;
  IF NEW.planned <> (SELECT count(*) FROM bulk_line WHERE bulk_id = NEW.id AND plan = 'change') OR NEW.list_hash <> bulk_list_hash(NEW.id, false)
    THEN PERFORM refuse('P3', 'a bulk is about its list'); END IF;
  SELECT * INTO home FROM organisation WHERE id = NEW.organisation_id;
  IF (NEW.nation_id, NEW.network_id, NEW.region_id, NEW.departement_id, NEW.structure_id, NEW.site_id) IS DISTINCT FROM (home.nation_id, home.network_id, home.region_id, home.departement_id, home.structure_id, home.site_id)
    OR EXISTS (SELECT 1 FROM bulk_line l JOIN account a ON a.id = l.account_id WHERE l.bulk_id = NEW.id AND l.plan = 'change'
      AND NEW.organisation_id IS DISTINCT FROM CASE home.level WHEN 'nation' THEN a.nation_id WHEN 'network' THEN a.network_id WHEN 'region' THEN a.region_id
        WHEN 'departement' THEN a.departement_id WHEN 'structure' THEN a.structure_id ELSE a.site_id END)
    THEN PERFORM refuse('P7', 'the place of a bulk holds all its accounts'); END IF;
  RETURN NULL;
END $$;--> statement-breakpoint

-- Whether a word is rare decides how it is looked for; a hundred samples of a million names do not know.
ALTER TABLE account_search ALTER COLUMN words SET STATISTICS 500;
