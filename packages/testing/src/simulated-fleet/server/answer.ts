import { FLUX_VERSION } from "../objects/controllers.ts";
import { isRecord, type Json, recordOf } from "../objects/json.ts";
import { isoSeconds, type StoredObject } from "../objects/revision.ts";
import type { Cluster, Identity } from "./cluster.ts";
import { discover } from "./discovery.ts";
import { mergePatchOf } from "./json-patch.ts";
import { listPage } from "./lists.ts";
import type { Outgoing } from "./outgoing.ts";
import { sendLog } from "./pod-log.ts";
import { isForbidden, review } from "./reviews.ts";
import { apiVersionOf, isCustom, resourceName, SERVED_RESOURCES, type ServedResource } from "./served-resources.ts";
import { badRequest, notFound, StatusError } from "./status.ts";
import { WatchStream } from "./watches.ts";
import { createObject, deleteObject, patchObject } from "./writes.ts";

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  body(): Promise<string>;
}

const CRD = /^\/apis\/apiextensions\.k8s\.io\/v1\/customresourcedefinitions\/([^/]+)$/;

/** Answers one request as an API server would. @throws StatusError */
export async function answer(
  cluster: Cluster,
  request: Request,
  out: Outgoing,
  watches: Set<WatchStream>,
): Promise<void> {
  const { method, path, query, headers } = request;
  if (path === "/readyz" || path === "/livez" || path === "/healthz") {
    out.send(200, "ok", { "content-type": "text/plain" });
    return;
  }
  const json = (body: unknown, status = 200, contentType = "application/json") =>
    out.send(status, JSON.stringify(body), { "content-type": contentType });
  const identity = identityOf(cluster, headers["authorization"]);
  if (path === "/version") return json({ major: "1", minor: "36", gitVersion: "v1.36.3", platform: "linux/amd64" });
  const found = method === "GET" ? discover(path, headers["accept"] ?? "", cluster.absent) : undefined;
  if (found !== undefined) return json(found.body, 200, found.contentType);
  const crd = CRD.exec(path)?.[1];
  if (crd !== undefined && method === "GET") return json(crdOf(cluster, crd, identity));
  if (method === "POST") {
    const reviewed = review(path, await jsonOf(request), identity, cluster);
    if (reviewed !== undefined) return json(reviewed, 201);
  }
  const target = targetOf(path, cluster.absent);
  // Without a kind there is nobody who would answer in its manner.
  if (target === undefined)
    return out.send(404, "404 page not found\n", { "content-type": "text/plain; charset=utf-8" });
  const { resource, namespace, name, subresource } = target;
  const verb = verbOf(method, name, query);
  allow(cluster, identity, { verb, resource, namespace, name });
  cluster.requests.set(verb, (cluster.requests.get(verb) ?? 0) + 1);
  if (verb === "list") return out.send(200, listPage(cluster, resource, namespace, query));
  if (verb === "watch") {
    const onlyOne = name === "" ? query : withField(query, `metadata.name=${name}`);
    const onEnd = (stream: WatchStream) => void watches.delete(stream);
    watches.add(new WatchStream(cluster, resource, out, { namespace, query: onlyOne, onEnd }));
    return;
  }
  const manager = query.get("fieldManager") ?? (headers["user-agent"] ?? "unknown").split("/")[0]!;
  if (verb === "create")
    return out.send(201, createObject(cluster, resource, namespace, await jsonOf(request), manager));
  const object = cluster.store.find(resource, resource.namespaced ? namespace : "", name);
  if (object === undefined) throw notFound(resource, name);
  if (subresource === "log") return sendLog(cluster, object, query, out);
  const send = (text: string) => out.send(200, subresource === "scale" ? scaleOf(object) : text);
  if (verb === "get") return send(object.latest.text());
  if (verb === "patch") {
    const contentType = headers["content-type"] ?? "";
    const by = { manager, subresource };
    if (contentType.startsWith("application/json-patch+json")) {
      const operations: unknown = await parsed(request);
      if (!Array.isArray(operations)) throw badRequest("the body of the request is no JSON patch");
      return send(patchObject(cluster, object, mergePatchOf(object.latest.json(), operations), by));
    }
    if (!contentType.startsWith("application/merge-patch+json"))
      throw new StatusError(
        415,
        "UnsupportedMediaType",
        `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml`,
      );
    return send(patchObject(cluster, object, await jsonOf(request), by));
  }
  out.send(200, deleteObject(cluster, object));
}

