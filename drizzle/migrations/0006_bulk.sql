CREATE TABLE "bulk" (
	"id" uuid PRIMARY KEY NOT NULL,
	"verb" text NOT NULL,
	"status" text NOT NULL,
	"step" text NOT NULL,
	"orderer_id" uuid NOT NULL,
	"orderer_epoch" integer NOT NULL,
	"organisation_id" uuid NOT NULL,
	"nation_id" uuid,
	"network_id" uuid,
	"region_id" uuid,
	"departement_id" uuid,
	"structure_id" uuid,
	"site_id" uuid,
	"selection" jsonb NOT NULL,
	"unknown" text[] NOT NULL,
	"planned" integer NOT NULL,
	"impact" jsonb NOT NULL,
	"mass" boolean NOT NULL,
	"list_hash" text NOT NULL,
	"gives_back_id" uuid,
	"justification" text,
	"done" integer DEFAULT 0 NOT NULL,
	"skipped" integer DEFAULT 0 NOT NULL,
	"reached" uuid,
	"request_id" uuid,
	"report_hash" text,
	"previewed_at" timestamp with time zone NOT NULL,
	"started_at" timestamp with time zone,
	"running_since" timestamp with time zone,
	"ran_milliseconds" integer DEFAULT 0 NOT NULL,
	"ended_at" timestamp with time zone,
	"halted" text,
	CONSTRAINT "bulk__verb" CHECK ("bulk"."verb" in ('suspend', 'revoke', 'reset', 'reinstate')),
	CONSTRAINT "bulk__status" CHECK ("bulk"."status" in ('previewed', 'waiting', 'running', 'paused', 'finished', 'stopped')),
	CONSTRAINT "bulk__step" CHECK ("bulk"."step" in ('contain', 'act'))
);
--> statement-breakpoint
CREATE TABLE "bulk_line" (
	"bulk_id" uuid NOT NULL,
	"account_id" uuid NOT NULL,
	"epoch" integer NOT NULL,
	"plan" text NOT NULL,
	"refusal" text,
	"outcome" text,
	"sessions" integer DEFAULT 0 NOT NULL,
	"links" integer DEFAULT 0 NOT NULL,
	"requests_voided" integer DEFAULT 0 NOT NULL,
	"approvals_voided" integer DEFAULT 0 NOT NULL,
	"acted_at" timestamp with time zone,
	"acted_in" "xid8",
	CONSTRAINT "bulk_line_bulk_id_account_id_pk" PRIMARY KEY("bulk_id","account_id"),
	CONSTRAINT "bulk_line__plan" CHECK ("bulk_line"."plan" in ('change', 'already', 'refused'))
);
--> statement-breakpoint
CREATE TABLE "lone_revocation" (
	"account_id" uuid NOT NULL,
	"actor_id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "bulk" ADD CONSTRAINT "bulk_orderer_id_account_id_fk" FOREIGN KEY ("orderer_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bulk" ADD CONSTRAINT "bulk_organisation_id_organisation_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisation"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bulk" ADD CONSTRAINT "bulk_request_id_request_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "bulk" ADD CONSTRAINT "bulk_gives_back_id_bulk_id_fk" FOREIGN KEY ("gives_back_id") REFERENCES "public"."bulk"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "bulk__at_work" ON "bulk" USING btree ("status","id") WHERE "bulk"."status" in ('waiting', 'running', 'paused');--> statement-breakpoint
CREATE INDEX "bulk__by_time" ON "bulk" USING btree ("previewed_at","id");--> statement-breakpoint
CREATE INDEX "bulk__orderer" ON "bulk" USING btree ("orderer_id","previewed_at");--> statement-breakpoint
CREATE INDEX "bulk__gives_back" ON "bulk" USING btree ("gives_back_id") WHERE "bulk"."gives_back_id" is not null;--> statement-breakpoint
CREATE INDEX "lone_revocation__actor" ON "lone_revocation" USING btree ("actor_id","at");--> statement-breakpoint

-- The list of a bulk, as it is hashed: those to be changed, or those a mass revocation has suspended.
CREATE FUNCTION bulk_list_hash(bulk uuid, contained boolean) RETURNS text LANGUAGE sql STABLE SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT encode(sha256(convert_to(coalesce(string_agg(l.account_id::text, E'\n' ORDER BY l.account_id), ''), 'UTF8')), 'hex')
  FROM bulk_line l WHERE l.bulk_id = bulk AND CASE WHEN contained THEN l.outcome IN ('contained', 'held') ELSE l.plan = 'change' END
$$;

-- P3: the list is written before its bulk and never afterwards.
-- Lines and their bulk take turns: none is committed after the bulk was looked at.
CREATE FUNCTION bulk_line_drawn() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(d.bulk_id::text, 7203008)) FROM (SELECT DISTINCT bulk_id FROM drawn ORDER BY bulk_id) d;
  IF EXISTS (SELECT 1 FROM (SELECT DISTINCT bulk_id FROM drawn) d WHERE EXISTS (SELECT 1 FROM bulk b WHERE b.id = d.bulk_id)) THEN PERFORM refuse('P3', 'the list of a bulk is complete when the bulk is made'); END IF;
  IF EXISTS (SELECT 1 FROM drawn WHERE outcome IS NOT NULL OR acted_in IS NOT NULL) THEN PERFORM refuse('P3', 'nothing has come of a line that is only planned'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER bulk_line_drawn AFTER INSERT ON bulk_line REFERENCING NEW TABLE AS drawn FOR EACH STATEMENT EXECUTE FUNCTION bulk_line_drawn();

CREATE FUNCTION bulk_line_acted() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF OLD.plan <> 'change' OR NEW.outcome IS NULL OR (OLD.outcome IS NOT NULL AND (OLD.outcome NOT IN ('contained', 'held') OR NEW.outcome IN ('contained', 'held')))
    THEN PERFORM refuse('P3', 'a bulk comes by each account of its list once in each step'); END IF;
  IF NOT EXISTS (SELECT 1 FROM bulk b WHERE b.id = NEW.bulk_id AND b.status = 'running'
      AND (OLD.outcome IS NOT NULL) = (b.verb = 'revoke' AND b.mass AND b.step = 'act'))
    THEN PERFORM refuse('P3', 'a line is acted upon while its bulk runs, a contained one in the second step alone'); END IF;
  NEW.acted_at := now();
  NEW.acted_in := pg_current_xact_id();
  RETURN NEW;
END $$;
CREATE TRIGGER bulk_line_acted BEFORE UPDATE ON bulk_line FOR EACH ROW EXECUTE FUNCTION bulk_line_acted();

CREATE FUNCTION bulk_drawn() RETURNS trigger LANGUAGE plpgsql SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE home organisation;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.id::text, 7203008));
  IF NEW.status <> 'previewed' OR NEW.request_id IS NOT NULL OR NEW.done <> 0 OR NEW.skipped <> 0 OR NEW.step IS DISTINCT FROM (CASE WHEN NEW.verb = 'revoke' AND NEW.mass THEN 'contain' ELSE 'act' END)
    OR NEW.verb = 'revoke' AND NEW.planned > 100 AND NOT NEW.mass
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
END $$;
CREATE TRIGGER bulk_drawn AFTER INSERT ON bulk FOR EACH ROW EXECUTE FUNCTION bulk_drawn();

