import { type Json, recordOf } from "../objects/json.ts";
import { fieldsOf, type ManagedFields, recordChange } from "../objects/managed-fields.ts";
import { joinPatches, mergePatch } from "../objects/merge-patch.ts";
import { isoSeconds, type StoredObject, untouched } from "../objects/revision.ts";
import { WrittenDesign } from "../objects/written-design.ts";
import type { Cluster } from "./cluster.ts";
import { apiVersionOf, resourceName, type ServedResource } from "./served-resources.ts";
import { StatusError } from "./status.ts";

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
  const managed = managedEntry(resource, manager, now, fieldsOf({ ...fields, ...ownMetadata(metadata) }));
  const design = new WrittenDesign(resource, {
    Unknown: { ...object, apiVersion: apiVersionOf(resource), kind, metadata: { ...placed, managedFields: [managed] } },
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
  const { resourceVersion, uid } = recordOf(patch["metadata"]);
  if ((resourceVersion ?? String(latest.version)) !== String(latest.version) || (uid ?? object.uid) !== object.uid)
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
  if (specChanged || isAskedFor(reaching)) cluster.fleetLife.ask(cluster.life, object, nowMs);
  return text;
}

/** Deletes an object at once; one that finalizers hold is marked, and goes when its controller has done its part. */
export function deleteObject(cluster: Cluster, object: StoredObject): void {
  const { finalizers } = recordOf(object.latest.json()["metadata"]);
  if (!Array.isArray(finalizers) || finalizers.length === 0) {
    cluster.store.remove(object, cluster.now());
    return;
  }
  const deletionTimestamp = isoSeconds(Math.floor(cluster.now() / 1000));
  const overlay = joinPatches(object.latest.overlay ?? {}, { metadata: { deletionTimestamp } });
  cluster.store.change(object, { overlay, generation: object.latest.generation + 1 }, cluster.now());
  cluster.fleetLife.finalise(cluster.life, object, cluster.now());
}

/** Whether the controller is to act now. */
const isAskedFor = (patch: Json): boolean =>
  Object.keys(recordOf(recordOf(patch["metadata"])["annotations"])).some(
    (key) => key === "reconcile.fluxcd.io/requestedAt",
  );

/** Of a patch what it may change: the object's without its status, or its status alone. */
function reachingOf(patch: Json, subresource: string | undefined): Json {
  if (subresource === "status") return { status: patch["status"] ?? {} };
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
  return { ...fields, ...ownMetadata(recordOf(metadata)) };
}

function managedEntry(resource: ServedResource, manager: string, now: number, fieldsV1: Json): ManagedFields {
  const time = isoSeconds(now);
  return { manager, operation: "Update", apiVersion: apiVersionOf(resource), time, fieldsType: "FieldsV1", fieldsV1 };
}

const detailsOf = ({ group, plural }: ServedResource, name: string) => ({ name, group, kind: plural });

/** The part of the schemas of Flux that somebody could get wrong here. */
function check(resource: ServedResource, name: string, object: Json): void {
  const spec = recordOf(object["spec"]);
  const causes: { field: string; message: string; reason: string }[] = [];
  const expect = (field: string, right: boolean, message: string) => {
    if (!right) causes.push({ field, message, reason: "FieldValueTypeInvalid" });
  };
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name)) expect("metadata.name", false, `Invalid value: "${name}"`);
  for (const field of ["interval", "timeout", "retryInterval"]) {
    const value = spec[field];
    if (value === undefined) continue;
    const isText = typeof value === "string";
    expect(
      `spec.${field}`,
      isText && DURATION.test(value),
      isText
        ? `Invalid value: "${value}"`
        : `Invalid value: "${typeof value}": spec.${field} in body must be of type string: "${typeof value}"`,
    );
  }
  const { suspend } = spec;
  expect(
    "spec.suspend",
    suspend === undefined || typeof suspend === "boolean",
    `Invalid value: "${typeof suspend}": spec.suspend in body must be of type boolean: "${typeof suspend}"`,
  );
  if (causes.length === 0) return;
  const told = causes.map(({ field, message }) => `${field}: ${message}`).join(", ");
  const { group, kind } = resource;
  throw new StatusError(422, "Invalid", `${kind}.${group} "${name}" is invalid: ${told}`, {
    ...detailsOf(resource, name),
    kind,
    causes,
  });
}
