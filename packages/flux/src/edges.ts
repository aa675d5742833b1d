import { type InventoryEntry, inventoryId, inventoryOf } from "./inventory.ts";
import { isFluxKind } from "./kinds.ts";
import { type KubeObject, listOf, type ObjectRef, recordOf, textOf } from "./object.ts";
import { dependsOnOf, helmChartOf, sourceRefOf } from "./references.ts";

/**
 * How one object of a cluster speaks of another. `source`, `chart`, `dependsOn` and `inputs` are waited for; the others
 * only name: `applies` by inventory, `values` and `secret` a ConfigMap or Secret, `provider` and `alerts` of an Alert,
 * `triggers` of a Receiver.
 */
export const EDGE_RELATIONS = [
  "source",
  "chart",
  "dependsOn",
  "inputs",
  "applies",
  "values",
  "secret",
  "provider",
  "alerts",
  "triggers",
] as const;
export type EdgeRelation = (typeof EDGE_RELATIONS)[number];
/** An object waits for these to be Ready. */
export const WAITED_FOR = ["source", "chart", "dependsOn", "inputs"] as const satisfies readonly EdgeRelation[];

/** What an object refers to, in its own cluster. Name `*`: every object of the kind in the namespace. */
export interface Edge extends ObjectRef {
  relation: EdgeRelation;
}

/** Kubernetes has no longer ones: a reference to one leads nowhere. */
const KIND_MAX = 63;
const NAME_MAX = 253;

/**
 * Everything a Flux object refers to, each once and in a fixed order. References stay in the cluster; what is applied to
 * another one (`spec.kubeConfig`) is no edge. Of the inventory only Flux objects are edges: see {@link plainInventoryOf}.
 * @param inventory what it applied, for who has read it already
 */
export function edgesOf(object: KubeObject, inventory: readonly InventoryEntry[] = inventoryOf(object)): Edge[] {
  const spec = recordOf(object.spec);
  const own = object.metadata.namespace ?? "";
  const found = new Map<string, Edge>();
  const add = (relation: EdgeRelation, refs: readonly (ObjectRef | null)[]) => {
    for (const ref of refs) {
      if (ref === null || ref.kind.length > KIND_MAX || ref.namespace.length > NAME_MAX || ref.name.length > NAME_MAX)
        continue;
      const { kind, namespace, name } = ref;
      if (kind === object.kind && namespace === own && name === object.metadata.name) continue;
      found.set(`${relation}/${kind}/${namespace}/${name}`, { relation, kind, namespace, name });
    }
  };
  const read = (value: unknown, kind?: string): ObjectRef | null => {
    if (value === undefined) return null;
    const ref = recordOf(value);
    const [ofKind, name] = [textOf(ref.kind) ?? kind, textOf(ref.name)];
    return ofKind === undefined || name === null
      ? null
      : { kind: ofKind, namespace: textOf(ref.namespace) ?? own, name };
  };
  const readAll = (values: unknown, kind?: string) => listOf(values).map((value) => read(value, kind));

  add(object.kind === "Alert" ? "provider" : "source", [sourceRefOf(object)]);
  // Of an ArtifactGenerator, which has several.
  add("source", readAll(spec.sources));
  add("chart", [helmChartOf(object)]);
  add("dependsOn", dependsOnOf(object));
  add("inputs", readAll(spec.inputsFrom, "ResourceSetInputProvider"));
  add("values", [...readAll(spec.valuesFrom), ...readAll(recordOf(spec.postBuild).substituteFrom)]);
  for (const path of SECRET_REFS) {
    let value: unknown = spec;
    for (const step of path) value = recordOf(value)[step];
    add("secret", [read(value, "Secret")]);
  }
  if (appliesHere(object)) add("applies", inventory.filter(isFluxKind));
  add("alerts", readAll(listOf(spec.eventSources).filter(isWhole)));
  // Of a Receiver.
  add("triggers", readAll(listOf(spec.resources).filter(isWhole)));
  return [...found.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, edge]) => edge);
}

/** Names of Secrets in a spec; their contents are never read. */
const SECRET_REFS = [
  ["secretRef"],
  ["certSecretRef"],
  ["proxySecretRef"],
  ["verify", "secretRef"],
  ["decryption", "secretRef"],
  ["kubeConfig", "secretRef"],
  ["git", "commit", "signingKey", "secretRef"],
] as const;

/**
 * The objects of other kinds that a Flux object applied in its own cluster, by the ids of its inventory: what "who applies
 * this Deployment" is answered from. Sorted.
 */
export function plainInventoryOf(
  object: KubeObject,
  inventory: readonly InventoryEntry[] = inventoryOf(object),
): string[] {
  if (!appliesHere(object)) return [];
  return [...new Set(inventory.filter((entry) => !isFluxKind(entry)).map(inventoryId))].sort();
}

const appliesHere = (object: KubeObject): boolean => recordOf(object.spec).kubeConfig === undefined;
/** A reference that picks by labels names some of a kind, and nobody can tell which. */
const isWhole = (value: unknown): boolean => recordOf(value).matchLabels === undefined;
