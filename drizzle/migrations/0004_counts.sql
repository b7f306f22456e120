CREATE TABLE "account_count" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "account_count_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"organisation_id" uuid NOT NULL,
	"nation_id" uuid,
	"network_id" uuid,
	"region_id" uuid,
	"departement_id" uuid,
	"structure_id" uuid,
	"site_id" uuid,
	"status" text NOT NULL,
	"profile_id" text NOT NULL,
	"change" integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX "account_count__region" ON "account_count" USING btree ("region_id");--> statement-breakpoint
CREATE INDEX "account_count__departement" ON "account_count" USING btree ("departement_id");--> statement-breakpoint
CREATE INDEX "account_count__structure" ON "account_count" USING btree ("structure_id");--> statement-breakpoint

-- What a statement changed, summed before it is written: a sign-in adds nothing, a bulk a row for each place it touched.
CREATE FUNCTION count_accounts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO account_count (organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, status, profile_id, change)
    SELECT organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, status, profile_id, count(*) FROM became
    GROUP BY organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, status, profile_id;
  ELSE
    INSERT INTO account_count (organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, status, profile_id, change)
    SELECT organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, status, profile_id, sum(change)
    FROM (SELECT was.*, -1 AS change FROM was UNION ALL SELECT became.*, 1 FROM became) AS both_sides
    GROUP BY organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, status, profile_id HAVING sum(change) <> 0;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER account_counted AFTER INSERT ON account REFERENCING NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION count_accounts();
CREATE TRIGGER account_recounted AFTER UPDATE ON account REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION count_accounts();--> statement-breakpoint

-- One row for each place, state and profile again. The sums stay what they are at every moment; one at a time is enough.
CREATE FUNCTION fold_account_counts() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock(7203005) THEN RETURN; END IF;
  WITH scattered AS (SELECT organisation_id, status, profile_id FROM account_count GROUP BY organisation_id, status, profile_id HAVING count(*) > 1),
  gone AS (DELETE FROM account_count c USING scattered s
    WHERE (c.organisation_id, c.status, c.profile_id) = (s.organisation_id, s.status, s.profile_id) RETURNING c.*)
  INSERT INTO account_count (organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, status, profile_id, change)
  SELECT organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, status, profile_id, sum(change) FROM gone
  GROUP BY organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, status, profile_id HAVING sum(change) <> 0;
END $$;--> statement-breakpoint

-- From the accounts themselves: now, and for whoever has put rows back past the triggers. For the owner alone.
CREATE FUNCTION recount_accounts() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  LOCK TABLE account IN SHARE MODE;
  DELETE FROM account_count;
  INSERT INTO account_count (organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, status, profile_id, change)
  SELECT organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, status, profile_id, count(*) FROM account
  GROUP BY organisation_id, nation_id, network_id, region_id, departement_id, structure_id, site_id, status, profile_id;
END $$;
REVOKE EXECUTE ON FUNCTION recount_accounts() FROM PUBLIC;
SELECT recount_accounts();
