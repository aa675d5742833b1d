import { type Json, recordOf } from "../objects/json.ts";
import { fieldsOf, type ManagedFields, recordChange } from "../objects/managed-fields.ts";
import { joinPatches, mergePatch } from "../objects/merge-patch.ts";
import { isoSeconds, type StoredObject, untouched } from "../objects/revision.ts";
import { WrittenDesign } from "../objects/written-design.ts";
import type { Cluster } from "./cluster.ts";
import { apiVersionOf, resourceName, resourceOfKind, type ServedResource } from "./served-resources.ts";
import { badRequest, notFound, StatusError } from "./status.ts";

const NAMESPACES = resourceOfKind("Namespace");
const DURATION = /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/;
/** What a patch of the object itself cannot reach. */
const NOT_PATCHED = ["uid", "creationTimestamp", "generation", "managedFields", "deletionTimestamp"];

/** Creates an object. @throws StatusError 409 when it is there, 422 when it is none */
export function createObject(
  cluster: Cluster,
  resource: ServedResource,
  namespace: string,
  body: Json,
  manager: string,
): string {
  const metadata = recordOf(body["metadata"]);
  const name = String(metadata["name"] ?? "");
  if ((metadata["namespace"] ?? namespace) !== namespace)
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  if (resource.namespaced && cluster.store.find(NAMESPACES, "", namespace) === undefined)
    throw notFound(NAMESPACES, namespace);
  if (cluster.store.find(resource, namespace, name) !== undefined)
    throw new StatusError(
      409,
      "AlreadyExists",
      `${resourceName(resource)} "${name}" already exists`,
      detailsOf(resource, name),
    );
  const { status: _, ...object } = body;
  check(resource, name, object);
  const now = Math.floor(cluster.now() / 1000);
  const placed = { ...metadata, ...(resource.namespaced ? { namespace } : {}) };
  const { apiVersion, kind, metadata: __, ...fields } = object;
  const own = ownMetadata(metadata)["metadata"];
  const owned = { ...(own === undefined ? {} : { "f:metadata": fieldsOf(own as Json) }), ...fieldsOf(fields) };
  const managed = managedEntry(resource, manager, now, owned);
  const design = new WrittenDesign(resource, {
    Unknown: {
      ...{ ...object, apiVersion: apiVersionOf(resource), kind, metadata: { ...placed, managedFields: [managed] } },
      ...(isToolkit(resource) ? { status: { observedGeneration: -1 } } : {}),
    },
  });
  const stored = cluster.newObject(design);
  const suspended = recordOf(object["spec"])["suspend"] === true;
  return cluster.store.add(stored, { ...untouched(now), suspended }, cluster.now()).text();
}

/**
 * Applies a JSON merge patch to an object or to its status. A patch that changes nothing is no change.
 *
 * @throws StatusError 409 when it names another version, 422 when the result is not valid
 */
