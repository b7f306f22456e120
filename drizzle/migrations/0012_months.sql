CREATE TABLE "audit_month" (
	"id" uuid PRIMARY KEY NOT NULL,
	"partition" text NOT NULL,
	"since" timestamp with time zone,
	"until" timestamp with time zone NOT NULL,
	"dropped_at" timestamp with time zone,
	"entries" bigint,
	"messages" bigint,
	CONSTRAINT "audit_month_partition_unique" UNIQUE("partition"),
	CONSTRAINT "audit_month_until_unique" UNIQUE("until"),
	CONSTRAINT "audit_month__dropped" CHECK (("audit_month"."dropped_at" is null) = ("audit_month"."entries" is null) and ("audit_month"."entries" is null) = ("audit_month"."messages" is null))
);
--> statement-breakpoint
CREATE TABLE "retention" (
	"id" uuid PRIMARY KEY NOT NULL,
	"months" integer NOT NULL,
	"reason" text,
	"set_at" timestamp with time zone NOT NULL,
	CONSTRAINT "retention__months" CHECK ("retention"."months" between 12 and 36 and ("retention"."months" = 12 or coalesce("retention"."reason", '') <> ''))
);
--> statement-breakpoint
CREATE UNIQUE INDEX "retention__one" ON "retention" USING btree ((true));--> statement-breakpoint
INSERT INTO retention (id, months, set_at) VALUES (gen_random_uuid(), 12, now());--> statement-breakpoint

-- In the order in which everybody else takes them.
LOCK TABLE audit_entry, outbox IN ACCESS EXCLUSIVE MODE;--> statement-breakpoint

