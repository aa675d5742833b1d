ALTER TABLE "feed_head" ADD COLUMN "xact" bigint;--> statement-breakpoint
-- The row as it stands is ours: see packages/db/src/feed/written-here.ts.
UPDATE feed_head SET xact = pg_current_xact_id()::text::bigint;
