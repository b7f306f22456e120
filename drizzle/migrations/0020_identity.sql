CREATE TABLE "identity" (
	"id" uuid PRIMARY KEY NOT NULL,
	"account_id" uuid NOT NULL,
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"linked_at" timestamp with time zone NOT NULL,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "identity__one_account" UNIQUE("issuer","subject"),
	CONSTRAINT "identity__one_each" UNIQUE("account_id","issuer")
);
--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "issuer" text;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "acr" text;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "amr" text[];--> statement-breakpoint
ALTER TABLE "identity" ADD CONSTRAINT "identity_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."account"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE session ADD CONSTRAINT session__through CHECK ((method IN ('provider', 'provider-two-factor')) = (issuer IS NOT NULL) AND (issuer IS NULL) = (amr IS NULL) AND (acr IS NULL OR issuer IS NOT NULL));--> statement-breakpoint

-- P1, P9: another way in is added like a passkey: by whoever is signed in and proved who they are, and not within a day of a reset.
CREATE FUNCTION identity_linked() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM 1 FROM account WHERE id = NEW.account_id AND status = 'active' FOR SHARE;
  IF NOT FOUND THEN PERFORM refuse('P5', 'no identity for an account that is out'); END IF;
  IF NOT EXISTS (SELECT 1 FROM session s WHERE s.account_id = NEW.account_id AND s.expires_at > now())
    OR EXISTS (SELECT 1 FROM link l WHERE l.account_id = NEW.account_id AND l.kind = 'reset' AND l.used_at > now() - interval '24 hours')
    THEN PERFORM refuse('P1', 'an identity is linked by whoever is signed in, and not within a day of a reset'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER identity_linked AFTER INSERT ON identity FOR EACH ROW EXECUTE FUNCTION identity_linked();
CREATE FUNCTION identity_told() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.transaction_id = pg_current_xact_id() AND e.at > now() - interval '1 hour' AND e.subject_id = NEW.account_id AND e.type = 'identity.linked' AND e.data ->> 'identityId' = NEW.id::text AND e.data ->> 'issuer' = NEW.issuer AND e.data ->> 'subject' = NEW.subject)
    THEN PERFORM refuse('P6', 'an identity without its audit entry'); END IF;
  IF NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.transaction_id = pg_current_xact_id() AND e.at > now() - interval '1 hour' AND e.subject_id = NEW.account_id AND e.actor_id = NEW.account_id AND e.type = 'proof.given' AND e.data ->> 'act' = 'link-identity' AND e.data ->> 'on' = NEW.issuer || ' ' || NEW.subject)
    THEN PERFORM refuse('P1', 'an identity is linked by whoever proved who they are'); END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER identity_told AFTER INSERT ON identity DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION identity_told();
CREATE FUNCTION identity_gone() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.transaction_id = pg_current_xact_id() AND e.at > now() - interval '1 hour' AND e.subject_id = OLD.account_id
      AND (e.type = 'identity.unlinked' AND e.data ->> 'identityId' = OLD.id::text OR e.type IN ('account.reset', 'account.suspended', 'account.revoked', 'account.locked-out', 'account.ending-explained')))
    THEN PERFORM refuse('P6', 'an identity is gone without its audit entry'); END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER identity_gone AFTER DELETE ON identity DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION identity_gone();
CREATE TRIGGER reads_the_present BEFORE INSERT OR UPDATE OR DELETE ON identity FOR EACH STATEMENT EXECUTE FUNCTION reads_the_present();--> statement-breakpoint

-- P1: nobody comes in through a provider at which they have no identity.
CREATE FUNCTION session_through() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM identity i WHERE i.account_id = NEW.account_id AND i.issuer = NEW.issuer)
    THEN PERFORM refuse('P1', 'no session through a provider that knows nobody of this account'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER session_through AFTER INSERT ON session FOR EACH ROW WHEN (NEW.issuer IS NOT NULL) EXECUTE FUNCTION session_through();--> statement-breakpoint

-- P1, P6: where a requirement names providers, the session a signature comes from began at one of them, in a context it names; its entry says so.
CREATE FUNCTION approval_through() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE asked jsonb := (SELECT r.demand -> 'signIn' FROM request r WHERE r.id = NEW.request_id);
BEGIN
  IF asked IS NULL THEN RETURN NULL; END IF;
  IF NOT EXISTS (SELECT 1 FROM audit_entry e JOIN session s ON s.id::text = e.origin ->> 'sessionId' AND s.account_id = NEW.approver_id
    WHERE e.transaction_id = pg_current_xact_id() AND e.at > now() - interval '1 hour' AND e.subject_id = NEW.request_id AND e.actor_id = NEW.approver_id AND e.type = 'request.approval-given'
      AND asked -> 'issuers' ? s.issuer AND e.data -> 'through' ->> 'issuer' = s.issuer AND (asked -> 'contexts' = '[]' OR asked -> 'contexts' ? COALESCE(s.acr, '') OR asked -> 'contexts' ?| s.amr))
    THEN PERFORM refuse('P1', 'an approval of somebody who did not sign in as its requirement asks'); END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER approval_through AFTER INSERT ON approval DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION approval_through();