-- P1, P3: what gives access, and the second step of a mass revocation, run after the request about them was executed.
CREATE FUNCTION bulk_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE asked request;
BEGIN
  IF OLD.status IN ('finished', 'stopped') OR (OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (('previewed', 'running'), ('previewed', 'waiting'), ('waiting', 'running'), ('waiting', 'finished'),
      ('running', 'paused'), ('running', 'stopped'), ('running', 'waiting'), ('running', 'finished'), ('paused', 'running'), ('paused', 'stopped')))
    THEN PERFORM refuse('P3', 'a bulk goes its way and not back'); END IF;
  IF OLD.request_id IS NOT NULL AND NEW.request_id IS DISTINCT FROM OLD.request_id THEN PERFORM refuse('P3', 'a bulk is asked for once'); END IF;
  IF NEW.request_id IS NOT NULL AND OLD.request_id IS NULL AND NOT EXISTS (
      SELECT 1 FROM request r WHERE r.id = NEW.request_id AND r.kind = NEW.verb || '-bulk' AND r.content ->> 'bulkId' = NEW.id::text AND r.status = 'pending')
    THEN PERFORM refuse('P3', 'a bulk waits for the request about itself'); END IF;
  IF NEW.status = 'running' AND NEW.verb = 'reinstate' OR OLD.step <> NEW.step OR (OLD.status, NEW.status) = ('waiting', 'running') THEN
    SELECT * INTO asked FROM request WHERE id = NEW.request_id;
    IF (asked.status = 'executed' AND asked.kind = NEW.verb || '-bulk' AND asked.content ->> 'bulkId' = NEW.id::text AND NEW.step = 'act') IS NOT TRUE
      THEN PERFORM refuse('P1', 'this bulk runs once it is countersigned'); END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER bulk_changed AFTER UPDATE ON bulk FOR EACH ROW EXECUTE FUNCTION bulk_changed();
