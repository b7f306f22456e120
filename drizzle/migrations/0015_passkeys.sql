CREATE TABLE "passkey" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"credential_id" "bytea" NOT NULL,
	"public_key" "bytea" NOT NULL,
	"sign_count" bigint NOT NULL,
	"transports" text[] NOT NULL,
	"name" text NOT NULL,
	"synced" boolean NOT NULL,
	"link_id" uuid,
	"created_at" timestamp with time zone NOT NULL,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "passkey_credential_id_unique" UNIQUE("credential_id")
);
--> statement-breakpoint
CREATE TABLE "spent_nonce" (
	"nonce" "bytea" PRIMARY KEY NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "approval" ADD COLUMN "assurance" text DEFAULT 'session' NOT NULL;--> statement-breakpoint
ALTER TABLE "approval" ADD COLUMN "device_key" text;--> statement-breakpoint
ALTER TABLE "call_back" ADD COLUMN "device_key" text;--> statement-breakpoint
ALTER TABLE "request" ADD COLUMN "device_key" text;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "device_key" text;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "proof_failures" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "proof_failed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "passkey" ADD CONSTRAINT "passkey_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passkey" ADD CONSTRAINT "passkey_link_id_link_id_fk" FOREIGN KEY ("link_id") REFERENCES "public"."link"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "passkey__account" ON "passkey" USING btree ("account_id");--> statement-breakpoint
ALTER TABLE approval ADD CONSTRAINT approval__assurance CHECK (assurance IN ('session', 'recovery-code', 'totp', 'passkey'));--> statement-breakpoint

-- P1, P9: a passkey comes through a link that is used in this transaction, or from whoever is signed in; not within a day of a reset, so that
-- who talked their way to one cannot stay when it is found out. What it is stands in the audit.
CREATE FUNCTION passkey_added() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM 1 FROM account WHERE id = NEW.account_id AND status = 'active' FOR SHARE;
  IF NOT FOUND THEN PERFORM refuse('P5', 'no passkey for an account that is out'); END IF;
  IF NEW.link_id IS NOT NULL THEN
    IF NOT EXISTS (SELECT 1 FROM link l WHERE l.id = NEW.link_id AND l.account_id = NEW.account_id AND l.used_in = pg_current_xact_id() AND l.kind IN ('invitation', 'reset'))
      THEN PERFORM refuse('P1', 'a passkey is set through a link that is used in this transaction, or by whoever is signed in'); END IF;
  ELSIF NOT EXISTS (SELECT 1 FROM session s WHERE s.account_id = NEW.account_id AND s.expires_at > now())
    OR EXISTS (SELECT 1 FROM link l WHERE l.account_id = NEW.account_id AND l.kind = 'reset' AND l.used_at > now() - interval '24 hours')
    THEN PERFORM refuse('P1', 'a passkey is set through a link that is used in this transaction, or by whoever is signed in'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER passkey_added AFTER INSERT ON passkey FOR EACH ROW EXECUTE FUNCTION passkey_added();
CREATE FUNCTION passkey_told() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.transaction_id = pg_current_xact_id() AND e.at > now() - interval '1 hour' AND e.subject_id = NEW.account_id AND e.type = 'passkey.added' AND e.data ->> 'passkeyId' = NEW.id::text)
    THEN PERFORM refuse('P6', 'a passkey without its audit entry'); END IF;
  IF NEW.link_id IS NULL AND NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.transaction_id = pg_current_xact_id() AND e.at > now() - interval '1 hour' AND e.subject_id = NEW.account_id AND e.actor_id = NEW.account_id AND e.type = 'proof.given' AND e.data ->> 'act' = 'add-passkey')
    THEN PERFORM refuse('P1', 'a passkey is added by whoever proved who they are'); END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER passkey_told AFTER INSERT ON passkey DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION passkey_told();

