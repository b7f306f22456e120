-- P6: nothing leaves before it is sealed, or nobody could show that it had ever been there.
CREATE OR REPLACE FUNCTION close_audit_month(month_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET jit = off SET timezone = 'UTC' SET lock_timeout = '2s' AS $$
DECLARE month record; partition text; unsealed boolean;
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
  EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I e WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry_id = e.id))', partition) INTO unsealed;
  IF unsealed AND EXISTS (SELECT 1 FROM audit_leaf) THEN PERFORM refuse('P6', 'what has no place in the sealed log stays until it has one'); END IF;
  EXECUTE format('DELETE FROM outbox o USING %I e WHERE e.id = o.entry_id', partition);
  UPDATE audit_month SET dropped_at = now(), entries = month.entries, messages = month.messages WHERE id = month_id;
END $$;
