import type { Activity } from "@flux-orchestrator/contract";
import { v1Time } from "./time.ts";

/** Whether REST v1 knows of an activity: not before its outcome is known, or nobody can know it any more. */
export const hasEnded = ({ outcome }: Activity): boolean => outcome !== "running";

/** An activity as REST v1 gives it; an outcome that nobody knows counts as failed. */
export const toV1Activity = (activity: Activity) => ({
  id: Number(activity.id),
  action: activity.action,
  resource_type: activity.resourceType,
  resource_id: activity.resourceId,
  resource_name: activity.resourceName,
  cluster_id: activity.clusterId,
  cluster_name: activity.clusterName,
  user_id: activity.actor,
  status: activity.outcome === "success" ? "success" : "failed",
  message: activity.message,
  created_at: v1Time(activity.at),
});
