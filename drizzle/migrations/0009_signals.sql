CREATE TABLE "canary" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"placed_by" uuid NOT NULL,
	"placed_at" timestamp with time zone NOT NULL,
	"lifted_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "finding" (
	"id" uuid PRIMARY KEY NOT NULL,
	"rule" text NOT NULL,
	"severity" text NOT NULL,
	"part" text DEFAULT '' NOT NULL,
	"about_id" uuid NOT NULL,
	"account_id" uuid,
	"organisation_id" uuid NOT NULL,
	"nation_id" uuid,
	"network_id" uuid,
	"region_id" uuid,
	"departement_id" uuid,
	"structure_id" uuid,
	"site_id" uuid,
	"numbers" jsonb NOT NULL,
	"facts" uuid[] NOT NULL,
	"times" integer NOT NULL,
	"first_at" timestamp with time zone NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	"status" text NOT NULL,
	"until" timestamp with time zone,
	"reason" text,
	"settled_by" uuid,
	"settled_at" timestamp with time zone,
	"settled_count" integer,
	CONSTRAINT "finding__status" CHECK ("finding"."status" in ('open', 'accepted', 'snoozed')),
	CONSTRAINT "finding__severity" CHECK ("finding"."severity" in ('notice', 'serious', 'critical')),
	CONSTRAINT "finding__settled" CHECK (("finding"."status" = 'open') = ("finding"."until" is null))
);
--> statement-breakpoint
CREATE TABLE "signal_position" (
	"id" boolean PRIMARY KEY NOT NULL,
	"position" "xid8" NOT NULL,
	CONSTRAINT "signal_position__one" CHECK ("signal_position"."id")
);
--> statement-breakpoint
ALTER TABLE "canary" ADD CONSTRAINT "canary_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "canary" ADD CONSTRAINT "canary_placed_by_account_id_fk" FOREIGN KEY ("placed_by") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "finding" ADD CONSTRAINT "finding_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "finding" ADD CONSTRAINT "finding_organisation_id_organisation_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisation"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "finding" ADD CONSTRAINT "finding_settled_by_account_id_fk" FOREIGN KEY ("settled_by") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "canary__stands" ON "canary" USING btree ("account_id") WHERE "canary"."lifted_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "finding__about" ON "finding" USING btree ("rule","about_id","part");--> statement-breakpoint
CREATE INDEX "finding__queue" ON "finding" USING btree ("last_at","id");--> statement-breakpoint
CREATE INDEX "finding__structure" ON "finding" USING btree ("structure_id","last_at");--> statement-breakpoint
CREATE INDEX "finding__account" ON "finding" USING btree ("account_id","last_at");--> statement-breakpoint

-- What happened before there was anybody to look is not looked at now.
INSERT INTO signal_position (id, position) VALUES (true, pg_current_xact_id());

-- P6: suspicion is told when it rises, recurs and is settled; it is settled under a name, by whoever may, for a time.
CREATE FUNCTION finding_stands() RETURNS trigger LANGUAGE plpgsql SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.times < OLD.times OR NEW.last_at < OLD.last_at OR cardinality(NEW.facts) < cardinality(OLD.facts)
    OR array_position(ARRAY['notice', 'serious', 'critical'], NEW.severity) < array_position(ARRAY['notice', 'serious', 'critical'], OLD.severity) AND NOT (OLD.status <> 'open' AND NEW.status = 'open')
    THEN PERFORM refuse('P6', 'what was found stays found'); END IF;
  IF NEW.status = 'open' OR (NEW.status, NEW.until, NEW.settled_by, NEW.reason) IS NOT DISTINCT FROM (OLD.status, OLD.until, OLD.settled_by, OLD.reason) THEN RETURN NULL; END IF;
  IF NEW.settled_by IS NULL OR NEW.settled_at IS NULL OR NEW.until <= now() OR NEW.until > now() + (CASE NEW.status WHEN 'accepted' THEN interval '91 days' ELSE interval '8 days' END)
    THEN PERFORM refuse('P6', 'a finding is settled by somebody, until some day'); END IF;
  IF NEW.status = 'accepted' AND (coalesce(NEW.reason, '') = '' OR NEW.severity = 'critical') THEN PERFORM refuse('P6', 'a finding is accepted with a reason, and a critical one never'); END IF;
  IF NEW.settled_by = NEW.account_id OR EXISTS (SELECT 1 FROM audit_entry e WHERE e.id = ANY (NEW.facts) AND coalesce(e.actor_id, CASE WHEN e.type IN ('session.opened', 'sign-in.failed') THEN e.subject_id END) = NEW.settled_by)
    THEN PERFORM refuse('P1', 'nobody settles what is found about themselves'); END IF;
  IF NOT EXISTS (SELECT 1 FROM role_grant g JOIN account a ON a.id = g.account_id AND a.status = 'active' WHERE g.account_id = NEW.settled_by AND g.revoked_at IS NULL AND g.role IN ('supervisor', 'it-admin', 'policy-owner')
      AND g.organisation_id IN (NEW.nation_id, NEW.network_id, NEW.region_id, NEW.departement_id, NEW.structure_id, NEW.site_id))
    THEN PERFORM refuse('P7', 'a finding is settled by whoever answers for its place'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER finding_stands AFTER UPDATE ON finding FOR EACH ROW EXECUTE FUNCTION finding_stands();
CREATE FUNCTION finding_raised() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.status <> 'open' THEN PERFORM refuse('P6', 'a finding begins open'); END IF;
  IF NOT EXISTS (SELECT 1 FROM organisation o WHERE o.id = NEW.organisation_id AND (o.nation_id, o.network_id, o.region_id, o.departement_id, o.structure_id, o.site_id)
      IS NOT DISTINCT FROM (NEW.nation_id, NEW.network_id, NEW.region_id, NEW.departement_id, NEW.structure_id, NEW.site_id))
    OR NEW.account_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM account a WHERE a.id = NEW.account_id AND a.organisation_id = NEW.organisation_id)
    THEN PERFORM refuse('P7', 'the place of a finding is that of what it is about'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER finding_raised AFTER INSERT ON finding FOR EACH ROW EXECUTE FUNCTION finding_raised();
CREATE CONSTRAINT TRIGGER finding_audited AFTER INSERT OR UPDATE ON finding DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('id');

-- A decoy is placed by a policy owner, on an account that has no reason to act; what is told of it names no account.
CREATE FUNCTION canary_placed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM role_grant g WHERE g.account_id = NEW.placed_by AND g.role = 'policy-owner' AND g.revoked_at IS NULL)
    OR EXISTS (SELECT 1 FROM role_grant g WHERE g.account_id = NEW.account_id AND g.revoked_at IS NULL)
    THEN PERFORM refuse('P10', 'a decoy has no role and is placed by a policy owner'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER canary_placed AFTER INSERT ON canary FOR EACH ROW EXECUTE FUNCTION canary_placed();
CREATE CONSTRAINT TRIGGER canary_audited AFTER INSERT OR UPDATE ON canary DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('id');

-- The ledger is looked through once, forwards, and no further than it goes.
CREATE FUNCTION position_advances() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.position < OLD.position OR NEW.position > pg_snapshot_xmin(pg_current_snapshot()) THEN PERFORM refuse('P6', 'the ledger is looked through once, as far as it goes'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER position_advances AFTER UPDATE ON signal_position FOR EACH ROW EXECUTE FUNCTION position_advances();
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE ON finding FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE ON canary FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();
