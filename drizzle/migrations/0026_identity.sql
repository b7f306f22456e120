-- Whoever edits an address or a name in the database alone is found by the auditor's program: the database itself puts beside each entry
-- that makes or moves a contact a hash of who the account is and where they are reached, and beside a move the one it was before.
ALTER TABLE "account" ADD COLUMN "identity_salt" uuid DEFAULT gen_random_uuid() NOT NULL;--> statement-breakpoint
CREATE FUNCTION identity_hash(salt uuid, login text, given_name text, family_name text, email text, phone text) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT encode(sha256(convert_to(jsonb_build_array(salt, login, given_name, family_name, email, phone)::text, 'UTF8')), 'hex')
$$;--> statement-breakpoint
CREATE OR REPLACE FUNCTION stamp_audit_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  identity jsonb;
BEGIN
  NEW.recorded_at := now();
  NEW.transaction_id := pg_current_xact_id();
  NEW.number := nextval('audit_entry_number');
  SELECT o.id, o.nation_id, o.network_id, o.region_id, o.departement_id, o.structure_id, o.site_id
    INTO NEW.organisation_id, NEW.nation_id, NEW.network_id, NEW.region_id, NEW.departement_id, NEW.structure_id, NEW.site_id
    FROM (SELECT NEW.organisation_id AS id) asked LEFT JOIN organisation o ON o.id = asked.id;
  IF jsonb_path_exists(NEW.data, '$.**{24}') OR jsonb_path_exists(NEW.origin, '$.**{4}') OR octet_length(NEW.data::text) > 1048576
    THEN PERFORM refuse('P6', 'an entry nobody could seal'); END IF;
  IF NEW.type IN ('account.created', 'account.contact-changed', 'account.contact-restored') THEN
    SELECT jsonb_build_object('identity', identity_hash(a.identity_salt, a.login, a.given_name, a.family_name, a.email, a.phone))
        || CASE WHEN NEW.type = 'account.contact-changed' THEN jsonb_build_object('identityBefore',
          identity_hash(a.identity_salt, a.login, a.given_name, a.family_name, r.content #>> '{before,email}', r.content #>> '{before,phone}')) ELSE '{}' END
      INTO identity FROM account a LEFT JOIN request r ON r.id::text = NEW.data ->> 'requestId' WHERE a.id = NEW.subject_id;
    IF identity IS NULL THEN PERFORM refuse('P6', 'an entry about an account that is not there'); END IF;
    NEW.data := NEW.data || identity;
  END IF;
  IF NEW.at > NEW.recorded_at THEN PERFORM refuse('P6', 'an entry about the future'); END IF;
  IF NEW.at < NEW.recorded_at - interval '1 hour' THEN
    IF NEW.origin ->> 'channel' IS DISTINCT FROM 'seed' THEN PERFORM refuse('P6', 'an entry about long ago'); END IF;
    IF EXISTS (SELECT 1 FROM session) THEN PERFORM refuse('P6', 'an entry about long ago'); END IF;
  END IF;
  IF NEW.type = 'audit.month-dropped' THEN
    IF NOT has_function_privilege('close_audit_month(uuid)'::regprocedure, 'execute') OR NEW.actor_id IS NOT NULL THEN PERFORM refuse('P6', 'an entry about what its author may not do'); END IF;
  ELSIF NOT has_table_privilege('account'::regclass, 'insert') THEN PERFORM refuse('P6', 'an entry about what its author may not do'); END IF;
  RETURN NEW;
END $$;
