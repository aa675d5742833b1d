CREATE TABLE "cluster_kind_counts" (
	"cluster_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"word" text NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "cluster_kind_counts_cluster_id_kind_word_pk" PRIMARY KEY("cluster_id","kind","word")
);
--> statement-breakpoint
CREATE TABLE "label_sets" (
	"hash" bigint PRIMARY KEY NOT NULL,
	"labels" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "feed_head" ADD COLUMN "home" text;--> statement-breakpoint
DROP INDEX "flux_resources_cluster_severity";--> statement-breakpoint
DROP INDEX "flux_resources_kind_severity";--> statement-breakpoint
DROP INDEX "flux_resources_namespace_severity";--> statement-breakpoint
DROP INDEX "flux_resources_word";--> statement-breakpoint
DROP INDEX "flux_resources_key";--> statement-breakpoint
DROP INDEX "flux_resources_severity";--> statement-breakpoint
DROP INDEX "flux_resources_changed";--> statement-breakpoint
DROP INDEX "flux_resources_name";--> statement-breakpoint
-- Both at once: each statement would build the remaining indexes anew.
ALTER TABLE "flux_resources" ALTER COLUMN "namespace" SET DATA TYPE text COLLATE "C", ALTER COLUMN "name" SET DATA TYPE text COLLATE "C";--> statement-breakpoint
CREATE INDEX "cluster_kind_counts_kind" ON "cluster_kind_counts" USING btree ("kind","word");--> statement-breakpoint
CREATE INDEX "label_sets_labels" ON "label_sets" USING gin ("labels");--> statement-breakpoint
CREATE INDEX "clusters_removed" ON "clusters" USING btree ("id") WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX "flux_resources_kind" ON "flux_resources" USING btree ("kind","severity","id");--> statement-breakpoint
CREATE INDEX "flux_resources_unready_changed" ON "flux_resources" USING btree ("changed_at","id","severity","kind","namespace","name","cluster_id") WHERE severity > 0;--> statement-breakpoint
CREATE INDEX "flux_resources_unready_name" ON "flux_resources" USING btree ("namespace","name","id","severity","kind","cluster_id") WHERE severity > 0;--> statement-breakpoint
CREATE INDEX "flux_resources_unready_cluster" ON "flux_resources" USING btree ("cluster_id","namespace","name","id","severity","kind") WHERE severity > 0;--> statement-breakpoint
CREATE INDEX "flux_resources_revision" ON "flux_resources" USING btree (revision collate "C");--> statement-breakpoint
CREATE INDEX "flux_resources_commit" ON "flux_resources" USING btree (split_part(revision, ':', 2) collate "C");--> statement-breakpoint
CREATE INDEX "flux_resources_label_set" ON "flux_resources" USING btree (hashtextextended(labels::text, 0));--> statement-breakpoint
CREATE INDEX "resource_counts_namespace" ON "resource_counts" USING btree ("namespace","kind","word");--> statement-breakpoint
CREATE UNIQUE INDEX "flux_resources_key" ON "flux_resources" USING btree ("cluster_id","namespace","name","kind","group");--> statement-breakpoint
CREATE INDEX "flux_resources_severity" ON "flux_resources" USING btree ("severity","id","kind","namespace","name","cluster_id");--> statement-breakpoint
CREATE INDEX "flux_resources_changed" ON "flux_resources" USING btree ("changed_at","id","severity","kind","namespace","name","cluster_id");--> statement-breakpoint
CREATE INDEX "flux_resources_name" ON "flux_resources" USING btree ("namespace","name","id","severity","kind","cluster_id","changed_at");
--> statement-breakpoint
ALTER TABLE cluster_kind_counts SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
--> statement-breakpoint
INSERT INTO cluster_kind_counts (cluster_id, kind, word, count) SELECT cluster_id, kind, word, sum(count) FROM resource_counts GROUP BY 1, 2, 3 HAVING sum(count) > 0;
--> statement-breakpoint
INSERT INTO label_sets (hash, labels) SELECT DISTINCT ON (1) hashtextextended(labels::text, 0), labels FROM flux_resources ORDER BY 1;
--> statement-breakpoint
-- Messages are searched where they say more than a revision; see 0001_behaviour for servers without pg_trgm.
DO $$ BEGIN
  CREATE INDEX flux_resources_message ON flux_resources USING gin (lower(message COLLATE "C") gin_trgm_ops) WHERE severity > 0;
EXCEPTION WHEN undefined_object THEN
  RAISE NOTICE 'pg_trgm is not available: search by substring reads the whole table';
END $$;
--> statement-breakpoint
-- How often a substring occurs is estimated from this sample; it decides whether a search walks the order or the index.
DO $$ BEGIN
  ALTER INDEX flux_resources_text ALTER COLUMN 1 SET STATISTICS 1000;
EXCEPTION WHEN undefined_table THEN NULL;
END $$;
--> statement-breakpoint
-- A planner that does not know how the expressions are spread out guesses wrong until the next autovacuum.
ANALYZE flux_resources;
