import type { ResourceDetail } from "@flux-orchestrator/contract";

/** Conditions that are bad news while True. */
const ABNORMAL = new Set(["Stalled", "Drifted"]);
const MOVING = new Set(["Reconciling", "ArtifactInStorage"]);

/** The tone of one raw condition; the object's own word is decided elsewhere. */
export function conditionTone(condition: ResourceDetail["conditions"][number]): string {
  if (ABNORMAL.has(condition.type)) return condition.status === "True" ? (condition.type === "Stalled" ? "stalled" : "drifted") : "ready";
  if (condition.type === "Reconciling") return condition.status === "True" ? "progressing" : "ready";
  if (condition.status === "True") return "ready";
  if (condition.status === "Unknown") return MOVING.has(condition.type) || condition.type === "Ready" ? "progressing" : "unknown";
  return condition.reason === "DependencyNotReady" ? "blocked" : "failed";
}
