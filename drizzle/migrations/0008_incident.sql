CREATE TABLE "incident" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"opened_by" uuid NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"known_at" timestamp with time zone NOT NULL,
	"notified_at" timestamp with time zone,
	"notification_reference" text,
	"closed_at" timestamp with time zone,
	"organisation_id" uuid NOT NULL,
	"nation_id" uuid,
	"network_id" uuid,
	"region_id" uuid,
	"departement_id" uuid,
	"structure_id" uuid,
	"site_id" uuid,
	CONSTRAINT "incident__known" CHECK ("incident"."known_at" <= "incident"."opened_at"),
	CONSTRAINT "incident__notified" CHECK (("incident"."notified_at" is null) = ("incident"."notification_reference" is null) and ("incident"."notified_at" is null or "incident"."notified_at" >= "incident"."known_at"))
);
--> statement-breakpoint
CREATE TABLE "incident_account" (
	"incident_id" uuid NOT NULL,
	"account_id" uuid NOT NULL,
	"touched_by" uuid,
	"kind" text,
	"since" timestamp with time zone NOT NULL,
	"contained" boolean NOT NULL,
	"reached_id" uuid NOT NULL,
	"files" integer NOT NULL,
	"bulk_id" uuid,
	"filed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "incident_account_incident_id_account_id_pk" PRIMARY KEY("incident_id","account_id")
);
--> statement-breakpoint
ALTER TABLE "incident" ADD CONSTRAINT "incident_opened_by_account_id_fk" FOREIGN KEY ("opened_by") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incident" ADD CONSTRAINT "incident_organisation_id_organisation_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisation"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incident_account" ADD CONSTRAINT "incident_account_incident_id_incident_id_fk" FOREIGN KEY ("incident_id") REFERENCES "public"."incident"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incident_account" ADD CONSTRAINT "incident_account_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "incident__by_time" ON "incident" USING btree ("opened_at","id");--> statement-breakpoint
CREATE INDEX "incident_account__account" ON "incident_account" USING btree ("account_id");--> statement-breakpoint

-- P6: what was written down of an incident stays written down: an account that was left may be put out later, and that is all.
CREATE FUNCTION incident_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF OLD.closed_at IS NOT NULL AND (NEW.closed_at IS NOT NULL OR (OLD.known_at, OLD.notified_at, OLD.organisation_id) IS DISTINCT FROM (NEW.known_at, NEW.notified_at, NEW.organisation_id))
    THEN PERFORM refuse('P6', 'a closed incident stands as it is until it is opened again'); END IF;
  IF OLD.closed_at IS NULL AND NEW.closed_at <> date_trunc('milliseconds', now()) THEN PERFORM refuse('P6', 'an incident is closed now'); END IF;
  IF NEW.known_at > OLD.known_at OR NEW.known_at <> OLD.known_at AND OLD.notified_at IS NOT NULL THEN PERFORM refuse('P6', 'the clock of an incident is never set back'); END IF;
  IF OLD.notified_at IS NOT NULL AND (OLD.notified_at, OLD.notification_reference) IS DISTINCT FROM (NEW.notified_at, NEW.notification_reference)
    THEN PERFORM refuse('P6', 'a notification is written down once'); END IF;
  IF NEW.notified_at > now() THEN PERFORM refuse('P6', 'what is written down has happened'); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER incident_stands BEFORE UPDATE ON incident FOR EACH ROW EXECUTE FUNCTION incident_stands();
CREATE FUNCTION incident_account_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.contained OR NOT NEW.contained) THEN PERFORM refuse('P6', 'who was contained stays so in the file'); END IF;
  IF EXISTS (SELECT 1 FROM incident i WHERE i.id = NEW.incident_id AND i.closed_at IS NOT NULL) THEN PERFORM refuse('P6', 'nothing is filed under a closed incident'); END IF;
  IF NEW.contained AND EXISTS (SELECT 1 FROM account a WHERE a.id = NEW.account_id AND a.status = 'active') THEN PERFORM refuse('P5', 'who is contained is out'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER incident_account_stands AFTER INSERT OR UPDATE ON incident_account FOR EACH ROW EXECUTE FUNCTION incident_account_stands();

-- P7: an incident is seen where all of its accounts are seen.
CREATE FUNCTION incident_place() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE held incident; home organisation;
BEGIN
  SELECT i.* INTO held FROM incident i WHERE i.id = (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
  SELECT * INTO home FROM organisation WHERE id = held.organisation_id;
  IF (held.nation_id, held.network_id, held.region_id, held.departement_id, held.structure_id, held.site_id) IS DISTINCT FROM (home.nation_id, home.network_id, home.region_id, home.departement_id, home.structure_id, home.site_id)
    OR EXISTS (SELECT 1 FROM incident_account l JOIN account a ON a.id = l.account_id WHERE l.incident_id = held.id
      AND (TG_TABLE_NAME = 'incident' OR l.account_id = (to_jsonb(NEW) ->> 'account_id')::uuid)
      AND held.organisation_id IS DISTINCT FROM CASE home.level WHEN 'nation' THEN a.nation_id WHEN 'network' THEN a.network_id WHEN 'region' THEN a.region_id
        WHEN 'departement' THEN a.departement_id WHEN 'structure' THEN a.structure_id ELSE a.site_id END)
    THEN PERFORM refuse('P7', 'the place of an incident holds all its accounts'); END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER incident_place AFTER INSERT OR UPDATE ON incident DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION incident_place('id');
CREATE CONSTRAINT TRIGGER incident_account_place AFTER INSERT ON incident_account DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION incident_place('incident_id');
CREATE CONSTRAINT TRIGGER incident_audited AFTER INSERT OR UPDATE ON incident DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('id');
CREATE FUNCTION filed_and_told() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM audit_entry WHERE transaction_id = pg_current_xact_id() AND subject_id = NEW.incident_id) THEN PERFORM refuse('P6', 'a change of incident_account without its audit entry'); END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER incident_account_audited AFTER INSERT OR UPDATE ON incident_account DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION filed_and_told();
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE ON incident FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE ON incident_account FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();
