CREATE TABLE "cluster_controllers" (
	"cluster_id" uuid NOT NULL,
	"namespace" text NOT NULL,
	"name" text NOT NULL,
	"controller" text NOT NULL,
	"version" text,
	"desired" integer NOT NULL,
	"available" integer NOT NULL,
	"state" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"selector" text,
	"only_namespace" text,
	CONSTRAINT "cluster_controllers_cluster_id_namespace_name_pk" PRIMARY KEY("cluster_id","namespace","name")
);
--> statement-breakpoint
ALTER TABLE "clusters" ADD COLUMN "controllers_read" text DEFAULT 'unknown' NOT NULL;--> statement-breakpoint
ALTER TABLE "clusters" ADD COLUMN "doubtful_kinds" text[];--> statement-breakpoint
ALTER TABLE "clusters" ADD COLUMN "controllers_changed_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "flux_resources_sharded" ON "flux_resources" USING btree ("cluster_id") WHERE labels ? 'sharding.fluxcd.io/key';