export function patchObject(
  cluster: Cluster,
  object: StoredObject,
  patch: Json,
  options: { manager: string; subresource: string | undefined },
): string {
  const { design, latest } = object;
  const { resource, name } = design;
  const { resourceVersion, uid, ...named } = recordOf(patch["metadata"]);
  for (const field of ["name", "namespace"] as const)
    if ((named[field] ?? design[field]) !== design[field])
      throw badRequest(
        `the ${field} of the object (${named[field]}) does not match the ${field} on the URL (${design[field]})`,
      );
  if ((uid ?? object.uid) !== object.uid)
    throw invalid(resource, name, [
      { field: "metadata.uid", message: `Invalid value: "${uid}": field is immutable`, reason: "FieldValueInvalid" },
    ]);
  if ((resourceVersion ?? String(latest.version)) !== String(latest.version))
    throw new StatusError(
      409,
      "Conflict",
      `Operation cannot be fulfilled on ${resourceName(resource)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
      detailsOf(resource, name),
    );
  const before = latest.json();
  const reaching = reachingOf(patch, options.subresource);
  const after = mergePatch(before, reaching);
  check(resource, name, after);
  if (Bun.deepEquals(before, after)) return latest.text();
  const nowMs = cluster.now();
  const specChanged = !Bun.deepEquals(before["spec"], after["spec"]);
  const managedFields = recordChange((recordOf(before["metadata"])["managedFields"] ?? []) as ManagedFields[], {
    before: ownFields(before),
    after: ownFields(after),
    by: {
      ...{ manager: options.manager, operation: "Update", apiVersion: apiVersionOf(resource) },
      time: isoSeconds(Math.floor(nowMs / 1000)),
      ...(options.subresource === undefined ? {} : { subresource: options.subresource }),
    },
  });
  const overlay = joinPatches(joinPatches(latest.overlay ?? {}, reaching), { metadata: { managedFields } });
  const suspended = recordOf(after["spec"])["suspend"] === true;
  const generation = latest.generation + (specChanged ? 1 : 0);
  const text = cluster.store.change(object, { overlay, suspended, generation }, nowMs).text();
  const { deletionTimestamp, finalizers } = recordOf(after["metadata"]);
  if (deletionTimestamp !== undefined && (!Array.isArray(finalizers) || finalizers.length === 0)) {
    cluster.life.remove(object, nowMs);
    return text;
  }
  if (specChanged || isAskedFor(reaching)) cluster.fleetLife.ask(cluster.life, object, nowMs);
  return text;
}

/**
 * Deletes an object at once. One that finalizers hold is marked; Flux's own is taken off when the controller has done its part.
 *
 * @returns the object that is held, or what says that it is gone
 */
export function deleteObject(cluster: Cluster, object: StoredObject): string {
  const { store, life, fleetLife } = cluster;
  const { resource, name } = object.design;
  const { finalizers } = recordOf(object.latest.json()["metadata"]);
  const nowMs = cluster.now();
  if (!Array.isArray(finalizers) || finalizers.length === 0) {
    life.remove(object, nowMs);
    const details = { ...detailsOf(resource, name), uid: object.uid };
    return JSON.stringify({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details });
  }
  const metadata = { deletionTimestamp: isoSeconds(Math.floor(nowMs / 1000)), deletionGracePeriodSeconds: 0 };
  const overlay = joinPatches(object.latest.overlay ?? {}, { metadata });
  const marked = store.change(object, { overlay, generation: object.latest.generation + 1 }, nowMs);
  if (finalizers.every((finalizer) => finalizer === "finalizers.fluxcd.io")) fleetLife.finalise(life, object, nowMs);
  return marked.text();
}

/** Whether the controller is to act now. */
const isAskedFor = (patch: Json): boolean =>
  Object.keys(recordOf(recordOf(patch["metadata"])["annotations"])).some(
    (key) => key === "reconcile.fluxcd.io/requestedAt",
  );

/** Of a patch what it may change: the object's without its status, or its status alone. */
function reachingOf(patch: Json, subresource: string | undefined): Json {
  if (subresource === "status") return { status: patch["status"] ?? {} };
  if (subresource === "scale") return { spec: { replicas: recordOf(patch["spec"])["replicas"] } };
  const { status: _, apiVersion: __, kind: ___, metadata, ...rest } = patch;
  const kept = Object.fromEntries(
    Object.entries(recordOf(metadata)).filter(([key]) => !NOT_PATCHED.includes(key) && key !== "resourceVersion"),
  );
  return { ...rest, ...(Object.keys(kept).length === 0 ? {} : { metadata: kept }) };
}

const ownMetadata = (metadata: Json): Json => {
  const own = Object.fromEntries(
    ["annotations", "labels", "finalizers"].flatMap((key) =>
      metadata[key] === undefined ? [] : [[key, metadata[key]]],
    ),
  );
  return Object.keys(own).length === 0 ? {} : { metadata: own };
};

/** What somebody can own of an object. */
function ownFields({ apiVersion: _, kind: __, metadata, ...fields }: Json): Json {
  return { ...fields, metadata: {}, ...ownMetadata(recordOf(metadata)) };
}

function managedEntry(resource: ServedResource, manager: string, now: number, fieldsV1: Json): ManagedFields {
  const time = isoSeconds(now);
  return { manager, operation: "Update", apiVersion: apiVersionOf(resource), time, fieldsType: "FieldsV1", fieldsV1 };
}

const detailsOf = ({ group, plural }: ServedResource, name: string) => ({ name, group, kind: plural });

/** Kinds whose objects begin with `observedGeneration: -1`. */
const isToolkit = ({ group, controller }: ServedResource): boolean =>
  group.endsWith(".toolkit.fluxcd.io") && controller !== undefined;

interface Cause {
  field: string;
  message: string;
  reason: string;
}

const invalid = (resource: ServedResource, name: string, causes: Cause[]): StatusError => {
  const told = causes.map(({ field, message }) => `${field}: ${message}`);
  const { group, kind } = resource;
  const message = `${kind}.${group} "${name}" is invalid: ${told.length === 1 ? told[0] : `[${told.join(", ")}]`}`;
  return new StatusError(422, "Invalid", message, { ...detailsOf(resource, name), kind, causes });
};

/** The part of Flux's schemas that somebody could get wrong here. Fields that they do not know are not taken out. */
function check(resource: ServedResource, name: string, object: Json): void {
  const spec = recordOf(object["spec"]);
  const causes: Cause[] = [];
  const wrong = (field: string, reason: string, message: string) => causes.push({ field, reason, message });
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name))
    wrong("metadata.name", "FieldValueInvalid", `Invalid value: "${name}"`);
  const types = {
    interval: "string",
    timeout: "string",
    retryInterval: "string",
    path: "string",
    suspend: "boolean",
    prune: "boolean",
  };
  for (const [field, type] of Object.entries(types)) {
    const value = spec[field];
    const is = Number.isInteger(value) ? "integer" : typeof value;
    if (value === undefined) {
      if (REQUIRED[resource.kind]?.includes(field)) wrong(`spec.${field}`, "FieldValueRequired", "Required value");
    } else if (is !== type)
      wrong(
        `spec.${field}`,
        "FieldValueTypeInvalid",
        `Invalid value: "${is}": spec.${field} in body must be of type ${type}: "${is}"`,
      );
    else if (type === "string" && field !== "path" && !DURATION.test(String(value)))
      wrong(
        `spec.${field}`,
        "FieldValueInvalid",
        `Invalid value: "${value}": spec.${field} in body should match '${DURATION.source}'`,
      );
  }
  if (causes.length > 0) throw invalid(resource, name, causes);
}

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  Kustomization: ["interval", "prune"],
  HelmRelease: ["interval"],
  GitRepository: ["interval"],
  OCIRepository: ["interval"],
  Bucket: ["interval"],
  HelmChart: ["interval"],
};
