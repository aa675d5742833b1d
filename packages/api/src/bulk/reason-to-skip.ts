import { type BulkAction, DomainError, type ResourceRow } from "@flux-orchestrator/contract";
import { fluxKind } from "@flux-orchestrator/flux";

const HINT_STATIC = "Act on what produces or uses it instead.";

const FORBIDDEN = (action: BulkAction) =>
  new DomainError("FORBIDDEN", `You may not ${action} it: that needs the permission resource.${action} there.`, {
    hint: "Ask whoever administers Flux Orchestrator for a role that has it.",
  });
const UNHEALTHY = new DomainError("CLUSTER_UNHEALTHY", "Its cluster does not answer: what is known of it is old.", {
  hint: "Act on it once the cluster is back.",
});
const NOT_RECONCILED = new DomainError("STATIC_KIND", "No controller reconciles it.", { hint: HINT_STATIC });
const NOT_SUSPENDED = new DomainError("STATIC_KIND", "It cannot be suspended: nothing reconciles it on a schedule.", {
  hint: HINT_STATIC,
});
const SUSPENDED = new DomainError("SUSPENDED", "It is suspended: its controller would not act on the request.", {
  hint: "Resume it first.",
});
const ALREADY_SUSPENDED = new DomainError("ALREADY_DONE", "It is suspended already.", {
  hint: "Suspend it by itself to give another reason.",
});
const ALREADY_RESUMED = new DomainError("ALREADY_DONE", "It is not suspended.", { hint: "There is nothing to do." });
/** Not there, or not to be seen: nobody learns by asking what there is. */
export const MISSING = new DomainError("OBJECT_NOT_FOUND", "There is no such object.", {
  hint: "Look whether it still exists, and is named correctly.",
});

/** Why an object is left out of a bulk action, as far as is known of it; undefined when it is not. */
export function reasonToSkip(action: BulkAction, row: ResourceRow, mayAct: boolean): DomainError | undefined {
  if (!mayAct) return FORBIDDEN(action);
  if (row.stale) return UNHEALTHY;
  const kind = fluxKind(row.kind);
  if (action === "reconcile") {
    if (row.suspended) return SUSPENDED;
    return kind?.reconcile === true && row.word !== "Static" ? undefined : NOT_RECONCILED;
  }
  if (kind?.suspend == null) return NOT_SUSPENDED;
  if (action === "suspend") return row.suspended ? ALREADY_SUSPENDED : undefined;
  return row.suspended ? undefined : ALREADY_RESUMED;
}
