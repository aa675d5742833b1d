import type { Fleet } from "@flux-orchestrator/fleet";
import { Cron } from "croner";

/**
 * Lists and probes the clusters that are due (`auto_sync_interval_minutes`): the safety net under the watches, and what
 * finds clusters again that were unreachable. A run that takes longer than a minute is not joined by a second one.
 */
export const startSyncJob = (fleet: Pick<Fleet, "periodic">): Cron =>
  new Cron("* * * * *", { name: "sync", protect: true, unref: true }, () => fleet.periodic());
