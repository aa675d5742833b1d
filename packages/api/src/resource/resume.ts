import { DomainError, ResourceRow, ResumeInput } from "@flux-orchestrator/contract";
import { fluxKind, isSuspended, resumePatch, suspendRefusal } from "@flux-orchestrator/flux";
import { operation } from "../operation.ts";
import { liveObject, rowAfterAction } from "./after-action.ts";
import { keyOf, RESOURCE_FIELD_CODES, resourceScope, resourceSubject } from "./resource-key.ts";

/**
 * Takes a suspend back; the controller reconciles the object at once. Idempotent. Returns the row as it is then.
 * @throws DomainError STATIC_KIND, OBJECT_NOT_FOUND, KIND_NOT_SERVED, CLUSTER_FORBIDDEN, CLUSTER_UNREACHABLE, …
 */
export const resumeResource = operation({
  name: "resource.resume",
  permission: "resource.resume",
  scope: resourceScope,
  effect: "cluster",
  audit: { action: "resume", subject: resourceSubject },
  input: ResumeInput,
  output: ResourceRow,
  invalid: RESOURCE_FIELD_CODES,
  async run(ctx, { reason, ...ref }) {
    const key = keyOf(ref);
    const { clusterId, cluster, object } = await liveObject(ctx, ref, key);
    const refusal = suspendRefusal(object);
    if (refusal !== null) throw new DomainError(refusal.code, refusal.message, { hint: refusal.hint });
    const was = isSuspended(object);
    // An object that states no suspend would get one, and a new generation with it.
    if (was) await cluster.patch("resource.resume", key, resumePatch(fluxKind(key.kind)!));
    ctx.note([was ? "Resumed" : "Was not suspended", reason].filter(Boolean).join(": "));
    return rowAfterAction(ctx, clusterId, key);
  },
});
