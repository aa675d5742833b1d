import type { FluxDesign } from "../objects/flux-design.ts";
import { SERVED_RESOURCES, type ServedResource } from "../server/served-resources.ts";
import { AppliedDesign } from "./applied-design.ts";

const APPLIERS: ReadonlySet<string> = new Set(["Kustomization", "HelmRelease", "ResourceSet"]);
const APPLIED: readonly ServedResource[] = SERVED_RESOURCES.filter(({ kind }) =>
  ["Deployment", "Service", "ConfigMap", "ServiceAccount", "Ingress", "ClusterRole"].includes(kind),
);

/** What the inventories of a class of clusters name besides Flux objects; read when somebody asks for the first time. */
export class AppliedInventory {
  #designs: Map<ServedResource, Map<string, AppliedDesign>> | undefined;

  constructor(readonly appliers: readonly FluxDesign[]) {}

  designs(resource: ServedResource): AppliedDesign[] {
    return [...(this.#all().get(resource)?.values() ?? [])];
  }
  design(resource: ServedResource, key: string): AppliedDesign | undefined {
    return this.#all().get(resource)?.get(key);
  }

  #all(): Map<ServedResource, Map<string, AppliedDesign>> {
    if (this.#designs !== undefined) return this.#designs;
    const all = new Map<ServedResource, Map<string, AppliedDesign>>(APPLIED.map((resource) => [resource, new Map()]));
    for (const applier of this.appliers)
      if (APPLIERS.has(applier.kind))
        for (const id of applier.inventory) {
          const design = designOf(applier, id);
          // Of two that apply the same object the first has it.
          if (design !== undefined && !all.get(design.resource)!.has(design.key))
            all.get(design.resource)!.set(design.key, design);
        }
    this.#designs = all;
    return all;
  }
}

/** `namespace_name_group_kind`; in names a colon is told as two underscores. */
function designOf(applier: FluxDesign, id: string): AppliedDesign | undefined {
  const [, namespace = "", name = "", group, kind] = /^([^_]*)_(.*)_([^_]*)_([^_]*)$/.exec(id) ?? [];
  const resource = APPLIED.find((one) => one.group === group && one.kind === kind);
  return resource && new AppliedDesign(applier, resource, namespace, name.replaceAll("__", ":"));
}
