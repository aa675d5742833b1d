import { DomainError, ResourceRow, SuspendInput } from "@flux-orchestrator/contract";
import { fluxKind, isSuspended, suspendPatch, suspendRefusal } from "@flux-orchestrator/flux";
import { operation } from "../operation.ts";
import { liveObject, rowAfterAction } from "./after-action.ts";
import { keyOf, RESOURCE_FIELD_CODES, resourceScope, resourceSubject } from "./resource-key.ts";

/**
 * Suspends an object, so that its controller stops reconciling it: by `spec.suspend`, or by the annotation of its kind.
 * Who did it and why is written beside it. Idempotent: one that is suspended already is left as it is, unless a new reason
 * is given. Objects already applied stay as they are. Returns the row as it is then.
 *
 * @throws DomainError STATIC_KIND, OBJECT_NOT_FOUND, KIND_NOT_SERVED, CLUSTER_FORBIDDEN, CLUSTER_UNREACHABLE, …
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#suspend
 */
export const suspendResource = operation({
  name: "resource.suspend",
  permission: "resource.suspend",
  scope: resourceScope,
  effect: "cluster",
  audit: { action: "suspend", subject: resourceSubject },
  input: SuspendInput,
  output: ResourceRow,
  invalid: RESOURCE_FIELD_CODES,
  async run(ctx, { reason, ...ref }) {
    const key = keyOf(ref);
    const { clusterId, cluster, object } = await liveObject(ctx, ref, key);
    const refusal = suspendRefusal(object);
    if (refusal !== null) throw new DomainError(refusal.code, refusal.message, { hint: refusal.hint });
    const already = isSuspended(object);
    const by: { by: string; reason?: string } = { by: ctx.actor.id };
    if (reason !== undefined && reason !== "") by.reason = reason;
    // Whoever suspended it first keeps their name and reason beside it.
    if (!already || by.reason !== undefined)
      await cluster.patch("resource.suspend", key, suspendPatch(fluxKind(key.kind)!, by));
    ctx.note([already ? "Was suspended already" : "Suspended", reason].filter(Boolean).join(": "));
    return rowAfterAction(ctx, clusterId, key);
  },
});
