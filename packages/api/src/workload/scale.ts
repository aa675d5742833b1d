import { DomainError, Scaled, ScaleInput } from "@flux-orchestrator/contract";
import { type KubeObject, numberOf, recordOf } from "@flux-orchestrator/flux";
import { KubeError } from "@flux-orchestrator/k8s";
import { operation } from "../operation.ts";
import { appliedBy, mayBeReverted } from "./applied-by.ts";
import {
  type NamedObject,
  namedObject,
  OBJECT_FIELD_CODES,
  objectScope,
  objectSubject,
  readObject,
} from "./object-ref.ts";

/**
 * Sets how many replicas a workload is to have, through its scale subresource: Deployments, StatefulSets, ReplicaSets and
 * custom kinds that have one. Answers once the API server has taken it; pods come and go later.
 *
 * @throws DomainError NOT_SCALABLE, HPA_OWNS unless forced, OBJECT_NOT_FOUND, KIND_NOT_SUPPORTED, CLUSTER_FORBIDDEN, …
 */
export const scaleWorkload = operation({
  name: "workload.scale",
  permission: "resource.update",
  scope: objectScope,
  effect: "cluster",
  audit: { action: "scale", subject: objectSubject },
  input: ScaleInput,
  output: Scaled,
  invalid: { ...OBJECT_FIELD_CODES, replicas: "REPLICAS" },
  async run(ctx, { replicas, force, ...ref }) {
    const named = await namedObject(ctx, ref);
    if (!named.resource.subresources.includes("scale"))
      throw new DomainError("NOT_SCALABLE", `A ${ref.kind} has no number of replicas that could be set.`);
    const object = await readObject(named);
    const autoscaler = force ? null : await autoscalerOf(named, object);
    if (autoscaler !== null)
      throw new DomainError("HPA_OWNS", `The HorizontalPodAutoscaler ${autoscaler} decides how many replicas it has.`, {
        hint: "Change its minReplicas and maxReplicas, or scale with force and let it decide anew.",
      });
    const scale = await named.objects.patch("resource.update", named.resource, named.at, {
      patch: { spec: { replicas } },
      subresource: "scale",
    });
    const before = numberOf(recordOf(object.spec)["replicas"]);
    const by = appliedBy(object);
    ctx.note(`Scaled ${before === null ? "" : `from ${before} `}to ${replicas}${mayBeReverted(by)}`);
    return { replicas: numberOf(recordOf(scale.spec)["replicas"]) ?? 0, before, appliedBy: by };
  },
});

/** Name of the autoscaler of an object. One that may not be read is not known of. */
async function autoscalerOf({ objects, at }: NamedObject, object: KubeObject): Promise<string | null> {
  const [resource] = await objects.named("HorizontalPodAutoscaler", "autoscaling");
  if (resource === undefined) return null;
  const scalesIt = ({ spec }: KubeObject) => {
    const target = recordOf(recordOf(spec)["scaleTargetRef"]);
    return target["kind"] === object.kind && target["name"] === at.name;
  };
  try {
    for await (const page of objects.pages("resource.read", resource, { namespace: at.namespace })) {
      const found = page.objects.find(scalesIt);
      if (found !== undefined) return found.metadata.name;
    }
  } catch (error) {
    if (!(error instanceof KubeError && error.code === "CLUSTER_FORBIDDEN")) throw error;
  }
  return null;
}
