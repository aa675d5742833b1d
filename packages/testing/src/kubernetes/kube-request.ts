import type { KubeApiserver } from "./kube-apiserver.ts";

/** Any object of the API; tests read whatever field they are about. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    generation?: number;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
    ownerReferences?: Record<string, unknown>[];
  };
  // biome-ignore lint/suspicious/noExplicitAny: the shape depends on the kind, and the test knows it.
  [field: string]: any;
}

/** Names one object; an object itself will do. */
export type KubeObjectRef = Pick<KubeObject, "apiVersion" | "kind"> & {
  metadata: { name: string; namespace?: string };
};

/** The API server refused: `status` is the HTTP status, `reason` the one of its Status object. */
export class KubeRequestError extends Error {
  override name = "KubeRequestError";
  constructor(
    readonly status: number,
    readonly reason: string | undefined,
    message: string,
  ) {
    super(message);
  }
}

/**
 * One request with the admin's client certificate.
 *
 * @param body sent as JSON; a string is sent as it is
 * @param contentType `application/json` unless told; for PATCH `application/merge-patch+json`
 * @throws KubeRequestError for a status of 400 and more
 */
export async function kubeRequest<Answer = KubeObject>(
  apiserver: Pick<KubeApiserver, "server" | "ca" | "adminCert" | "adminKey">,
  method: string,
  path: string,
  body?: unknown,
  contentType = method === "PATCH" ? "application/merge-patch+json" : "application/json",
  accept = "application/json",
): Promise<Answer> {
  const response = await fetch(`${apiserver.server}${path}`, {
    method,
    headers: { accept, ...(body === undefined ? {} : { "content-type": contentType }) },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    tls: { ca: apiserver.ca, cert: apiserver.adminCert, key: apiserver.adminKey },
    // Test clusters come and go on recycled ports; a pooled connection could lead to one that is gone.
    keepalive: false,
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  const answer = response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  if (!response.ok)
    throw new KubeRequestError(response.status, answer.reason, `${method} ${path}: ${answer.message ?? text}`);
  return answer as Answer;
}
