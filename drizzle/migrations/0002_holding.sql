CREATE INDEX "account__by_end" ON "account" USING btree ("ends_on","id");--> statement-breakpoint
CREATE INDEX "audit_entry__account" ON "audit_entry" USING btree (("data" ->> 'accountId'),"at") WHERE ("data" ->> 'accountId') is not null;--> statement-breakpoint

-- P5: who else wanted an account out takes the way back from whoever ended it first: what it was may be forgotten, never rewritten.
CREATE OR REPLACE FUNCTION account_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id)
    WHERE (was.status, became.status) NOT IN (('active','active'), ('suspended','suspended'), ('revoked','revoked'), ('active','suspended'), ('active','revoked'), ('suspended','revoked'))
      AND NOT EXISTS (SELECT 1 FROM request r WHERE r.id = became.authorised_by_request_id AND r.kind = 'reinstate' AND r.subject_id = became.id
        AND r.status = 'executed' AND r.executed_in = pg_current_xact_id() AND (was.status, became.status) = ('suspended', 'active'))
      AND (became.status = was.previous_status AND became.status_changed_by = was.status_changed_by AND became.previous_status IS NULL
        AND was.status_changed_at > now() - interval '30 seconds'
        AND EXISTS (SELECT 1 FROM audit_entry e WHERE e.subject_id = was.id AND e.actor_id = was.status_changed_by AND e.at = was.status_changed_at AND e.type IN ('account.suspended', 'account.revoked'))) IS NOT TRUE)
    THEN PERFORM refuse('P1', 'an account comes back by a countersigned request, or by the hand that ended it within 30 seconds'); END IF;
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id)
    WHERE (was.email, was.phone, was.profile_id, was.organisation_id) IS DISTINCT FROM (became.email, became.phone, became.profile_id, became.organisation_id) OR became.ends_on > was.ends_on)
    THEN PERFORM refuse('P1', 'contact, profile, place and a later end change by countersigned requests alone'); END IF;
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id)
    WHERE was.status = became.status AND ((was.status_changed_at, was.status_changed_by, was.authorised_by_request_id)
      IS DISTINCT FROM (became.status_changed_at, became.status_changed_by, became.authorised_by_request_id)
      OR became.previous_status IS DISTINCT FROM was.previous_status AND became.previous_status IS NOT NULL))
    THEN PERFORM refuse('P1', 'who ended an account, and when, is written when it ends'); END IF;
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id)
    WHERE was.status <> became.status AND became.status <> 'active' AND became.previous_status IS NOT NULL AND became.previous_status <> was.status)
    THEN PERFORM refuse('P1', 'an account that ends remembers what it was'); END IF;
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id)
    WHERE was.status IS DISTINCT FROM became.status AND (became.status_changed_at > now() OR became.epoch <= was.epoch))
    THEN PERFORM refuse('P5', 'a change of status raises the epoch and is dated by the database'); END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint

-- P1, P2: an approval counts at execution only while its giver is active and holds one of the roles asked for, here.
CREATE FUNCTION approvers_in_office() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM was JOIN became r USING (id) JOIN approval a ON a.request_id = r.id AND a.voided_at IS NULL
    WHERE r.status = 'executed' AND was.status <> 'executed' AND r.kind <> 'found-network' AND NOT EXISTS (
      SELECT 1 FROM role_grant g JOIN account holder ON holder.id = g.account_id AND holder.status = 'active'
      WHERE g.account_id = a.approver_id AND g.revoked_at IS NULL AND g.role = ANY (r.approver_roles)
        AND g.organisation_id IN (r.nation_id, r.network_id, r.region_id, r.departement_id, r.structure_id, r.site_id)))
    THEN PERFORM refuse('P1', 'an approval of somebody who no longer holds the role'); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER approvers_in_office AFTER UPDATE ON request REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION approvers_in_office();--> statement-breakpoint

