import { z } from "zod";

export const Activity = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  actor: z.string(),
  /** Verb of the operation: reconcile, suspend, create, … */
  action: z.string(),
  operation: z.string(),
  resourceType: z.string(),
  resourceId: z.string(),
  resourceName: z.string(),
  clusterId: z.string(),
  clusterName: z.string(),
  clusterSlug: z.string().nullable(),
  /** `running` while the intent has no outcome yet and its operation may still run. */
  outcome: z.enum(["running", "success", "failed", "unknown"]),
  message: z.string(),
  through: z.enum(["dashboard", "sdk", "rest", "system"]),
  requestId: z.string().nullable(),
});
export type Activity = z.infer<typeof Activity>;
export const ActivityQuery = z.strictObject({
  cluster: z.string().optional(),
  kind: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string().optional(),
  action: z.array(z.string().max(50)).max(20).optional(),
  outcome: z.enum(["success", "failed"]).optional(),
  limit: z.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});
export const ActivityPage = z.object({ activities: z.array(Activity), nextCursor: z.string().nullable() });
