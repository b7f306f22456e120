CREATE TABLE "audit_leaf" (
	"position" bigint PRIMARY KEY NOT NULL,
	"entry_id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"transaction_id" "xid8" NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "audit_leaf__hash" CHECK (length("audit_leaf"."hash") = 32)
);
--> statement-breakpoint
CREATE TABLE "audit_subtree" (
	"level" smallint NOT NULL,
	"index" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "audit_subtree_level_index_pk" PRIMARY KEY("level","index"),
	CONSTRAINT "audit_subtree__hash" CHECK (length("audit_subtree"."hash") = 32)
);
--> statement-breakpoint
CREATE TABLE "checkpoint" (
	"size" bigint PRIMARY KEY NOT NULL,
	"note" text NOT NULL,
	"made_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "checkpoint_place" (
	"name" text PRIMARY KEY NOT NULL,
	"size" bigint NOT NULL,
	"brought_at" timestamp with time zone,
	"failing_since" timestamp with time zone,
	"failure" text
);
--> statement-breakpoint
CREATE TABLE "cosignature" (
	"size" bigint NOT NULL,
	"witness" text NOT NULL,
	"line" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "cosignature_size_witness_pk" PRIMARY KEY("size","witness")
);
--> statement-breakpoint
CREATE TABLE "seal_check" (
	"id" boolean PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"held_at" timestamp with time zone,
	"held" bigint,
	"wrong_at" bigint,
	"wrong" text,
	"wrong_since" timestamp with time zone,
	CONSTRAINT "seal_check__one" CHECK ("seal_check"."id")
);
--> statement-breakpoint
CREATE TABLE "seal_position" (
	"id" boolean PRIMARY KEY NOT NULL,
	"position" "xid8" NOT NULL,
	CONSTRAINT "seal_position__one" CHECK ("seal_position"."id")
);
--> statement-breakpoint
ALTER TABLE "audit_entry" ADD COLUMN "number" bigint;--> statement-breakpoint
ALTER TABLE "cosignature" ADD CONSTRAINT "cosignature_size_checkpoint_size_fk" FOREIGN KEY ("size") REFERENCES "public"."checkpoint"("size") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "audit_leaf__entry" ON "audit_leaf" USING btree ("entry_id");--> statement-breakpoint
CREATE INDEX "cosignature__witness" ON "cosignature" USING btree ("witness","size");--> statement-breakpoint

INSERT INTO seal_check (id, position) VALUES (true, 0);
INSERT INTO seal_position (id, position) VALUES (true, '0');--> statement-breakpoint

-- An entry is numbered when it is written, which is after every row its transaction waits for is held: of two that concern the same thing the
-- one that came first has the lower number, whichever began first. What was there before has none.
CREATE SEQUENCE audit_entry_number;
CREATE OR REPLACE FUNCTION stamp_audit_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.recorded_at := now();
  NEW.transaction_id := pg_current_xact_id();
  NEW.number := nextval('audit_entry_number');
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

-- P6: the log grows at its end and nowhere else, by what is committed; what stands in it stands.
CREATE FUNCTION log_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN PERFORM refuse('P6', 'what was sealed stays as it was'); RETURN NULL; END $$;
CREATE TRIGGER log_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_leaf FOR EACH STATEMENT EXECUTE FUNCTION log_stands();
CREATE TRIGGER log_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_subtree FOR EACH STATEMENT EXECUTE FUNCTION log_stands();
CREATE TRIGGER log_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION log_stands();
CREATE TRIGGER log_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON cosignature FOR EACH STATEMENT EXECUTE FUNCTION log_stands();
CREATE FUNCTION leaves_follow() RETURNS trigger LANGUAGE plpgsql SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE batch record;
BEGIN
  SELECT min(position) AS lowest, max(position) AS highest, count(*) AS many INTO batch FROM added;
  IF batch.many = 0 THEN RETURN NULL; END IF;
  IF batch.highest - batch.lowest + 1 <> batch.many OR batch.lowest <> (SELECT coalesce(max(l.position), -1) + 1 FROM audit_leaf l WHERE l.position < batch.lowest) THEN PERFORM refuse('P6', 'the log has no hole'); END IF;
  IF EXISTS (SELECT 1 FROM added a WHERE a.transaction_id >= pg_snapshot_xmin(pg_current_snapshot())
      OR NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.id = a.entry_id AND e.at = a.at AND e.transaction_id = a.transaction_id))
    THEN PERFORM refuse('P6', 'what is committed is sealed'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER leaves_follow AFTER INSERT ON audit_leaf REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION leaves_follow();
CREATE FUNCTION checkpoint_reaches() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.size <> (SELECT coalesce(max(l.position), -1) + 1 FROM audit_leaf l) THEN PERFORM refuse('P6', 'a checkpoint is of the whole log'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER checkpoint_reaches AFTER INSERT ON checkpoint FOR EACH ROW EXECUTE FUNCTION checkpoint_reaches();
CREATE FUNCTION subtree_complete() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM added a WHERE a.level < 1 OR a.index < 0 OR (a.index + 1) * 2 ^ a.level > (SELECT coalesce(max(l.position), -1) + 1 FROM audit_leaf l))
    THEN PERFORM refuse('P6', 'a subtree stands over leaves that are there'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER subtree_complete AFTER INSERT ON audit_subtree REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION subtree_complete();
CREATE FUNCTION place_knows() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.size > (SELECT coalesce(max(k.size), 0) FROM checkpoint k) OR TG_OP = 'UPDATE' AND NEW.size < OLD.size THEN PERFORM refuse('P6', 'a place knows what was brought there'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER place_knows AFTER INSERT OR UPDATE ON checkpoint_place FOR EACH ROW EXECUTE FUNCTION place_knows();
CREATE FUNCTION check_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF OLD.wrong_at IS NOT NULL AND (NEW.wrong_at, NEW.wrong, NEW.wrong_since) IS DISTINCT FROM (OLD.wrong_at, OLD.wrong, OLD.wrong_since)
    OR NEW.held < OLD.held OR NEW.position > (SELECT coalesce(max(l.position), -1) + 1 FROM audit_leaf l) OR NEW.held_at > clock_timestamp()
    THEN PERFORM refuse('P6', 'what was found wrong stays found'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER check_stands AFTER UPDATE ON seal_check FOR EACH ROW EXECUTE FUNCTION check_stands();
CREATE TRIGGER position_advances AFTER UPDATE ON seal_position FOR EACH ROW EXECUTE FUNCTION position_advances();
