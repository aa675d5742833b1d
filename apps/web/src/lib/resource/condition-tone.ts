import type { ResourceDetail } from "@flux-orchestrator/contract";

/** Conditions that are news while True, and fine otherwise: what they tell then. */
const NEWS_WHEN_TRUE: Record<string, string> = {
  Stalled: "stalled",
  Drifted: "drifted",
  Reconciling: "progressing",
  ArtifactOutdated: "progressing",
  FetchFailed: "failed",
  BuildFailed: "failed",
  StorageOperationFailed: "failed",
  IncludeUnavailable: "failed",
};
const MOVING = new Set(["Ready", "ArtifactInStorage"]);

/** The tone of one raw condition; the object's own word is decided elsewhere. */
export function conditionTone(condition: ResourceDetail["conditions"][number]): string {
  const news = NEWS_WHEN_TRUE[condition.type];
  if (news !== undefined)
    return condition.status === "True" ? news : condition.status === "False" ? "ready" : "unknown";
  if (condition.status === "True") return "ready";
  if (condition.status === "Unknown") return MOVING.has(condition.type) ? "progressing" : "unknown";
  return condition.reason === "DependencyNotReady" ? "blocked" : "failed";
}
