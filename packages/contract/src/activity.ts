import { z } from "zod";
import { RECONCILE_OUTCOMES } from "./resource.ts";
import { withoutNul } from "./text.ts";

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
  /** How the reconcile that was asked for went on; null for other actions, and when it was not followed. */
  run: z
    .object({ phase: z.enum(["requested", "handled", "ended"]), outcome: z.enum(RECONCILE_OUTCOMES).nullable() })
    .nullable(),
  through: z.enum(["dashboard", "sdk", "rest", "system"]),
  requestId: z.string().nullable(),
});
export type Activity = z.infer<typeof Activity>;
/** RFC 3339, of any offset. */
const Moment = z.iso.datetime({ offset: true });

export const ActivityQuery = z
  .strictObject({
    cluster: withoutNul(z.string().max(253)).optional(),
    kind: withoutNul(z.string().max(253)).optional(),
    namespace: withoutNul(z.string().max(253)).optional(),
    name: withoutNul(z.string().max(253)).optional(),
    action: z
      .array(withoutNul(z.string().max(50)))
      .max(20)
      .optional(),
    outcome: z.enum(["success", "failed"]).optional(),
    /** Whoever did it. */
    actor: withoutNul(z.string().max(253)).optional(),
    /** From this moment on. */
    since: Moment.optional(),
    /** Before this moment. */
    until: Moment.optional(),
    limit: z.number().int().min(1).max(200).default(50),
    cursor: z.string().max(200).optional(),
  })
  .refine(({ since, until }) => since === undefined || until === undefined || Date.parse(since) <= Date.parse(until), {
    path: ["until"],
    message: "lies before since",
  });
export const ActivityPage = z.object({ activities: z.array(Activity), nextCursor: z.string().nullable() });
