import {
  type Api,
  cleanupActivities,
  cleanupHistory,
  cleanupIdempotencyKeys,
  cleanupJobs,
  type Logger,
  perform,
} from "@flux-orchestrator/api";
import { Cron } from "croner";

/** Drops activities, transitions, ended reconciles, events and jobs past their retention (`audit_log_retention_days`), and idempotency keys
 * after their day, once a night. */
export const startRetentionJob = (api: Api, log: Logger): Cron =>
  new Cron("10 3 * * *", { name: "retention", protect: true, unref: true, timezone: "UTC" }, async () => {
    const caller = { actor: { id: "system" }, requestId: crypto.randomUUID(), through: "system" as const };
    try {
      log.info(await perform(cleanupActivities, api.context(caller), undefined), "old activities dropped");
      log.info(
        await perform(cleanupHistory, api.context(caller), undefined),
        "old transitions, reconciles, events and sets of labels dropped",
      );
      log.info(await perform(cleanupJobs, api.context(caller), undefined), "old jobs dropped");
      log.info(await perform(cleanupIdempotencyKeys, api.context(caller), undefined), "old idempotency keys dropped");
    } catch (error) {
      log.error({ err: error }, "old history could not be dropped; tomorrow's run tries again");
    }
  });
