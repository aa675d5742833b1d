import { until } from "../processes/until.ts";
import type { KubeApiserver } from "./kube-apiserver.ts";
import { type KubeObject, type KubeObjectRef, KubeRequestError, kubeRequest } from "./kube-request.ts";

/** Creates an object; a `status` in it is written by a second request, since creation drops it. */
export async function createObject(apiserver: KubeApiserver, object: KubeObject): Promise<KubeObject> {
  const created = await kubeRequest(apiserver, "POST", collectionPath(object), object);
  return object.status === undefined ? created : patchStatus(apiserver, object, object.status);
}

/** Server-side apply, taking every field over: creates or updates. */
export function applyObject(apiserver: KubeApiserver, object: KubeObject): Promise<KubeObject> {
  const path = `${objectPath(object)}?fieldManager=test&force=true`;
  return kubeRequest(apiserver, "PATCH", path, object, "application/apply-patch+yaml");
}

export function getObject(apiserver: KubeApiserver, ref: KubeObjectRef): Promise<KubeObject> {
  return kubeRequest(apiserver, "GET", objectPath(ref));
}

/** A JSON merge patch: null removes a field. */
export function patchObject(apiserver: KubeApiserver, ref: KubeObjectRef, patch: unknown): Promise<KubeObject> {
  return kubeRequest(apiserver, "PATCH", objectPath(ref), patch);
}

/** A JSON merge patch of the status subresource. */
export function patchStatus(apiserver: KubeApiserver, ref: KubeObjectRef, status: unknown): Promise<KubeObject> {
  return kubeRequest(apiserver, "PATCH", `${objectPath(ref)}/status`, { status });
}

/** Asks for deletion; an object with finalizers lives on until they are gone, and one that is gone already is fine. */
export async function deleteObject(apiserver: KubeApiserver, ref: KubeObjectRef): Promise<void> {
  try {
    await kubeRequest(apiserver, "DELETE", objectPath(ref));
  } catch (error) {
    if (!(error instanceof KubeRequestError && error.status === 404)) throw error;
  }
}

/** Waits until an object exists and satisfies a condition; the error then shows its last status. */
export async function untilObject(
  apiserver: KubeApiserver,
  ref: KubeObjectRef,
  holds: (object: KubeObject) => boolean,
  deadlineMs = 120_000,
): Promise<KubeObject> {
  let last: KubeObject | undefined;
  const what = `${ref.kind} ${ref.metadata.namespace}/${ref.metadata.name} is as expected`;
  try {
    return await until(
      what,
      async () => {
        last = await getObject(apiserver, ref);
        return holds(last) && last;
      },
      deadlineMs,
    );
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${JSON.stringify(last?.status)}`, { cause: error });
  }
}

/** Waits until `Ready` is True for the object's current generation. */
export function untilReady(apiserver: KubeApiserver, ref: KubeObjectRef, deadlineMs?: number): Promise<KubeObject> {
  const isReady = (object: KubeObject) =>
    object.status?.observedGeneration === object.metadata.generation && conditionOf(object, "Ready")?.status === "True";
  return untilObject(apiserver, ref, isReady, deadlineMs);
}

export function conditionOf(
  object: KubeObject,
  type: string,
): { type: string; status: string; reason: string; message: string } | undefined {
  return object.status?.conditions?.find((condition: { type: string }) => condition.type === type);
}

let namespaces = 0;

/** A namespace no other test has. @returns its name */
export async function createNamespace(apiserver: KubeApiserver, prefix = "test"): Promise<string> {
  const name = `${prefix}-${++namespaces}-${crypto.randomUUID().slice(0, 8)}`;
  await createObject(apiserver, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  return name;
}

/** `/api/v1/namespaces/a/pods/b`, `/apis/GROUP/VERSION/PLURAL/NAME`; without a namespace it is cluster-scoped. */
export function objectPath(ref: KubeObjectRef): string {
  return `${collectionPath(ref)}/${ref.metadata.name}`;
}

export function collectionPath({ apiVersion, kind, metadata }: KubeObjectRef): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
  return `${root}${scope}/${pluralOf(kind)}`;
}

function pluralOf(kind: string): string {
  const singular = kind.toLowerCase();
  if (singular === "endpoints") return singular;
  if (/[^aeiou]y$/.test(singular)) return `${singular.slice(0, -1)}ies`;
  return /(s|x|ch)$/.test(singular) ? `${singular}es` : `${singular}s`;
}
