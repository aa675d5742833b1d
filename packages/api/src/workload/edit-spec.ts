import { type AppliedBy, DomainError } from "@flux-orchestrator/contract";
import {
  fluxKind,
  type Json,
  type KubeObject,
  recordOf,
  sameJson,
  specFault,
  unmaskSpec,
} from "@flux-orchestrator/flux";
import { KubeError } from "@flux-orchestrator/k8s";
import type { OperationContext } from "../context.ts";
import { mayBeReverted } from "./applied-by.ts";
import { type NamedObject, readObject } from "./object-ref.ts";

/** Whoever asks without a version wants the change whatever the object is; so often it is tried on the one that is there. */
const TRIES = 5;
/** Never written by hand here: their content is secret, or lies outside of `spec`. */
const NOT_EDITED: ReadonlySet<string> = new Set(["Secret", "ConfigMap"]);

/** The object as it is now, and which first-level keys of its spec differ from before. */
export interface EditedSpec {
  object: KubeObject;
  changed: string[];
}

/**
 * Replaces first-level keys of an object's spec, each as a whole, and leaves the others. What is still masked keeps its live
 * value. Fields that the kind does not know are refused, and of a Flux object what no controller could work with.
 *
 * @throws DomainError MASKED_VALUE, DURATION, SOURCE_URL; KubeError CONFLICT when it is no longer at the version it was seen at, CLUSTER_REJECTED, …
 */
export async function editSpec(
  ctx: OperationContext,
  named: NamedObject,
  edit: { spec: Json; resourceVersion?: string | undefined },
): Promise<EditedSpec> {
  const { kind } = named.resource;
  if (NOT_EDITED.has(kind)) throw new DomainError("KIND_NOT_SUPPORTED", `A ${kind} cannot be edited here.`);
  for (let tries = 1; ; tries++) {
    const live = await readObject(named);
    try {
      return await editLive(ctx, named, { live, ...edit });
    } catch (error) {
      const isRace = error instanceof KubeError && error.code === "CONFLICT" && edit.resourceVersion === undefined;
      if (!isRace || tries === TRIES) throw error;
    }
  }
}

async function editLive(
  ctx: OperationContext,
  named: NamedObject,
  { live, spec, resourceVersion }: { live: KubeObject; spec: Json; resourceVersion?: string | undefined },
): Promise<EditedSpec> {
  const { resourceVersion: version } = live.metadata;
  if (resourceVersion !== undefined && resourceVersion !== version) throw changedMeanwhile(version);
  const unmasked = unmaskSpec(live, spec);
  if (unmasked.unknown.length > 0) throw maskedValues(unmasked.unknown);
  const before = recordOf(live.spec);
  const has = (key: string) => Object.hasOwn(before, key);
  const changed = Object.entries(unmasked.spec).filter(([key, value]) =>
    value === null ? has(key) : !has(key) || !sameJson(before[key], value),
  );
  if (changed.length === 0) return { object: live, changed: [] };
  refuseFault(named, Object.fromEntries(changed));
  await mayMoveSuspend(ctx, named, { before, after: unmasked.spec });
  const operations = [
    // What was put back is true of this version only.
    ...(unmasked.restored || resourceVersion !== undefined
      ? [{ op: "replace", path: "/metadata/resourceVersion", value: version }]
      : []),
    ...(live.spec === undefined ? [{ op: "add", path: "/spec", value: {} }] : []),
    ...changed.map(([key, value]) =>
      value === null ? { op: "remove", path: pointer(key) } : { op: "add", path: pointer(key), value },
    ),
  ];
  const { objects, resource, at } = named;
  const object = await objects.patch("resource.update", resource, at, { patch: operations, strict: true });
  return { object, changed: changed.map(([key]) => key) };
}

/** Whoever may edit an object may not for that reason suspend or resume it. */
async function mayMoveSuspend(
  ctx: OperationContext,
  { clusterId, resource, at }: NamedObject,
  { before, after }: { before: Json; after: Json },
): Promise<void> {
  const flux = fluxKindOf(resource);
  if (flux?.suspend?.by !== "spec" || !Object.hasOwn(after, "suspend")) return;
  const [was, becomes] = [before["suspend"] === true, after["suspend"] === true];
  if (was === becomes) return;
  await ctx.authorize(becomes ? "resource.suspend" : "resource.resume", { clusterId, namespace: at.namespace });
}

function refuseFault({ resource }: NamedObject, changed: Json): void {
  const fault = fluxKindOf(resource) === undefined ? null : specFault(resource.kind, changed);
  if (fault === null) return;
  const { about, path, message } = fault;
  throw new DomainError(about === "url" ? "SOURCE_URL" : "DURATION", `${path}: ${message}.`, {
    issues: [{ path, message }],
  });
}

/** What is known of the kind; undefined when it is another group's. */
function fluxKindOf({ kind, group }: NamedObject["resource"]) {
  const known = fluxKind(kind);
  return known?.group === group ? known : undefined;
}

const pointer = (key: string): string => `/spec/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;

const changedMeanwhile = (version: string): DomainError =>
  new DomainError("CONFLICT", `The object was changed by somebody else meanwhile: it is at version ${version} now.`, {
    hint: "Read it again and make the change on what it is now.",
  });

const maskedValues = (places: readonly string[]): DomainError => {
  const shown = places.slice(0, 20).map((path) => ({ path: `spec.${path}`.slice(0, 300), message: "is masked" }));
  return new DomainError("MASKED_VALUE", `${shown[0]!.path}: stands for a secret that is not there to be kept.`, {
    hint: "Write the value itself, or leave it where it was.",
    issues: shown,
  });
};

/** What an edit did, for the audit log: keys, never values. */
export const noteOfEdit = (changed: readonly string[], by: AppliedBy | null): string =>
  changed.length === 0
    ? "Nothing differed"
    : `Changed ${changed.map((key) => `spec.${key}`).join(", ")}${mayBeReverted(by)}`;