-- P1: the last second factor stays; all of them go with a reset, or with an account that somebody else has used.
CREATE FUNCTION passkey_gone() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM audit_entry e WHERE e.transaction_id = pg_current_xact_id() AND e.at > now() - interval '1 hour' AND e.subject_id = OLD.account_id AND e.type = 'passkey.removed' AND e.data ->> 'passkeyId' = OLD.id::text) THEN
    IF NOT EXISTS (SELECT 1 FROM passkey p WHERE p.account_id = OLD.account_id) AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.account_id = OLD.account_id AND c.kind = 'totp')
      THEN PERFORM refuse('P1', 'nobody takes away their own last factor'); END IF;
  ELSIF NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.transaction_id = pg_current_xact_id() AND e.at > now() - interval '1 hour' AND e.subject_id = OLD.account_id
      AND e.type IN ('account.reset', 'account.suspended', 'account.revoked', 'account.locked-out', 'account.ending-explained'))
    THEN PERFORM refuse('P6', 'a passkey is gone without its audit entry'); END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER passkey_gone AFTER DELETE ON passkey DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION passkey_gone();
CREATE FUNCTION passkey_used() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.sign_count < OLD.sign_count THEN PERFORM refuse('P1', 'a passkey counts upwards'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER passkey_used AFTER UPDATE ON passkey FOR EACH ROW EXECUTE FUNCTION passkey_used();
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE OR DELETE ON passkey FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();--> statement-breakpoint

-- What was spent stays spent until it is too old to be shown anyway.
CREATE FUNCTION nonce_stays_spent() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF OLD.expires_at > now() THEN PERFORM refuse('P1', 'what was signed once is not signed again'); END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER nonce_stays_spent BEFORE DELETE ON spent_nonce FOR EACH ROW EXECUTE FUNCTION nonce_stays_spent();
--> statement-breakpoint

-- P2: no two hands in a request are on one device: who asked, who called where nobody known asked, who signs.
CREATE FUNCTION approval_device() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM request r WHERE r.id = NEW.request_id AND r.device_key = NEW.device_key)
    OR EXISTS (SELECT 1 FROM approval a WHERE a.request_id = NEW.request_id AND a.id <> NEW.id AND a.voided_at IS NULL AND a.device_key = NEW.device_key)
    OR EXISTS (SELECT 1 FROM call_back c JOIN request r ON r.id = c.request_id WHERE c.request_id = NEW.request_id AND r.requester_id IS NULL AND c.device_key = NEW.device_key)
    THEN PERFORM refuse('P2', 'two hands in a request are on two devices'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER approval_device AFTER INSERT ON approval FOR EACH ROW EXECUTE FUNCTION approval_device();

-- P1, P6: how sure an approval is stands in its entry, and is no less than its giver could be.
CREATE FUNCTION approval_proven() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.assurance = 'session' AND (EXISTS (SELECT 1 FROM passkey p WHERE p.account_id = NEW.approver_id) OR EXISTS (SELECT 1 FROM credential c WHERE c.account_id = NEW.approver_id))
    OR NEW.assurance = 'passkey' AND NOT EXISTS (SELECT 1 FROM passkey p WHERE p.account_id = NEW.approver_id)
    THEN PERFORM refuse('P1', 'whoever has something to prove themselves with does, when they sign'); END IF;
  IF EXISTS (SELECT 1 FROM audit_entry e WHERE e.transaction_id = pg_current_xact_id() AND e.at > now() - interval '1 hour' AND e.subject_id = NEW.request_id AND e.actor_id = NEW.approver_id AND e.type = 'request.approval-given' AND e.data ->> 'assurance' = NEW.assurance) THEN RETURN NULL; END IF;
  IF NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.transaction_id = pg_current_xact_id() AND e.subject_id = NEW.request_id AND e.actor_id = NEW.approver_id AND e.type = 'request.approval-given' AND e.data ->> 'assurance' = NEW.assurance)
    THEN PERFORM refuse('P6', 'an approval whose entry does not say how sure it is'); END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER approval_proven AFTER INSERT ON approval DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION approval_proven();
