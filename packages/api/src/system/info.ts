import { SystemInfo } from "@flux-orchestrator/contract";
import { z } from "zod";
import { FLEET } from "../authorize.ts";
import { visibleClusterIds } from "../cluster/visible-clusters.ts";
import { operation } from "../operation.ts";
import { numberSetting } from "../setting/number-setting.ts";

/** What kind of server this is, and who is asking. */
export const systemInfo = operation({
  name: "system.info",
  permission: "system.read",
  scope: () => FLEET,
  effect: "read",
  input: z.void(),
  output: SystemInfo,
  async run(ctx) {
    const visible = await visibleClusterIds(ctx, { removedToo: false });
    const [[clusters], autoSyncIntervalMinutes, auditLogRetentionDays] = await Promise.all([
      ctx.sql<{ count: number }[]>`
        select count(*)::int as count from clusters
        where deleted_at is null and ${visible === null ? ctx.sql`true` : ctx.sql`id = any(${visible}::uuid[])`}`,
      numberSetting(ctx.sql, "auto_sync_interval_minutes"),
      numberSetting(ctx.sql, "audit_log_retention_days"),
    ]);
    return {
      version: ctx.version,
      mode: ctx.mode,
      actor: ctx.actor.id,
      simulated: ctx.simulated,
      clusterCount: clusters?.count ?? 0,
      settings: { autoSyncIntervalMinutes, auditLogRetentionDays },
    };
  },
});