CREATE CONSTRAINT TRIGGER bulk_audited AFTER INSERT OR UPDATE ON bulk DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('id');
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE ON bulk FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE ON bulk_line FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();--> statement-breakpoint

-- Two kinds of request more. A mass revocation takes access away: there an IT admin may be the second person.
ALTER TABLE request DROP CONSTRAINT request__kind;
ALTER TABLE request ADD CONSTRAINT request__kind CHECK (kind IN ('found-network', 'create-account', 'reset-credentials', 'reinstate', 'grant-role', 'reinstate-bulk', 'revoke-bulk'));
ALTER TABLE request DROP CONSTRAINT request__givers;
ALTER TABLE request ADD CONSTRAINT request__givers CHECK (kind IN ('found-network', 'revoke-bulk') OR NOT approver_roles && ARRAY['account-manager', 'it-admin', 'auditor']);
ALTER TABLE request ADD CONSTRAINT request__finalisers CHECK (kind <> 'revoke-bulk' OR NOT approver_roles && ARRAY['account-manager', 'auditor']);--> statement-breakpoint

CREATE OR REPLACE FUNCTION approvals_floor(kind text, content json, subject uuid) RETURNS integer LANGUAGE plpgsql STABLE SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE profiles text[];
BEGIN
  IF kind = 'found-network' THEN RETURN 2; END IF;
  IF kind = 'grant-role' THEN RETURN CASE WHEN (SELECT count(DISTINCT g.account_id) FROM role_grant g WHERE g.role = 'policy-owner') < 3 THEN 1 ELSE 2 END; END IF;
  IF kind = 'revoke-bulk' THEN RETURN 1; END IF;
  IF kind = 'reinstate-bulk' THEN
    profiles := (SELECT array_agg(DISTINCT a.profile_id) FROM bulk_line l JOIN account a ON a.id = l.account_id WHERE l.bulk_id = (content ->> 'bulkId')::uuid AND l.plan = 'change');
  ELSE
    profiles := ARRAY[content ->> 'profile', (SELECT a.profile_id FROM account a WHERE a.id = subject)];
  END IF;
  RETURN CASE WHEN EXISTS (SELECT 1 FROM profile p WHERE p.data_scope = 'nation' AND p.id = ANY (profiles)) THEN 2 ELSE 1 END;
END $$;

