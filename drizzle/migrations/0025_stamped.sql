-- P6: where an entry was is what its organisation says, whoever writes it (of none that is not there); and no entry is so deep that it could not be sealed, or would stop
-- the seal of all others.
CREATE OR REPLACE FUNCTION stamp_audit_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.recorded_at := now();
  NEW.transaction_id := pg_current_xact_id();
  NEW.number := nextval('audit_entry_number');
  SELECT o.id, o.nation_id, o.network_id, o.region_id, o.departement_id, o.structure_id, o.site_id
    INTO NEW.organisation_id, NEW.nation_id, NEW.network_id, NEW.region_id, NEW.departement_id, NEW.structure_id, NEW.site_id
    FROM (SELECT NEW.organisation_id AS id) asked LEFT JOIN organisation o ON o.id = asked.id;
  IF jsonb_path_exists(NEW.data, '$.**{24}') OR jsonb_path_exists(NEW.origin, '$.**{4}') OR octet_length(NEW.data::text) > 1048576
    THEN PERFORM refuse('P6', 'an entry nobody could seal'); END IF;
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
