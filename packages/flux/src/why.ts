import { fluxKind } from "./kinds.ts";
import type { KubeObject, ObjectRef } from "./object.ts";
import { numberOf, recordOf } from "./object.ts";
import { attemptedRevisionOf, revisionOf, shortRevision } from "./revision.ts";
import { suspensionOf } from "./suspend.ts";
import { HEALTHY, type Readiness } from "./words.ts";

/** What is known of an object this one depends on. */
export interface Related {
  ref: ObjectRef;
  word: Readiness | null;
  message: string;
}

/**
 * One sentence that says why an object is as it is, in Flux's own words; null when there is nothing to explain. Quotes the
 * controller's message by its first line; the whole stands in the conditions.
 */
export function whyOf(
  object: KubeObject,
  settled: { word: Readiness; subState: string | null; reason?: string | null; message?: string },
  related: { source?: Related | null; dependsOn?: readonly Related[] } = {},
): string | null {
  const said = firstLine(settled.message ?? "");
  switch (settled.word) {
    case "Ready":
    case "Static":
      return null;
    case "Drifted":
      return `Objects in the cluster differ from what was applied. ${said}`.trim();
    case "Blocked":
      return blockedBecause(said, related);
    case "Stalled":
      return settled.subState === "retries exhausted"
        ? `Retries are exhausted: helm-controller has stopped trying until the object changes or its failures are reset. ${said}`.trim()
        : `The controller has stopped: ${said || "the spec cannot work as it is."}`;
    case "Failed":
      return failedBecause(object, settled, said);
    case "Retrying":
      return `${attemptsOf(object)} Retries are left. ${said}`.trim();
    case "Progressing":
      return settled.subState === "waiting for the controller"
        ? "The controller has not picked it up yet."
        : `${settled.subState === "waiting for health" ? "Applied; waits until the applied objects are healthy." : "The controller is at work."} ${said}`.trim();
    case "Suspended":
      return suspendedBecause(object);
    case "Terminating":
      return `Is being deleted${settled.subState === null ? "" : ` and ${settled.subState}`}. While the controller that owns the finalizer is down, it stays.`;
    case "Unknown":
      return settled.subState === "not picked up"
        ? "No controller has picked it up within a minute. Is the controller running, and does it watch this namespace?"
        : "It has no conditions: nothing is known of its state.";
  }
}

function blockedBecause(said: string, related: { source?: Related | null; dependsOn?: readonly Related[] }): string {
  const culprit =
    related.dependsOn?.find((entry) => entry.word === null || !HEALTHY.has(entry.word)) ??
    (related.source && !HEALTHY.has(related.source.word ?? "Unknown") ? related.source : null);
  if (culprit == null) return said === "" ? "Waits for something it depends on." : `Waits: ${said}`;
  const name = `${culprit.ref.kind} ${culprit.ref.namespace}/${culprit.ref.name}`;
  if (culprit.word === null) return `Waits for ${name}, which does not exist.`;
  const cause = firstLine(culprit.message);
  return `Waits for ${name}, which is ${culprit.word}${cause === "" ? "." : `: ${cause}`}`;
}

function failedBecause(object: KubeObject, settled: { subState: string | null }, said: string): string {
  const attempted = attemptedRevisionOf(object);
  const applied = revisionOf(object);
  const still =
    attempted !== null && applied !== null && attempted !== applied ? ` ${shortRevision(applied)} stays applied.` : "";
  const again =
    settled.subState?.startsWith("trying") || settled.subState === "retrying now"
      ? " The controller is trying again."
      : "";
  return `${said || "The last run failed."}${still}${again}`;
}

function attemptsOf(object: KubeObject): string {
  const status = recordOf(object.status);
  const installs = numberOf(status.installFailures) ?? 0;
  const upgrades = numberOf(status.upgradeFailures) ?? 0;
  const [action, count] = upgrades > 0 ? ["upgrade", upgrades] : ["install", installs];
  return `The ${action} failed ${count === 1 ? "once" : `${count} times`}.`;
}

/** What goes on, and what does not, while an object of a role is suspended. */
const EFFECT_OF_SUSPEND: Record<string, string> = {
  applier: "Objects already applied stay as they are; nothing new is applied until it is resumed.",
  source: "The artifact it has stays in use; nothing new is fetched until it is resumed.",
};

function suspendedBecause(object: KubeObject): string {
  const suspension = suspensionOf(object);
  const by = suspension?.by ? ` by ${suspension.by}` : "";
  const reason = suspension?.reason ? `: “${suspension.reason}”` : ".";
  return `Suspended${by}${reason}${reason.endsWith(".") ? "" : "."} ${EFFECT_OF_SUSPEND[fluxKind(object.kind)?.role ?? ""] ?? "Its controller leaves it alone until it is resumed."}`;
}

const firstLine = (message: string): string => {
  const line =
    message
      .split("\n")
      .map((part) => part.trim())
      .find((part) => part !== "") ?? "";
  return line === "" || /[.!?…]$/.test(line) ? line : `${line}.`;
};