-- P10: those without whom the network could neither renew nor defend itself stay: a policy owner who can act; of owners not revoked one to
-- ask and as many as must sign; an IT admin not revoked. Those that leave at once take turns on the lock of the application.
CREATE FUNCTION guardians_remain(roles text[], revoking boolean) RETURNS void LANGUAGE plpgsql AS $$
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
  IF 'policy-owner' = ANY (roles) AND (acting < 1 OR revoking AND standing < CASE WHEN ever < 3 THEN 2 ELSE 3 END)
    THEN PERFORM refuse('P10', 'enough policy owners stay to name another'); END IF;
  IF 'it-admin' = ANY (roles) AND revoking AND admins < 1 THEN PERFORM refuse('P10', 'the last IT admin stays'); END IF;
END $$;
CREATE FUNCTION account_leaves_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM guardians_remain(array_agg(g.role), bool_or(became.status = 'revoked')) FROM was JOIN became USING (id)
    JOIN role_grant g ON g.account_id = became.id AND g.role IN ('policy-owner', 'it-admin') AND g.revoked_at IS NULL
    WHERE was.status <> became.status AND became.status <> 'active';
  RETURN NULL;
END $$;
CREATE TRIGGER account_leaves_guard AFTER UPDATE ON account REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION account_leaves_guard();
CREATE FUNCTION role_leaves_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM guardians_remain(array_agg(role), true) FROM became WHERE role IN ('policy-owner', 'it-admin') AND revoked_at IS NOT NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER role_leaves_guard AFTER UPDATE ON role_grant REFERENCING NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION role_leaves_guard();--> statement-breakpoint

-- P1: the hour of a link begins when its mail is written, by the clock of the database: a mail that had to wait does not arrive dead.
CREATE OR REPLACE FUNCTION link_used() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.used_at IS NOT NULL OR OLD.voided_at IS NOT NULL THEN PERFORM refuse('P1', 'a link is used or voided once, for ever'); END IF;
  NEW.used_in := CASE WHEN NEW.used_at IS NOT NULL THEN pg_current_xact_id() END;
  IF NEW.token_hash IS DISTINCT FROM OLD.token_hash THEN
    IF OLD.created_at < now() - interval '72 hours' THEN PERFORM refuse('P1', 'a link nobody could mail for three days is dead'); END IF;
    NEW.expires_at := now() + CASE NEW.kind WHEN 'reset' THEN interval '1 hour' WHEN 'disown' THEN interval '72 hours' ELSE interval '24 hours' END;
  END IF;
  RETURN NEW;
END $$;--> statement-breakpoint

-- P6, P9: forgetting a credential is as governed as setting one.
CREATE OR REPLACE FUNCTION must_be_audited() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE about uuid := (CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END ->> TG_ARGV[0])::uuid;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM audit_entry WHERE transaction_id = pg_current_xact_id() AND subject_id = about) THEN PERFORM refuse('P6', 'a change of ' || TG_TABLE_NAME || ' without its audit entry'); END IF;
  RETURN NULL;
END $$;
-- P5, P6: closing somebody's way back is told too.
DROP TRIGGER account_change_audited ON account;
CREATE CONSTRAINT TRIGGER account_change_audited AFTER UPDATE ON account DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.status, OLD.previous_status, OLD.email, OLD.phone, OLD.profile_id, OLD.organisation_id, OLD.ends_on)
    IS DISTINCT FROM (NEW.status, NEW.previous_status, NEW.email, NEW.phone, NEW.profile_id, NEW.organisation_id, NEW.ends_on)) EXECUTE FUNCTION must_be_audited('id');
CREATE CONSTRAINT TRIGGER credential_forgotten_audited AFTER DELETE ON credential DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('account_id');--> statement-breakpoint

ALTER FUNCTION account_changed() SET enable_hashjoin = off;
ALTER FUNCTION account_changed() SET enable_mergejoin = off;
ALTER FUNCTION approvers_in_office() SET enable_hashjoin = off;
ALTER FUNCTION approvers_in_office() SET enable_mergejoin = off;
