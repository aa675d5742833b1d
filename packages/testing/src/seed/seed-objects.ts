import type { KubeApiserver } from "../kubernetes/kube-apiserver.ts";
import { applyObject, createObject, deleteObject } from "../kubernetes/kube-objects.ts";
import { type KubeObject, kubeRequest } from "../kubernetes/kube-request.ts";
import { SEEDED_LABEL, seededObjects } from "./seeded-objects.ts";

/** Flux's kinds live in these groups, and nothing else does. */
const FLUX_GROUP = /(\.toolkit\.fluxcd\.io|^fluxcd\.controlplane\.io)$/;
/** Requests under way at once. */
const CONCURRENCY = 16;

/**
 * Fills a cluster with varied Flux objects in every readiness, of every Flux kind it serves, over several namespaces.
 * Their status is written, not earned: no controller may look at them, so start those with
 * `labelSelector: "!flux-orchestrator/seeded"`. The label's value is the readiness that each object was made to have.
 *
 * @param options.seed the same number gives the same objects
 * @param options.nowMs what their times are before; now unless told
 * @returns them in the order of creation
 */
export async function seedObjects(
  apiserver: KubeApiserver,
  options: { count: number; seed: number; nowMs?: number },
): Promise<KubeObject[]> {
  const apiVersions = await servedFluxKinds(apiserver);
  const objects = seededObjects({ nowMs: Date.now(), ...options, apiVersions });
  for (const namespace of new Set(objects.map(({ metadata }) => metadata.namespace!)))
    await applyObject(apiserver, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const waiting = objects.values();
  const work = async () => {
    for (const object of waiting) {
      await createObject(apiserver, object);
      if (object.metadata.labels?.[SEEDED_LABEL] === "Terminating") await deleteObject(apiserver, object);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return objects;
}

/** By kind, in the version the cluster prefers. */
async function servedFluxKinds(apiserver: KubeApiserver): Promise<Record<string, string>> {
  const { groups } = await kubeRequest<{ groups: ApiGroup[] }>(apiserver, "GET", "/apis");
  const versions: Record<string, string> = {};
  // Newest last, so that it stays: not every kind of a group is served in the version the group prefers.
  for (const { versions: served } of groups.filter(({ name }) => FLUX_GROUP.test(name)))
    for (const { groupVersion } of served.toReversed()) {
      const { resources } = await kubeRequest<{ resources: ApiResource[] }>(apiserver, "GET", `/apis/${groupVersion}`);
      for (const { kind, name: plural } of resources) if (!plural.includes("/")) versions[kind] = groupVersion;
    }
  if (Object.keys(versions).length === 0) throw new Error("the cluster serves no Flux kind: install its CRDs first");
  return versions;
}

interface ApiGroup {
  name: string;
  versions: { groupVersion: string }[];
}
interface ApiResource {
  kind: string;
  name: string;
}