-- P8: a message belongs to an entry of the transaction that posts it. The months of the audit leave with what was sent of them.
ALTER TABLE "outbox" DROP CONSTRAINT "outbox_entry_id_audit_entry_id_fk";--> statement-breakpoint
CREATE FUNCTION message_posted() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM posted p WHERE NOT EXISTS (SELECT 1 FROM audit_entry e
      WHERE e.id = p.entry_id AND e.transaction_id = pg_current_xact_id() AND e.at > now() - interval '1 hour'))
    THEN PERFORM refuse('P8', 'a message belongs to an entry of its transaction'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER message_posted AFTER INSERT ON outbox REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION message_posted();--> statement-breakpoint

CREATE INDEX "outbox__entry" ON "outbox" USING btree ("entry_id");--> statement-breakpoint

-- The audit by month. What there is becomes the first partition as it stands, up to the end of this month: nothing is copied and no index is
-- built, but all of it is read once, to see that it is of before.
DO $$
DECLARE one record; until timestamptz := date_trunc('month', now(), 'UTC') + interval '1 month'; partition text := 'audit_entry_until_' || to_char(until AT TIME ZONE 'UTC', 'YYYY_MM');
BEGIN
  DROP TRIGGER stamp_audit_entry ON audit_entry;
  EXECUTE format('ALTER TABLE audit_entry RENAME TO %I', partition);
  FOR one IN SELECT indexrelid::regclass AS name FROM pg_index WHERE indrelid = partition::regclass
    LOOP EXECUTE format('ALTER INDEX %s RENAME TO %I', one.name, replace(one.name::text, 'audit_entry', partition)); END LOOP;
  EXECUTE format('CREATE TABLE audit_entry (LIKE %I INCLUDING DEFAULTS) PARTITION BY RANGE (at)', partition);
  CREATE INDEX audit_entry__by_time ON audit_entry (at, id);
  CREATE INDEX audit_entry__subject ON audit_entry (subject_id, at);
  CREATE INDEX audit_entry__actor ON audit_entry (actor_id, at);
  CREATE INDEX audit_entry__type ON audit_entry (type, at);
  CREATE INDEX audit_entry__structure ON audit_entry (structure_id, at, id);
  CREATE INDEX audit_entry__account ON audit_entry ((data ->> 'accountId'), at) WHERE (data ->> 'accountId') IS NOT NULL;
  CREATE INDEX audit_entry__transaction ON audit_entry (transaction_id, subject_id);
  CREATE TRIGGER stamp_audit_entry BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION stamp_audit_entry();
  CREATE TRIGGER audit_entry_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_stands();
  EXECUTE format('ALTER TABLE audit_entry ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)', partition, until);
  INSERT INTO audit_month (id, partition, until) VALUES (gen_random_uuid(), partition, until);
  -- Who served goes on serving.
  FOR one IN SELECT a.grantee::regrole AS login, a.privilege_type AS may FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = partition::regclass AND a.grantee NOT IN (0, c.relowner) LOOP
    EXECUTE format('GRANT %s ON audit_entry TO %s', one.may, one.login);
    EXECUTE format('REVOKE %s ON %I FROM %s', one.may, partition, one.login);
  END LOOP;
END $$;--> statement-breakpoint

-- P6: whoever may change no account tells of months and of nothing else, and nobody else tells of them. An entry is of now, but for the past
-- that a seed tells before anybody has signed in.
CREATE OR REPLACE FUNCTION stamp_audit_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.recorded_at := now();
  NEW.transaction_id := pg_current_xact_id();
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

-- Months are there before they begin. A partition that is attached, rather than made as one, waits for nobody who writes or reads.
CREATE FUNCTION open_audit_months() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE since timestamptz; until timestamptz; partition text; made integer := 0;
BEGIN
  IF (SELECT max(m.until) FROM audit_month m) > now() + interval '2 months' THEN RETURN 0; END IF;
  -- A lock that no login but the owner's can take and keep.
  LOCK TABLE audit_month IN SHARE ROW EXCLUSIVE MODE;
  LOOP
    SELECT max(m.until) INTO since FROM audit_month m;
    EXIT WHEN since > now() + interval '2 months';
    until := since + interval '1 month';
    partition := 'audit_entry_' || to_char(since, 'YYYY_MM');
    EXECUTE format('CREATE TABLE public.%I (LIKE audit_entry INCLUDING DEFAULTS, PRIMARY KEY (id))', partition);
    EXECUTE format('CREATE TRIGGER audit_entry_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_stands()', partition);
    EXECUTE format('ALTER TABLE audit_entry ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition, since, until);
    INSERT INTO audit_month (id, partition, since, until) VALUES (gen_random_uuid(), partition, since, until);
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;
SELECT open_audit_months();--> statement-breakpoint

-- What is known of the oldest month whose time is over: all that decides whether it may go. Reads the whole of it.
CREATE FUNCTION due_audit_month() RETURNS TABLE (id uuid, partition text, until timestamptz, entries bigint, messages bigint, unsent bigint, recorded_until timestamptz, kept_from timestamptz, incidents bigint)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET jit = off SET timezone = 'UTC' AS $$
BEGIN
  SELECT m.id, m.partition, m.until, now() - make_interval(months => r.months) INTO id, partition, until, kept_from FROM audit_month m, retention r
    WHERE m.dropped_at IS NULL AND m.until <= now() - make_interval(months => r.months) ORDER BY m.until LIMIT 1;
  IF NOT FOUND THEN RETURN; END IF;
  EXECUTE format('SELECT count(*), max(e.recorded_at) FROM %I e', partition) INTO entries, recorded_until;
  EXECUTE format('SELECT count(*), count(*) FILTER (WHERE o.settled_at IS NULL) FROM %I e JOIN outbox o ON o.entry_id = e.id', partition) INTO messages, unsent;
  SELECT count(*) INTO incidents FROM incident i WHERE i.closed_at IS NULL
    AND EXISTS (SELECT 1 FROM incident_account a WHERE a.incident_id = i.id AND a.since < due_audit_month.until);
  RETURN NEXT;
END $$;
REVOKE ALL ON FUNCTION due_audit_month() FROM PUBLIC;--> statement-breakpoint

-- P6: an entry leaves with its month, the oldest first, when the time it is kept for is over, whatever it says of its own date, and while no
-- open incident tells of it. The maintenance login may call this and nothing else; the entry about it is asked for at commit, as everywhere.
-- From here on nothing can be added to the month, filed under an incident or decided about the retention until it is committed.
CREATE FUNCTION month_closed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN PERFORM refuse('P6', 'this month of the audit is closed'); RETURN NULL; END $$;
CREATE FUNCTION close_audit_month(month_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET jit = off SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE month record; partition text;
BEGIN
  LOCK TABLE audit_month IN SHARE ROW EXCLUSIVE MODE;
  PERFORM 1 FROM retention FOR SHARE;
  LOCK TABLE incident, incident_account IN SHARE MODE;
  SELECT m.partition INTO partition FROM audit_month m WHERE m.id = month_id AND m.dropped_at IS NULL;
  IF NOT FOUND THEN PERFORM refuse('P6', 'a month of the audit leaves once'); END IF;
  EXECUTE format('CREATE TRIGGER month_closed BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION month_closed()', partition);
  SELECT * INTO month FROM due_audit_month();
  IF month.id IS DISTINCT FROM month_id THEN PERFORM refuse('P6', 'a month of the audit leaves when its time is over, the oldest first'); END IF;
  IF month.recorded_until > month.kept_from THEN PERFORM refuse('P6', 'an entry is kept from when it was recorded'); END IF;
  IF month.incidents > 0 THEN PERFORM refuse('P6', 'an open incident keeps its months'); END IF;
  EXECUTE format('DELETE FROM outbox o USING %I e WHERE e.id = o.entry_id', partition);
  UPDATE audit_month SET dropped_at = now(), entries = month.entries, messages = month.messages WHERE id = month_id;
END $$;
REVOKE ALL ON FUNCTION close_audit_month(uuid) FROM PUBLIC;--> statement-breakpoint

-- Dropping takes the whole audit for itself, for as long as its transaction lasts: hence one of its own, with nothing to say after it, and
-- for a fifth of a second, in which everybody who writes waits behind it, or not at all this time. True when none is left.
CREATE FUNCTION drop_closed_audit_months() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE partition text;
BEGIN
  FOR partition IN SELECT m.partition FROM audit_month m WHERE m.dropped_at IS NOT NULL AND to_regclass('public.' || quote_ident(m.partition)) IS NOT NULL
    LOOP EXECUTE format('DROP TABLE public.%I', partition); END LOOP;
  RETURN true;
EXCEPTION WHEN lock_not_available THEN RETURN false;
END $$;
REVOKE ALL ON FUNCTION drop_closed_audit_months() FROM PUBLIC;--> statement-breakpoint

-- P6: first within the months of the last hour, which is one; planned once, because planning over all months costs more than looking into one.
-- What the demo tells of a past is found in the second look.
CREATE OR REPLACE FUNCTION must_be_audited() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE changed record; about uuid;
BEGIN
  IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
  IF TG_ARGV[0] = 'account_id' THEN about := changed.account_id; ELSIF TG_ARGV[0] = 'request_id' THEN about := changed.request_id;
  ELSIF TG_ARGV[0] = 'incident_id' THEN about := changed.incident_id; ELSE about := changed.id; END IF;
  IF EXISTS (SELECT 1 FROM audit_entry WHERE transaction_id = pg_current_xact_id() AND subject_id = about AND at > now() - interval '1 hour') THEN RETURN NULL; END IF;
  IF NOT EXISTS (SELECT 1 FROM audit_entry WHERE transaction_id = pg_current_xact_id() AND subject_id = about) THEN PERFORM refuse('P6', 'a change of ' || TG_TABLE_NAME || ' without its audit entry'); END IF;
  RETURN NULL;
END $$;
DROP TRIGGER incident_account_audited ON incident_account;
CREATE CONSTRAINT TRIGGER incident_account_audited AFTER INSERT OR UPDATE ON incident_account DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('incident_id');
DROP FUNCTION filed_and_told();
CREATE CONSTRAINT TRIGGER audit_month_audited AFTER UPDATE OR DELETE ON audit_month DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('id');
CREATE CONSTRAINT TRIGGER retention_audited AFTER UPDATE OR DELETE ON retention DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('id');--> statement-breakpoint

-- An invented time zone moves what is so many days ago by weeks.
ALTER FUNCTION finding_stands() SET timezone = 'UTC';
ALTER FUNCTION forget_dry_runs() SET timezone = 'UTC';
