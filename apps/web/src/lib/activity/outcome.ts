import type { Activity } from "@flux-orchestrator/contract";
import { runWords } from "../resource/run-words.ts";

const OUTCOME: Record<Activity["outcome"], [tone: string, word: string]> = {
  running: ["progressing", "Running"],
  success: ["ready", "Done"],
  failed: ["failed", "Failed"],
  unknown: ["unknown", "Unknown"],
};

/** What became of an action, as tone and word. To have asked for a reconcile is not its end. */
export const outcomeOf = ({ outcome, run }: Pick<Activity, "outcome" | "run">): [tone: string, word: string] =>
  outcome === "success" && run !== null ? runWords(run) : OUTCOME[outcome];

export const THROUGH: Record<Activity["through"], string> = {
  dashboard: "dashboard",
  sdk: "SDK",
  rest: "REST API",
  system: "system",
};
