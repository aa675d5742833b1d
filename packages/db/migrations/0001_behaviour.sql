INSERT INTO feed_head (one, epoch, number) VALUES (1, replace(gen_random_uuid()::text, '-', ''), 0) ON CONFLICT DO NOTHING;
--> statement-breakpoint
ALTER TABLE flux_resources SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
--> statement-breakpoint
ALTER TABLE resource_counts SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
--> statement-breakpoint
ALTER TABLE cluster_counts SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
--> statement-breakpoint
ALTER TABLE feed_head SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
--> statement-breakpoint
-- lz4 costs a third of pglz per row; servers built without it keep the default.
DO $$ BEGIN
  ALTER TABLE flux_objects ALTER COLUMN document SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$;
--> statement-breakpoint
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Retention runs as `SET LOCAL flux_orchestrator.retention = 'on'` and may delete, never alter.
  IF TG_OP = 'DELETE' AND current_setting('flux_orchestrator.retention', true) = 'on' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'audit_events is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
--> statement-breakpoint
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
--> statement-breakpoint
-- One line per deed: the intent with its outcome. An open intent has outcome null.
CREATE VIEW activities AS
SELECT i.id, i.at, i.actor, i.operation, i.action, i.resource_type, i.resource_id, i.resource_name, i.cluster_id, i.cluster_name,
       i.through, i.request_id, o.outcome, coalesce(o.message, i.message) AS message, o.at AS ended_at
FROM audit_events i
LEFT JOIN LATERAL (
  SELECT outcome, message, at FROM audit_events o WHERE o.intent_id = i.id AND o.part = 'outcome' ORDER BY o.id DESC LIMIT 1
) o ON true
WHERE i.part = 'intent';
--> statement-breakpoint
-- Search by substring. pg_trgm is a trusted extension; where it may not be made, search reads the table instead.
DO $$ BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX flux_resources_text ON flux_resources USING gin (lower((namespace || '/' || name) COLLATE "C") gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR undefined_object OR feature_not_supported THEN
  RAISE NOTICE 'pg_trgm is not available: search by substring reads the whole table';
END $$;
