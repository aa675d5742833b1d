import { hashOf } from "./fingerprint.ts";
import { type KubeObject, listOf, type ObjectRef, recordOf, textOf } from "./object.ts";

/** One object a Kustomization or HelmRelease applied. */
export interface InventoryEntry {
  namespace: string;
  name: string;
  group: string;
  kind: string;
  /** API version within the group. */
  version: string;
}

/**
 * Reads `<namespace>_<name>_<group>_<kind>`. Read from the right, because names may contain what `__` stands for, a colon:
 * kind after the last underscore, group before it, namespace up to the first one.
 * @see https://github.com/fluxcd/cli-utils objmetadata
 */
export function parseInventoryId(id: string): Omit<InventoryEntry, "version"> | null {
  const first = id.indexOf("_");
  const last = id.lastIndexOf("_");
  const middle = id.lastIndexOf("_", last - 1);
  if (first < 0 || middle <= first - 1 || last <= middle) return null;
  if (middle === first && id.indexOf("_", first + 1) === last) return null;
  const name = id.slice(first + 1, middle).replaceAll("__", ":");
  const kind = id.slice(last + 1);
  if (name === "" || kind === "") return null;
  return { namespace: id.slice(0, first), name, group: id.slice(middle + 1, last), kind };
}

/** The id of an object as inventories write it: what {@link parseInventoryId} reads. */
export const inventoryId = ({ namespace, name, group, kind }: Omit<InventoryEntry, "version">): string =>
  `${namespace}_${name.replaceAll(":", "__")}_${group}_${kind}`;

/** What an inventory id is stored and searched by. Of 4 million ids, one in 2 thousand million lookups finds a wrong one. */
export const inventoryHash = (id: string): number => hashOf(id);

/** Everything the object says it applied; entries that cannot be read are left out. */
export function inventoryOf(object: KubeObject): InventoryEntry[] {
  const status = recordOf(object.status);
  const entries = Array.isArray(status.inventory) ? status.inventory : listOf(recordOf(status.inventory).entries);
  const found: InventoryEntry[] = [];
  for (const entry of entries.map(recordOf)) {
    if (object.kind === "ArtifactGenerator") {
      const name = textOf(entry.name);
      if (name !== null)
        found.push({
          namespace: textOf(entry.namespace) ?? "",
          name,
          group: "source.toolkit.fluxcd.io",
          kind: "ExternalArtifact",
          version: "v1",
        });
      continue;
    }
    const parsed = typeof entry.id === "string" ? parseInventoryId(entry.id) : null;
    if (parsed !== null) found.push({ ...parsed, version: textOf(entry.v) ?? "" });
  }
  return found;
}

const OWNER_LABELS: readonly [prefix: string, kind: string][] = [
  ["kustomize.toolkit.fluxcd.io", "Kustomization"],
  ["helm.toolkit.fluxcd.io", "HelmRelease"],
  ["resourceset.fluxcd.controlplane.io", "ResourceSet"],
  ["fluxcd.controlplane.io", "FluxInstance"],
];

/** The Flux objects that applied this one, by the labels they put there; one that manages itself is among them. */
export function labelledOwners({ metadata }: KubeObject): ObjectRef[] {
  const labels = recordOf(metadata.labels);
  return OWNER_LABELS.flatMap(([prefix, kind]) => {
    const name = textOf(labels[`${prefix}/name`]);
    const namespace = textOf(labels[`${prefix}/namespace`]);
    return name === null || namespace === null ? [] : [{ kind, namespace, name }];
  });
}

/** The Flux object that applied this one, by the labels it put there; null when there is none, or it is the object itself. */
export function ownerOf(object: KubeObject): ObjectRef | null {
  const { name, namespace } = object.metadata;
  const isItself = (owner: ObjectRef) =>
    owner.kind === object.kind && owner.name === name && owner.namespace === namespace;
  return labelledOwners(object).find((owner) => !isItself(owner)) ?? null;
}
