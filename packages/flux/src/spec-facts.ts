import { isRecord, type Json, type KubeObject, listOf, recordOf, textOf } from "./object.ts";
import { sourceRefOf } from "./references.ts";
import { remoteClusterOf } from "./remote-cluster.ts";

/** One line of the spec in words. */
export interface SpecFact {
  label: string;
  value: string;
  /** Set in monospace: paths, versions, names. */
  mono: boolean;
}

/** The spec as a person would tell it: what, from where, how often, in what way. Reads masked objects. */
export function specFacts(object: KubeObject): SpecFact[] {
  const spec = recordOf(object.spec);
  const facts: SpecFact[] = [];
  const add = (label: string, value: unknown, mono = true) => {
    const text =
      typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : "";
    if (text !== "") facts.push({ label, value: text, mono });
  };
  const chart = recordOf(recordOf(spec.chart).spec);
  add("URL", spec.url ?? spec.endpoint);
  add("Bucket", spec.bucketName);
  add("Reference", referenceOf(recordOf(spec.ref)));
  add("Chart", textOf(chart.chart) ?? spec.chart);
  add("Chart version", textOf(chart.version) ?? (object.kind === "HelmChart" ? (textOf(spec.version) ?? "*") : null));
  add("Path", spec.path);
  const source = sourceRefOf(object);
  if (source !== null) add("Source", `${source.kind} ${source.namespace}/${source.name}`);
  add("Image", spec.image);
  add("Address", spec.address);
  if (
    object.kind === "Provider" ||
    object.kind === "Receiver" ||
    (object.kind === "HelmRepository" && spec.type !== undefined)
  )
    add("Type", spec.type);
  add("Severity", spec.eventSeverity);
  add("Interval", spec.interval);
  add("Retry interval", spec.retryInterval);
  add("Timeout", spec.timeout);
  add("Target namespace", spec.targetNamespace);
  add("Release name", spec.releaseName);
  add("Applies as", spec.serviceAccountName === undefined ? null : `ServiceAccount ${spec.serviceAccountName}`);
  add("Applies to", remoteClusterOf(object), false);
  if (object.kind === "Kustomization")
    add("Prune", spec.prune === true ? "removes what left Git" : "keeps what left Git", false);
  if (spec.wait === true) add("Health", "waits until all applied objects are ready", false);
  else if (listOf(spec.healthChecks).length > 0)
    add("Health", `waits for ${counted(listOf(spec.healthChecks).length, "named object")}`, false);
  if (spec.force === true && object.kind === "Kustomization")
    add("Force", "recreates objects whose immutable fields change", false);
  for (const action of ["install", "upgrade"] as const) {
    const retries = recordOf(recordOf(spec[action]).remediation).retries;
    if (typeof retries === "number")
      add(
        `${action === "install" ? "Install" : "Upgrade"} retries`,
        retries < 0 ? "without limit" : String(retries),
        false,
      );
  }
  add("Drift detection", recordOf(spec.driftDetection).mode, false);
  const values = Object.keys(recordOf(spec.values)).length;
  if (values > 0) add("Values", `${counted(values, "top-level key")} set inline`, false);
  const from = references(spec.valuesFrom);
  if (from !== "") add("Values from", from);
  const substitutes = Object.keys(recordOf(recordOf(spec.postBuild).substitute)).length;
  if (substitutes > 0) add("Substitutes", counted(substitutes, "variable"), false);
  const substituteFrom = references(recordOf(spec.postBuild).substituteFrom);
  if (substituteFrom !== "") add("Substitutes from", substituteFrom);
  add("Decryption", recordOf(spec.decryption).provider);
  if (isRecord(spec.verify))
    add("Verification", textOf((spec.verify as Json).provider) ?? textOf((spec.verify as Json).mode));
  const secret = textOf(recordOf(spec.secretRef).name);
  if (secret !== null) add("Secret", secret);
  return facts;
}

function referenceOf(ref: Json): string | null {
  for (const key of ["commit", "name", "semver", "tag", "digest", "branch"] as const) {
    const value = textOf(ref[key]);
    if (value !== null) return `${key} ${value}`;
  }
  return null;
}

const references = (list: unknown): string =>
  listOf(list)
    .map(recordOf)
    .flatMap((ref) =>
      textOf(ref.name) === null
        ? []
        : [`${textOf(ref.kind) ?? "ConfigMap"} ${ref.name}${ref.optional === true ? " (optional)" : ""}`],
    )
    .join(", ");

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
