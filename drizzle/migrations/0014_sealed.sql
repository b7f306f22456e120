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
ALTER TABLE "cosignature" ADD CONSTRAINT "cosignature_size_checkpoint_size_fk" FOREIGN KEY ("size") REFERENCES "public"."checkpoint"("size") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "audit_leaf__entry" ON "audit_leaf" USING btree ("entry_id");--> statement-breakpoint
CREATE INDEX "cosignature__witness" ON "cosignature" USING btree ("witness","size");--> statement-breakpoint

INSERT INTO seal_check (id, position) VALUES (true, 0);--> statement-breakpoint

-- P6: the log grows at its end and nowhere else, by what is committed and in its order; what stands in it stands.
CREATE FUNCTION log_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN PERFORM refuse('P6', 'what was sealed stays as it was'); RETURN NULL; END $$;
CREATE TRIGGER log_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_leaf FOR EACH STATEMENT EXECUTE FUNCTION log_stands();
CREATE TRIGGER log_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_subtree FOR EACH STATEMENT EXECUTE FUNCTION log_stands();
CREATE TRIGGER log_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint FOR EACH STATEMENT EXECUTE FUNCTION log_stands();
CREATE TRIGGER log_stands BEFORE UPDATE OR DELETE OR TRUNCATE ON cosignature FOR EACH STATEMENT EXECUTE FUNCTION log_stands();
CREATE FUNCTION leaves_follow() RETURNS trigger LANGUAGE plpgsql SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE batch record; before record;
BEGIN
  SELECT min(position) AS lowest, max(position) AS highest, count(*) AS many, min(transaction_id) AS earliest, max(transaction_id) AS latest INTO batch FROM added;
  IF batch.many = 0 THEN RETURN NULL; END IF;
  SELECT l.position, l.transaction_id INTO before FROM audit_leaf l WHERE l.position < batch.lowest ORDER BY l.position DESC LIMIT 1;
  IF batch.highest - batch.lowest + 1 <> batch.many OR batch.lowest <> coalesce(before.position, -1) + 1 THEN PERFORM refuse('P6', 'the log has no hole'); END IF;
  IF batch.earliest < before.transaction_id OR batch.latest >= pg_snapshot_xmin(pg_current_snapshot()) THEN PERFORM refuse('P6', 'what is committed is sealed, in its order'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER leaves_follow AFTER INSERT ON audit_leaf REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION leaves_follow();
CREATE FUNCTION checkpoint_reaches() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.size <> (SELECT coalesce(max(l.position), -1) + 1 FROM audit_leaf l) THEN PERFORM refuse('P6', 'a checkpoint is of the whole log'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER checkpoint_reaches AFTER INSERT ON checkpoint FOR EACH ROW EXECUTE FUNCTION checkpoint_reaches();
