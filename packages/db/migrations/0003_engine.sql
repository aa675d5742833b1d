DROP INDEX "flux_resources_name";--> statement-breakpoint
CREATE INDEX "flux_resources_name" ON "flux_resources" USING btree ("namespace" collate "C","name" collate "C","id");
--> statement-breakpoint
-- Where documents are not compressed by lz4, pglz would cost more than everything else of a write: they stay as they are,
-- and those of up to 8 KB beside their id.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)) THEN
    ALTER TABLE flux_objects SET (toast_tuple_target = 8160);
    ALTER TABLE flux_objects ALTER COLUMN document SET STORAGE EXTERNAL;
  END IF;
END $$;
--> statement-breakpoint
-- A table that has just been filled for the first time must be known to the planner at once.
ALTER TABLE flux_resources SET (autovacuum_analyze_threshold = 500, autovacuum_analyze_scale_factor = 0.05);
--> statement-breakpoint
ALTER TABLE clusters SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
--> statement-breakpoint
ALTER TABLE cluster_cursors SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
--> statement-breakpoint
-- Weeks, so that retention drops tables instead of rows. What lies before the first of them is in the default partition.
ALTER TABLE resource_transitions RENAME TO resource_transitions_before;
--> statement-breakpoint
ALTER TABLE resource_transitions_before ALTER COLUMN id DROP IDENTITY;
--> statement-breakpoint
ALTER TABLE resource_transitions_before DROP CONSTRAINT resource_transitions_pkey;
--> statement-breakpoint
DROP INDEX resource_transitions_object;
--> statement-breakpoint
DROP INDEX resource_transitions_at;
--> statement-breakpoint
CREATE SEQUENCE resource_transitions_id_seq;
--> statement-breakpoint
SELECT setval('resource_transitions_id_seq', coalesce(max(id), 0) + 1, false) FROM resource_transitions_before;
--> statement-breakpoint
CREATE TABLE "resource_transitions" (
	"id" bigint DEFAULT nextval('resource_transitions_id_seq') NOT NULL,
	"cluster_id" uuid NOT NULL,
	"group" text NOT NULL,
	"kind" text NOT NULL,
	"namespace" text NOT NULL,
	"name" text NOT NULL,
	"uid" text NOT NULL,
	"from_word" text,
	"to_word" text,
	"reason" text,
	"message" text DEFAULT '' NOT NULL,
	"revision" text,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "resource_transitions_id_at_pk" PRIMARY KEY("id","at")
) PARTITION BY RANGE ("at");
--> statement-breakpoint
CREATE INDEX "resource_transitions_object" ON "resource_transitions" USING btree ("cluster_id","kind","namespace","name","id");
--> statement-breakpoint
ALTER SEQUENCE resource_transitions_id_seq OWNED BY resource_transitions.id;
--> statement-breakpoint
CREATE TABLE resource_transitions_default PARTITION OF resource_transitions DEFAULT;
--> statement-breakpoint
INSERT INTO resource_transitions SELECT id, cluster_id, "group", kind, namespace, name, uid, from_word, to_word, reason, message, revision, at FROM resource_transitions_before;
--> statement-breakpoint
DROP TABLE resource_transitions_before;