/** What the scale subresource of a workload says. */
function scaleOf({ design, latest, uid, createdAt }: StoredObject): string {
  const { spec, status } = latest.json();
  const { matchLabels } = recordOf(recordOf(spec)["selector"]);
  const selector = Object.entries(recordOf(matchLabels)).map(([key, value]) => `${key}=${value}`);
  return JSON.stringify({
    ...{ kind: "Scale", apiVersion: "autoscaling/v1" },
    metadata: {
      ...{ name: design.name, namespace: design.namespace, uid, resourceVersion: String(latest.version) },
      creationTimestamp: isoSeconds(createdAt),
    },
    spec: { replicas: recordOf(spec)["replicas"] },
    status: { replicas: recordOf(status)["replicas"] ?? 0, selector: selector.join(",") },
  });
}

function identityOf(cluster: Cluster, authorization: string | undefined): Identity {
  const identity = cluster.identities.get(authorization?.replace(/^Bearer /, "") ?? "");
  if (identity === undefined) throw new StatusError(401, "Unauthorized", "Unauthorized");
  return identity;
}

function allow(
  cluster: Cluster,
  { user, mayAll }: Identity,
  { verb, resource, namespace, name }: { verb: string; resource: ServedResource; namespace: string; name: string },
): void {
  if (mayAll && !isForbidden(cluster, resource.kind)) return;
  const { plural, group } = resource;
  const scope = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const message = `${resourceName(resource)}${name === "" ? "" : ` "${name}"`} is forbidden: User "${user}" cannot ${verb} resource "${plural}" in API group "${group}" ${scope}`;
  throw new StatusError(403, "Forbidden", message, { ...(name === "" ? {} : { name }), group, kind: plural });
}

interface Target {
  resource: ServedResource;
  namespace: string;
  name: string;
  subresource: string | undefined;
}

/** What a path is about; undefined when nothing of that kind is served. */
function targetOf(path: string, absent: ReadonlySet<ServedResource>): Target | undefined {
  const parts = path.split("/").slice(1).map(decodeURIComponent);
  const groupVersion = parts[0] === "apis" ? `${parts[1]}/${parts[2]}` : parts[1];
  let rest = parts.slice(parts[0] === "apis" ? 3 : 2);
  // The path of a namespace itself has no kind behind it.
  const isWithin = rest[0] === "namespaces" && rest.length > 2;
  const namespace = isWithin ? rest[1]! : "";
  if (isWithin) rest = rest.slice(2);
  const [plural, name = "", subresource] = rest;
  const resource = SERVED_RESOURCES.find((one) => one.plural === plural && apiVersionOf(one) === groupVersion);
  if (resource === undefined || absent.has(resource)) return undefined;
  if (subresource !== undefined && !resource.subresources.includes(subresource)) return undefined;
  return { resource, namespace, name, subresource };
}

function verbOf(method: string, name: string, query: URLSearchParams): string {
  switch (method) {
    case "GET":
      return /^(1|true)$/.test(query.get("watch") ?? "") ? "watch" : name === "" ? "list" : "get";
    case "POST":
      return "create";
    case "PATCH":
    case "DELETE":
      if (name !== "") return method.toLowerCase();
  }
  throw new StatusError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
}

function crdOf(cluster: Cluster, crd: string, { user, mayAll }: Identity): Json {
  const resource = SERVED_RESOURCES.find((one) => resourceName(one) === crd && isCustom(one));
  const place = { group: "apiextensions.k8s.io", plural: "customresourcedefinitions" };
  if (!mayAll)
    throw new StatusError(
      403,
      "Forbidden",
      `${place.plural}.${place.group} "${crd}" is forbidden: User "${user}" cannot get resource`,
      { name: crd },
    );
  if (resource === undefined || cluster.absent.has(resource)) throw notFound(place, crd);
  const labels = { "app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": FLUX_VERSION };
  return {
    ...{ kind: "CustomResourceDefinition", apiVersion: "apiextensions.k8s.io/v1", metadata: { name: crd, labels } },
    spec: { group: resource.group, names: { plural: resource.plural, kind: resource.kind }, scope: "Namespaced" },
  };
}

function withField(query: URLSearchParams, term: string): URLSearchParams {
  const all = new URLSearchParams(query);
  all.set("fieldSelector", [query.get("fieldSelector") ?? "", term].filter((part) => part !== "").join(","));
  return all;
}

async function jsonOf(request: Request): Promise<Json> {
  const body = await parsed(request);
  if (isRecord(body)) return body;
  throw badRequest("the body of the request is not an object");
}

async function parsed(request: Request): Promise<unknown> {
  try {
    return JSON.parse(await request.body());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
