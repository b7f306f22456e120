-- How far the audit is sealed moves past no entry that has no place: what were left behind it would never be sealed, and nobody here would say so.
CREATE FUNCTION seal_advances() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.position < OLD.position OR NEW.position > pg_snapshot_xmin(pg_current_snapshot())
    OR EXISTS (SELECT 1 FROM audit_entry e WHERE e.transaction_id >= OLD.position AND e.transaction_id < NEW.position
      AND NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry_id = e.id))
    THEN PERFORM refuse('P6', 'the audit is sealed entry by entry, and none is left out'); END IF;
  RETURN NULL;
END $$;--> statement-breakpoint
DROP TRIGGER position_advances ON seal_position;--> statement-breakpoint
CREATE TRIGGER seal_advances AFTER UPDATE ON seal_position FOR EACH ROW EXECUTE FUNCTION seal_advances();
