import { fluxKind } from "./kinds.ts";
import { type KubeObject, listOf, type ObjectRef, recordOf, textOf } from "./object.ts";

/** What the object takes its content from. */
export function sourceRefOf(object: KubeObject): ObjectRef | null {
  const spec = recordOf(object.spec);
  const own = object.metadata.namespace ?? "";
  const read = (value: unknown, fallbackKind?: string): ObjectRef | null => {
    const ref = recordOf(value);
    const kind = textOf(ref.kind) ?? fallbackKind;
    const name = textOf(ref.name);
    return kind === undefined || name === null ? null : { kind, namespace: textOf(ref.namespace) ?? own, name };
  };
  if (object.kind === "ImagePolicy") return read(spec.imageRepositoryRef, "ImageRepository");
  if (object.kind === "Alert") return read(spec.providerRef, "Provider");
  if (object.kind === "HelmRelease")
    return read(spec.chartRef) ?? read(recordOf(recordOf(recordOf(spec.chart).spec)).sourceRef);
  return read(spec.sourceRef);
}

/**
 * The HelmChart that helm-controller makes from `spec.chart` of a HelmRelease: <namespace>-<name> of the release, beside
 * its source. Null for a release that names what it installs by `chartRef`, and for other kinds.
 */
export function helmChartOf(object: KubeObject): ObjectRef | null {
  if (object.kind !== "HelmRelease" || textOf(recordOf(recordOf(object.spec).chartRef).kind) !== null) return null;
  const source = sourceRefOf(object);
  const { namespace, name } = object.metadata;
  return source === null ? null : { kind: "HelmChart", namespace: source.namespace, name: `${namespace}-${name}` };
}

/** The objects that must be Ready before this one runs. Same kind, unless a ResourceSet names another. */
export function dependsOnOf(object: KubeObject): ObjectRef[] {
  return listOf(recordOf(object.spec).dependsOn)
    .map(recordOf)
    .flatMap((ref) => {
      const name = textOf(ref.name);
      return name === null
        ? []
        : [
            {
              kind: textOf(ref.kind) ?? object.kind,
              namespace: textOf(ref.namespace) ?? object.metadata.namespace ?? "",
              name,
            },
          ];
    })
    .filter((ref) => fluxKind(ref.kind) !== undefined || object.kind === "ResourceSet");
}
