CREATE TABLE "object_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "object_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"cluster_id" uuid NOT NULL,
	"group" text NOT NULL,
	"kind" text NOT NULL,
	"namespace" text NOT NULL,
	"name" text NOT NULL,
	"uid" text NOT NULL,
	"fingerprint" text NOT NULL,
	"type" text NOT NULL,
	"reason" text NOT NULL,
	"message" text NOT NULL,
	"source" text NOT NULL,
	"count" bigint NOT NULL,
	"first_at" timestamp with time zone NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	"event_uid" text NOT NULL,
	"event_count" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "resource_edges" (
	"resource_id" bigint NOT NULL,
	"cluster_id" uuid NOT NULL,
	"relation" text NOT NULL,
	"kind" text NOT NULL,
	"namespace" text NOT NULL,
	"name" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "resource_inventories" (
	"resource_id" bigint PRIMARY KEY NOT NULL,
	"objects" bigint[] NOT NULL
);
--> statement-breakpoint
ALTER TABLE "flux_resources" ADD COLUMN "edges_fingerprint" text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "object_events_key" ON "object_events" USING btree ("cluster_id","kind","namespace","name","group","fingerprint");--> statement-breakpoint
CREATE INDEX "resource_edges_from" ON "resource_edges" USING btree ("resource_id");--> statement-breakpoint
CREATE INDEX "resource_edges_to" ON "resource_edges" USING btree ("kind","namespace","name","cluster_id");--> statement-breakpoint
CREATE INDEX "resource_inventories_objects" ON "resource_inventories" USING gin ("objects");--> statement-breakpoint
-- Repetitions are updates of columns without an index: room for them in the page.
ALTER TABLE object_events SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);
--> statement-breakpoint
ALTER TABLE resource_edges SET (autovacuum_vacuum_scale_factor = 0.05);
