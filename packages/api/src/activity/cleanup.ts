import { dropAuditDays } from "@flux-orchestrator/db";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { operation } from "../operation.ts";
import { retentionOf } from "../retention.ts";

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
    const { days: retentionDays, before } = await retentionOf(ctx);
    const removed = await dropAuditDays(ctx.pool, before);
    const [left] = await ctx.sql<
      { count: number }[]
    >`select count(*)::int as count from audit_events where part = 'intent'`;
    return { removed, remaining: left?.count ?? 0, retentionDays };
  },
});
