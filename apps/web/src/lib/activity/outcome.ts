import type { Activity } from "@flux-orchestrator/contract";

/** What became of an action, as tone and word. */
export const OUTCOME: Record<Activity["outcome"], { tone: string; word: string }> = {
  running: { tone: "progressing", word: "Running" },
  success: { tone: "ready", word: "Done" },
  failed: { tone: "failed", word: "Failed" },
  unknown: { tone: "unknown", word: "Unknown" },
};
export const THROUGH: Record<Activity["through"], string> = { dashboard: "dashboard", sdk: "SDK", rest: "REST API", system: "system" };
