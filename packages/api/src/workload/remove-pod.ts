import { PodRef } from "@flux-orchestrator/contract";
import { z } from "zod";
import { operation } from "../operation.ts";
import { OBJECT_FIELD_CODES, objectScope, objectSubject } from "./object-ref.ts";
import { namedPod } from "./pod.ts";

/**
 * Asks for the deletion of a pod, with the grace period it states; what owns it makes a new one. Answers once the API server has
 * taken it, which may be before the pod is gone.
 *
 * @throws DomainError OBJECT_NOT_FOUND, CLUSTER_FORBIDDEN, …
 */
export const removePod = operation({
  name: "workload.removePod",
  permission: "resource.delete",
  scope: objectScope,
  effect: "cluster",
  audit: { action: "delete", subject: (ref, ctx) => objectSubject({ ...ref, kind: "Pod" }, ctx) },
  input: PodRef,
  output: z.object({ removed: z.literal(true) }),
  invalid: OBJECT_FIELD_CODES,
  async run(ctx, ref) {
    const { objects, resource, at } = await namedPod(ctx, ref);
    await objects.remove("resource.delete", resource, at);
    ctx.note("Deletion asked for");
    return { removed: true as const };
  },
});
