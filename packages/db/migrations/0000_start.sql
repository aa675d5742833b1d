CREATE TABLE "audit_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"intent_id" bigint,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"part" text NOT NULL,
	"actor" text NOT NULL,
	"operation" text NOT NULL,
	"action" text NOT NULL,
	"resource_type" text NOT NULL,
	"resource_id" text NOT NULL,
	"resource_name" text NOT NULL,
	"cluster_id" text DEFAULT '' NOT NULL,
	"cluster_name" text DEFAULT '' NOT NULL,
	"through" text NOT NULL,
	"request_id" text,
	"outcome" text,
	"message" text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "change_log" (
	"number" bigint NOT NULL,
	"slot" smallint NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"subject" text NOT NULL,
	"op" text NOT NULL,
	"cluster_id" uuid NOT NULL,
	"resource_id" bigint,
	"kind" text,
	"namespace" text,
	"name" text,
	"old_word" text,
	"new_word" text,
	"run_id" uuid,
	CONSTRAINT "change_log_number_slot_pk" PRIMARY KEY("number","slot")
) PARTITION BY LIST ("slot");
--> statement-breakpoint
CREATE TABLE change_log_0 PARTITION OF change_log FOR VALUES IN (0);
--> statement-breakpoint
CREATE TABLE change_log_1 PARTITION OF change_log FOR VALUES IN (1);
--> statement-breakpoint
CREATE TABLE change_log_2 PARTITION OF change_log FOR VALUES IN (2);
--> statement-breakpoint
CREATE TABLE change_log_3 PARTITION OF change_log FOR VALUES IN (3);
--> statement-breakpoint
CREATE TABLE "cluster_counts" (
	"cluster_id" uuid NOT NULL,
	"word" text NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "cluster_counts_cluster_id_word_pk" PRIMARY KEY("cluster_id","word")
);
--> statement-breakpoint
CREATE TABLE "cluster_credentials" (
	"cluster_id" uuid PRIMARY KEY NOT NULL,
	"sealed" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cluster_cursors" (
	"cluster_id" uuid PRIMARY KEY NOT NULL,
	"versions" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cluster_kinds" (
	"cluster_id" uuid NOT NULL,
	"group" text NOT NULL,
	"kind" text NOT NULL,
	"version" text,
	"state" text NOT NULL,
	"detail" text,
	CONSTRAINT "cluster_kinds_cluster_id_group_kind_pk" PRIMARY KEY("cluster_id","group","kind")
);
--> statement-breakpoint
CREATE TABLE "cluster_owners" (
	"cluster_id" uuid PRIMARY KEY NOT NULL,
	"owner" uuid NOT NULL,
	"epoch" bigint NOT NULL,
	"claimed_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "cluster_slugs" (
	"slug" text PRIMARY KEY NOT NULL,
	"cluster_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clusters" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"name_key" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"environment" text DEFAULT '' NOT NULL,
	"labels" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"server" text NOT NULL,
	"insecure_tls" boolean DEFAULT false NOT NULL,
	"credential_kind" text NOT NULL,
	"credential_expires_at" timestamp with time zone,
	"status" text DEFAULT 'unknown' NOT NULL,
	"stream" text DEFAULT 'never' NOT NULL,
	"problem" jsonb,
	"kubernetes_version" text,
	"flux_version" text,
	"rights" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"confirmed_at" timestamp with time zone,
	"last_seen_at" timestamp with time zone,
	"source" text DEFAULT 'manual' NOT NULL,
	"source_id" text DEFAULT '' NOT NULL,
	"is_favorite" boolean DEFAULT false NOT NULL,
	"health_check_interval_seconds" integer DEFAULT 300 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "feed_head" (
	"one" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"epoch" text NOT NULL,
	"number" bigint DEFAULT 0 NOT NULL,
	"floor" bigint DEFAULT 0 NOT NULL,
	"slot" smallint DEFAULT 0 NOT NULL,
	"rotated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "flux_objects" (
	"resource_id" bigint PRIMARY KEY NOT NULL,
	"document" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "flux_resources" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "flux_resources_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"cluster_id" uuid NOT NULL,
	"group" text NOT NULL,
	"kind" text NOT NULL,
	"namespace" text NOT NULL,
	"name" text NOT NULL,
	"uid" text NOT NULL,
	"api_version" text NOT NULL,
	"resource_version" text NOT NULL,
	"generation" bigint,
	"observed_generation" bigint,
	"word" text NOT NULL,
	"sub_state" text,
	"severity" smallint NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"settle_memory" text NOT NULL,
	"recheck_at" timestamp with time zone,
	"ready_status" text,
	"reason" text,
	"message" text DEFAULT '' NOT NULL,
	"revision" text,
	"attempted_revision" text,
	"suspended" boolean DEFAULT false NOT NULL,
	"suspended_by" text,
	"suspend_reason" text,
	"source_ref" jsonb,
	"depends_on" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"inventory_count" integer DEFAULT 0 NOT NULL,
	"interval_seconds" integer,
	"last_handled_reconcile_at" text,
	"ready_transition_at" timestamp with time zone,
	"last_run_at" timestamp with time zone,
	"next_run_at" timestamp with time zone,
	"labels" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"fingerprint" text NOT NULL,
	"flap_fingerprint" text NOT NULL,
	"list_generation" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "keyring_checks" (
	"key_id" text PRIMARY KEY NOT NULL,
	"sealed" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reconcile_runs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"token" text NOT NULL,
	"cluster_id" uuid NOT NULL,
	"group" text NOT NULL,
	"kind" text NOT NULL,
	"namespace" text NOT NULL,
	"name" text NOT NULL,
	"uid" text NOT NULL,
	"steps" text NOT NULL,
	"options" text NOT NULL,
	"phase" text NOT NULL,
	"outcome" text,
	"message" text DEFAULT '' NOT NULL,
	"intent_id" bigint,
	"actor" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"deadline_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "replicas" (
	"id" uuid PRIMARY KEY NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "resource_counts" (
	"cluster_id" uuid NOT NULL,
	"namespace" text NOT NULL,
	"group" text NOT NULL,
	"kind" text NOT NULL,
	"word" text NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "resource_counts_cluster_id_namespace_group_kind_word_pk" PRIMARY KEY("cluster_id","namespace","group","kind","word")
);
--> statement-breakpoint
CREATE TABLE "resource_transitions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "resource_transitions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
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
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"setting_key" text PRIMARY KEY NOT NULL,
	"value" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "cluster_credentials" ADD CONSTRAINT "cluster_credentials_cluster_id_clusters_id_fk" FOREIGN KEY ("cluster_id") REFERENCES "public"."clusters"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cluster_slugs" ADD CONSTRAINT "cluster_slugs_cluster_id_clusters_id_fk" FOREIGN KEY ("cluster_id") REFERENCES "public"."clusters"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_events_intent" ON "audit_events" USING btree ("intent_id");--> statement-breakpoint
CREATE INDEX "audit_events_cluster" ON "audit_events" USING btree ("cluster_id","id");--> statement-breakpoint
CREATE INDEX "audit_events_object" ON "audit_events" USING btree ("resource_id","resource_type","id");--> statement-breakpoint
CREATE INDEX "audit_events_at" ON "audit_events" USING btree ("at");--> statement-breakpoint
CREATE UNIQUE INDEX "clusters_name_key" ON "clusters" USING btree ("name_key") WHERE deleted_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "clusters_slug_key" ON "clusters" USING btree ("slug") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "clusters_environment" ON "clusters" USING btree ("environment");--> statement-breakpoint
CREATE UNIQUE INDEX "flux_resources_key" ON "flux_resources" USING btree ("cluster_id","group","kind","namespace","name");--> statement-breakpoint
CREATE INDEX "flux_resources_severity" ON "flux_resources" USING btree ("severity","id");--> statement-breakpoint
CREATE INDEX "flux_resources_changed" ON "flux_resources" USING btree ("changed_at","id");--> statement-breakpoint
CREATE INDEX "flux_resources_name" ON "flux_resources" USING btree ("namespace","name","id");--> statement-breakpoint
CREATE INDEX "flux_resources_cluster_severity" ON "flux_resources" USING btree ("cluster_id","severity","id");--> statement-breakpoint
CREATE INDEX "flux_resources_kind_severity" ON "flux_resources" USING btree ("kind","severity","id");--> statement-breakpoint
CREATE INDEX "flux_resources_namespace_severity" ON "flux_resources" USING btree ("namespace","severity","id");--> statement-breakpoint
CREATE INDEX "flux_resources_word" ON "flux_resources" USING btree ("word","id");--> statement-breakpoint
CREATE INDEX "flux_resources_recheck" ON "flux_resources" USING btree ("recheck_at") WHERE recheck_at is not null;--> statement-breakpoint
CREATE INDEX "reconcile_runs_object" ON "reconcile_runs" USING btree ("cluster_id","kind","namespace","name","started_at");--> statement-breakpoint
CREATE INDEX "reconcile_runs_open" ON "reconcile_runs" USING btree ("deadline_at") WHERE phase <> 'ended';--> statement-breakpoint
CREATE INDEX "resource_transitions_object" ON "resource_transitions" USING btree ("cluster_id","kind","namespace","name","id");--> statement-breakpoint
CREATE INDEX "resource_transitions_at" ON "resource_transitions" USING brin ("at");