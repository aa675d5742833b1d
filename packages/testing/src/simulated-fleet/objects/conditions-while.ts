import type { FluxDesign } from "./flux-design.ts";
import { isoSeconds, type Revision, type Shown } from "./revision.ts";

/** What a controller says while it works, as recorded from the real ones. */
const MESSAGES: Partial<Record<Shown, (revisionName: string) => string>> = {
  fetching: (name) => `Fetching manifests for revision ${name} with a timeout of 5m0s`,
  building: (name) => `Building manifests for revision ${name} with a timeout of 5m0s`,
  "checking drift": (name) => `Detecting drift for revision ${name} with a timeout of 5m0s`,
  "checking health": (name) => `Running health checks for revision ${name} with a timeout of 5m0s`,
  healthy: (name) => `Running health checks for revision ${name} with a timeout of 5m0s`,
  prerequisites: () => "Fulfilling prerequisites",
  generating: () => "Reconciliation in progress",
};

/**
 * The conditions of an object that is being worked on, as JSON.
 *
 * @param stands what stands from before: the verdict, and what is beside it
 */
export function conditionsWhile(
  revision: Revision,
  design: FluxDesign,
  stands: { ready: string; beside: string },
): string {
  const at = isoSeconds(revision.since);
  const condition = (type: string, status: string, reason: string, message: string) =>
    JSON.stringify({ type, status, reason, message, lastTransitionTime: at, observedGeneration: revision.generation });
  const name = design.revisionName(revision);
  const message = (MESSAGES[revision.shown] ?? (() => actingOn(design, name)))(name);
  const reconciling = condition("Reconciling", "True", "Progressing", message);
  // helm-controller leaves the verdict alone until it acts; the others take it back at once.
  const ready =
    revision.shown === "prerequisites"
      ? stands.ready
      : condition(
          "Ready",
          "Unknown",
          "Progressing",
          design.kind === "Kustomization" ? "Reconciliation in progress" : message,
        );
  const health =
    revision.shown === "checking health"
      ? condition("Healthy", "Unknown", "Progressing", message)
      : revision.shown === "healthy"
        ? condition("Healthy", "True", "Succeeded", "Health check passed in 5.1s")
        : "";
  const beside = stands.beside.slice(1, -1);
  return `[${[reconciling, ready, health === "" ? beside : health].filter((text) => text !== "").join(",")}]`;
}

function actingOn(design: FluxDesign, name: string): string {
  if (design.kind === "HelmRelease") return "Running 'upgrade' action with timeout of 5m0s";
  return `building artifact: new upstream revision '${name}'`;
}
