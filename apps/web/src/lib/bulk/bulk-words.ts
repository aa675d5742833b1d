import type { BulkAction, Job } from "@flux-orchestrator/contract";
import { counted } from "../counted.ts";
import type { IconName } from "../ui/shapes.ts";

interface Words {
  verb: string;
  icon: IconName;
  /** What a preview promises. */
  will: string;
  /** What an item that went well is called: it was asked for, what comes of it is the controller's. */
  done: string;
}
export const BULK_WORDS: Record<BulkAction, Words> = {
  reconcile: { verb: "Reconcile", icon: "sync", will: "Will be reconciled", done: "Requested" },
  suspend: { verb: "Suspend", icon: "pause", will: "Will be suspended", done: "Suspended" },
  resume: { verb: "Resume", icon: "play", will: "Will be resumed", done: "Resumed" },
};

/** The action a job of this name does to objects; null when it is another job. */
export function bulkActionOf({ name }: Pick<Job, "name">): BulkAction | null {
  const action = name.startsWith("bulk.") ? name.slice("bulk.".length) : "";
  return Object.hasOwn(BULK_WORDS, action) ? (action as BulkAction) : null;
}

/** `Reconcile 12 objects`, `Resync 40 clusters`. */
export function jobTitle({ name, total }: Pick<Job, "name" | "total">): string {
  const action = bulkActionOf({ name });
  if (action !== null) return `${BULK_WORDS[action].verb} ${counted(total, "object")}`;
  return name === "cluster.resyncAll" ? `Resync ${counted(total, "cluster")}` : name;
}
