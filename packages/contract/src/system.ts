import { READINESS } from "@flux-orchestrator/flux";
import { z } from "zod";
import { Cluster, ConfirmedAt } from "./cluster.ts";
import { ResourceRow } from "./resource.ts";
import { withoutNul } from "./text.ts";

export const Setting = z.object({ key: z.string(), value: z.string(), updatedAt: z.iso.datetime().nullable() });
export const KNOWN_SETTINGS = {
  auto_sync_interval_minutes: 5,
  audit_log_retention_days: 90,
  api_token_max_days: 365,
} as const;
export const UpdateSettingInput = z.strictObject({
  key: withoutNul(z.string().min(1).max(100)),
  value: withoutNul(z.string().min(1).max(10_000)),
});

/** What the page needs before it draws: what kind of server this is and who is asking. */
export const SystemInfo = z.object({
  version: z.string(),
  mode: z.enum(["local", "server"]),
  actor: z.string(),
  /** The clusters are made up, as `bun run demo` makes them. */
  simulated: z.boolean(),
  clusterCount: z.number().int(),
  settings: z.object({ autoSyncIntervalMinutes: z.number(), auditLogRetentionDays: z.number() }),
});
export type SystemInfo = z.infer<typeof SystemInfo>;

/** Figures of the whole fleet and the objects that need a look, worst first. */
export const FleetSummary = z.object({
  clusters: z.array(Cluster),
  counts: z.partialRecord(z.enum(READINESS), z.number().int()),
  objectCount: z.number().int(),
  /** Objects of stale clusters: not in `counts`. */
  staleObjectCount: z.number().int(),
  /** Objects of other clusters that no controller reconciles now: not in `counts`. */
  unreconciledObjectCount: z.number().int(),
  attention: z.array(ResourceRow),
  cursor: z.string(),
  confirmedAt: ConfirmedAt,
});
export type FleetSummary = z.infer<typeof FleetSummary>;
