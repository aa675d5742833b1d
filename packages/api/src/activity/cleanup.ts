import { dropAuditDays } from "@flux-orchestrator/db";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { numberSetting } from "../setting/number-setting.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Drops whole days of activities that are older than the retention. Not itself recorded, as in REST v1. */
export const cleanupActivities = operation({
  name: "activity.cleanup",
  permission: "setting.update",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  /** `removed`: rows dropped, two for each activity; `remaining`: activities that are left. */
  output: z.object({ removed: z.number().int(), remaining: z.number().int(), retentionDays: z.number().int() }),
  async run(ctx) {
    const retentionDays = await numberSetting(ctx.sql, "audit_log_retention_days");
    const removed = await dropAuditDays(ctx.pool, new Date(ctx.now() - retentionDays * DAY_MS));
    const [left] = await ctx.sql<
      { count: number }[]
    >`select count(*)::int as count from audit_events where part = 'intent'`;
    return { removed, remaining: left?.count ?? 0, retentionDays };
  },
});
