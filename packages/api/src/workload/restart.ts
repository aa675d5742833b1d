import { DomainError, ObjectRef, Restarted } from "@flux-orchestrator/contract";
import { recordOf } from "@flux-orchestrator/flux";
import { operation } from "../operation.ts";
import { appliedBy } from "./applied-by.ts";
import { namedObject, OBJECT_FIELD_CODES, objectScope, objectSubject, readObject } from "./object-ref.ts";

/** What has pods that are replaced when its template changes. */
const ROLLED: ReadonlySet<string> = new Set(["Deployment", "StatefulSet", "DaemonSet"]);
const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";

/**
 * Replaces the pods of a Deployment, StatefulSet or DaemonSet one after another, as `kubectl rollout restart` does: by an
 * annotation of its pod template. Answers once the API server has taken it.
 *
 * @throws DomainError KIND_NOT_SUPPORTED, ROLLOUT_PAUSED, OBJECT_NOT_FOUND, CLUSTER_FORBIDDEN, …
 */
export const restartWorkload = operation({
  name: "workload.restart",
  permission: "resource.update",
  scope: objectScope,
  effect: "cluster",
  audit: { action: "restart", subject: objectSubject },
  input: ObjectRef,
  output: Restarted,
  invalid: OBJECT_FIELD_CODES,
  async run(ctx, ref) {
    const named = await namedObject(ctx, ref);
    if (named.resource.group !== "apps" || !ROLLED.has(ref.kind))
      throw new DomainError("KIND_NOT_SUPPORTED", `A ${ref.kind} cannot be restarted.`, {
        hint: `Restart the ${[...ROLLED].join(", ")} that its pods belong to.`,
      });
    const object = await readObject(named);
    const spec = recordOf(object.spec);
    if (spec["paused"] === true)
      throw new DomainError("ROLLOUT_PAUSED", `The rollout of ${ref.namespace}/${ref.name} is paused.`, {
        hint: "Resume it first (kubectl rollout resume): a paused one replaces no pods.",
      });
    const restartedAt = new Date(ctx.now()).toISOString();
    await named.objects.patch("resource.update", named.resource, named.at, {
      patch: { spec: { template: { metadata: { annotations: { [RESTARTED_AT]: restartedAt } } } } },
    });
    const onDelete = recordOf(spec["updateStrategy"])["type"] === "OnDelete";
    ctx.note(onDelete ? "Restarted; each pod is replaced when it is deleted (OnDelete)" : "Restarted");
    return { restartedAt, onDelete, appliedBy: appliedBy(object) };
  },
});
