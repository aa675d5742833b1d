CREATE TABLE "resource_names" (
	"namespace" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	CONSTRAINT "resource_names_namespace_name_pk" PRIMARY KEY("namespace","name")
);
--> statement-breakpoint
-- Whoever writes an object: a name that is missing here is one that no search finds. In their order, so that two batches
-- with the same new names wait for each other instead of deadlocking.
CREATE FUNCTION add_resource_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO resource_names (namespace, name) SELECT DISTINCT namespace, name FROM written ORDER BY 1, 2 ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER flux_resources_names AFTER INSERT ON flux_resources REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION add_resource_names();
--> statement-breakpoint
INSERT INTO resource_names (namespace, name) SELECT DISTINCT namespace, name FROM flux_resources;
--> statement-breakpoint
-- The names of a fleet are few and hardly ever new; in an index of all objects each write of one paid for its trigrams.
DROP INDEX IF EXISTS flux_resources_text;
--> statement-breakpoint
-- As in 0001_behaviour, which tells of servers without pg_trgm. How often a substring occurs is estimated from the sample.
DO $$ BEGIN
  CREATE INDEX resource_names_text ON resource_names USING gin (lower((namespace || '/' || name) COLLATE "C") gin_trgm_ops);
  ALTER INDEX resource_names_text ALTER COLUMN 1 SET STATISTICS 1000;
EXCEPTION WHEN undefined_object THEN
  RAISE NOTICE 'pg_trgm is not available: search by substring reads all names';
END $$;
--> statement-breakpoint
ANALYZE resource_names;