-- P3: the countersigned list is the list of the bulk, when it is asked for and again when it is executed.
CREATE FUNCTION about_its_bulk(kind text, content json, place uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce((SELECT b.verb || '-bulk' = kind AND b.organisation_id = place AND content ->> 'listHash' = bulk_list_hash(b.id, kind = 'revoke-bulk')
    AND (content ->> 'accounts')::integer = (SELECT count(*) FROM bulk_line l WHERE l.bulk_id = b.id AND CASE WHEN kind = 'revoke-bulk' THEN l.outcome IN ('contained', 'held') ELSE l.plan = 'change' END)
    FROM bulk b WHERE b.id = (content ->> 'bulkId')::uuid), false)
$$;
CREATE OR REPLACE FUNCTION request_filed() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM filed WHERE status <> 'pending' OR executed_in IS NOT NULL) THEN PERFORM refuse('P1', 'a request begins as pending'); END IF;
  IF EXISTS (SELECT 1 FROM filed WHERE approvals_needed < approvals_floor(kind, content, subject_id)) THEN PERFORM refuse('P4', 'fewer approvals than this kind of request needs'); END IF;
  IF EXISTS (SELECT 1 FROM filed WHERE kind = 'found-network') AND EXISTS (SELECT 1 FROM account) THEN PERFORM refuse('P10', 'a network is founded once, while it has no account'); END IF;
  IF EXISTS (SELECT 1 FROM filed f WHERE f.kind <> 'found-network' AND ((f.content ->> 'kind') IS DISTINCT FROM f.kind
      OR (f.content ->> 'accountId') IS DISTINCT FROM f.subject_id::text
      OR CASE WHEN f.kind IN ('reinstate-bulk', 'revoke-bulk') THEN NOT about_its_bulk(f.kind, f.content, f.organisation_id) OR f.requester_id IS NULL
        ELSE f.organisation_id::text IS DISTINCT FROM CASE f.kind WHEN 'create-account' THEN f.content ->> 'organisationId'
          ELSE (SELECT a.organisation_id::text FROM account a WHERE a.id = f.subject_id) END END))
  THEN PERFORM refuse('P3', 'a request is about what its content says'); END IF;
  IF EXISTS (SELECT 1 FROM filed f CROSS JOIN LATERAL (SELECT * FROM organisation WHERE id = f.organisation_id OFFSET 0) o
    WHERE (f.nation_id, f.network_id, f.region_id, f.departement_id, f.structure_id, f.site_id) IS DISTINCT FROM (o.nation_id, o.network_id, o.region_id, o.departement_id, o.structure_id, o.site_id))
  THEN PERFORM refuse('P7', 'the place of a request is that of its organisation'); END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION list_countersigned() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.content_hash <> OLD.content_hash OR NEW.status = 'executed' AND NOT about_its_bulk(NEW.kind, NEW.content, NEW.organisation_id)
    THEN PERFORM refuse('P3', 'the list that is executed is the list that was countersigned'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER list_countersigned AFTER UPDATE ON request FOR EACH ROW WHEN (NEW.kind IN ('reinstate-bulk', 'revoke-bulk') AND OLD.status = 'pending') EXECUTE FUNCTION list_countersigned();
-- P1: nobody signs for a list they stand on.
CREATE FUNCTION not_of_the_list() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM request r JOIN bulk_line l ON l.bulk_id = (r.content ->> 'bulkId')::uuid AND l.account_id = NEW.approver_id AND l.plan = 'change'
    WHERE r.id = NEW.request_id AND r.kind IN ('reinstate-bulk', 'revoke-bulk')) THEN PERFORM refuse('P1', 'neither requester nor subject may approve'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER not_of_the_list AFTER INSERT ON approval FOR EACH ROW EXECUTE FUNCTION not_of_the_list();--> statement-breakpoint

-- P1, P5: as before, and by a countersigned list: each of its accounts once, in the transaction that says so.
CREATE OR REPLACE FUNCTION account_changed() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
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

-- P10: nobody alone makes a mass revocation final. Counted by the database itself, so that clicks, bulks and days cannot be cut into pieces.
CREATE FUNCTION revoked_alone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.status_changed_by IS NULL THEN PERFORM refuse('P10', 'a revocation has a name under it'); END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.status_changed_by::text, 7203007));
  IF EXISTS (SELECT 1 FROM bulk b JOIN request r ON r.id = b.request_id AND r.kind = 'revoke-bulk' AND r.status = 'executed' AND r.content ->> 'bulkId' = b.id::text
      CROSS JOIN LATERAL (SELECT outcome, acted_in FROM bulk_line WHERE bulk_id = b.id AND account_id = NEW.id OFFSET 0) l
      WHERE b.status = 'running' AND b.verb = 'revoke' AND b.mass AND b.step = 'act' AND l.outcome = 'done' AND l.acted_in = pg_current_xact_id())
    THEN RETURN NULL; END IF;
  INSERT INTO lone_revocation (account_id, actor_id, at) VALUES (NEW.id, NEW.status_changed_by, NEW.status_changed_at);
  IF (SELECT count(*) FROM (SELECT 1 FROM lone_revocation WHERE actor_id = NEW.status_changed_by AND at > NEW.status_changed_at - interval '24 hours' AND at <= NEW.status_changed_at LIMIT 101) first) > 100
    THEN PERFORM refuse('P10', 'more revocations than one person makes final alone'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER revoked_alone AFTER UPDATE ON account FOR EACH ROW WHEN (NEW.status = 'revoked' AND OLD.status <> 'revoked') EXECUTE FUNCTION revoked_alone();

-- P10: two policy owners stay at work where there are three: one to ask and one to sign for giving back what one hijacked IT admin suspended.
CREATE OR REPLACE FUNCTION guardians_remain(roles text[], revoking boolean) RETURNS void LANGUAGE plpgsql SET jit = off SET timezone = 'Europe/Paris' SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE acting integer; standing integer; ever integer; admins integer;
BEGIN
  IF roles IS NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(7203002);
  SELECT count(DISTINCT a.id) FILTER (WHERE g.role = 'policy-owner' AND in_office AND a.status = 'active'),
    count(DISTINCT a.id) FILTER (WHERE g.role = 'policy-owner' AND in_office), count(DISTINCT a.id) FILTER (WHERE g.role = 'policy-owner'),
    count(DISTINCT a.id) FILTER (WHERE g.role = 'it-admin' AND in_office)
  INTO acting, standing, ever, admins
  FROM role_grant g JOIN account a ON a.id = g.account_id,
    LATERAL (SELECT g.revoked_at IS NULL AND a.status <> 'revoked' AND a.ends_on >= current_date AS in_office) AS office
  WHERE g.role IN ('policy-owner', 'it-admin');
  IF 'policy-owner' = ANY (roles) AND (acting < CASE WHEN ever < 3 THEN 1 ELSE 2 END OR revoking AND standing < CASE WHEN ever < 3 THEN 2 ELSE 3 END)
    THEN PERFORM refuse('P10', 'enough policy owners stay to name another'); END IF;
  IF 'it-admin' = ANY (roles) AND revoking AND admins < 1 THEN PERFORM refuse('P10', 'the last IT admin stays'); END IF;
END $$;
-- What its own hand takes back within 30 seconds was no revocation.
CREATE FUNCTION revocation_undone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  DELETE FROM lone_revocation WHERE actor_id = OLD.status_changed_by AND account_id = NEW.id AND at = OLD.status_changed_at;
  RETURN NULL;
END $$;
CREATE TRIGGER revocation_undone AFTER UPDATE ON account FOR EACH ROW WHEN (OLD.status = 'revoked' AND NEW.status <> 'revoked') EXECUTE FUNCTION revocation_undone();

-- A dry run nobody confirmed within two days describes a network that is gone: its list is forgotten, that it was made stays in the audit.
CREATE FUNCTION forget_dry_runs() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  DELETE FROM bulk_line WHERE bulk_id IN (SELECT id FROM bulk WHERE status = 'previewed' AND previewed_at BETWEEN now() - interval '4 days' AND now() - interval '2 days')
$$;
