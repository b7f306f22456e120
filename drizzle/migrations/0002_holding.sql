CREATE INDEX "account__by_end" ON "account" USING btree ("ends_on","id");--> statement-breakpoint

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

-- P10: without a policy owner no role could ever be given again. Two that leave at once take turns on the lock of the application.
CREATE FUNCTION owner_remains() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7203002);
  IF NOT EXISTS (SELECT 1 FROM role_grant g JOIN account a ON a.id = g.account_id WHERE g.role = 'policy-owner' AND g.revoked_at IS NULL AND a.status = 'active')
    THEN PERFORM refuse('P10', 'the last policy owner stays'); END IF;
END $$;
CREATE FUNCTION account_leaves_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM was JOIN became USING (id) JOIN role_grant g ON g.account_id = became.id AND g.role = 'policy-owner' AND g.revoked_at IS NULL
    WHERE was.status = 'active' AND became.status <> 'active') THEN PERFORM owner_remains(); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER account_leaves_owner AFTER UPDATE ON account REFERENCING OLD TABLE AS was NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION account_leaves_owner();
CREATE FUNCTION role_leaves_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM became WHERE role = 'policy-owner' AND revoked_at IS NOT NULL) THEN PERFORM owner_remains(); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER role_leaves_owner AFTER UPDATE ON role_grant REFERENCING NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION role_leaves_owner();--> statement-breakpoint

-- P6, P9: forgetting a credential is as governed as setting one.
CREATE OR REPLACE FUNCTION must_be_audited() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE about uuid := (CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END ->> TG_ARGV[0])::uuid;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM audit_entry WHERE transaction_id = pg_current_xact_id() AND subject_id = about) THEN PERFORM refuse('P6', 'a change of ' || TG_TABLE_NAME || ' without its audit entry'); END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER credential_forgotten_audited AFTER DELETE ON credential DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION must_be_audited('account_id');--> statement-breakpoint

ALTER FUNCTION account_changed() SET enable_hashjoin = off;
ALTER FUNCTION account_changed() SET enable_mergejoin = off;
ALTER FUNCTION approvers_in_office() SET enable_hashjoin = off;
ALTER FUNCTION approvers_in_office() SET enable_mergejoin = off;
