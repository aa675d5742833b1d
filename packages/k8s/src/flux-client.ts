import { isFluxObject, type KubeObject } from "@flux-orchestrator/flux";
import { type CollectionPart, pathOf, type ServedKind } from "./discovery.ts";
import { KubeError } from "./kube-error.ts";
import type { Transport } from "./transport.ts";

/** Under which name our writes stand in `managedFields`. */
export const FIELD_MANAGER = "flux-orchestrator";

/** Reads and patches Flux objects of one API server, whatever their kind. */
export class FluxClient {
  constructor(readonly transport: Transport) {}

  /** One object. @throws KubeError OBJECT_NOT_FOUND, … */
  async get(served: ServedKind, at: { namespace: string; name: string }, signal?: AbortSignal): Promise<KubeObject> {
    return whole(await this.transport.json(pathOf(served, at), signal === undefined ? {} : { signal }));
  }

  /** All objects of a kind, or a part of them, page by page. */
  async *pages(
    served: ServedKind,
    options: CollectionPart & { pageSize?: number; signal?: AbortSignal } = {},
  ): AsyncGenerator<ListPage> {
    let token: string | undefined;
    do {
      const query = new URLSearchParams({
        limit: String(options.pageSize ?? 500),
        ...(token === undefined ? {} : { continue: token }),
        ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
      });
      const path = pathOf(served, options.namespace === undefined ? {} : { namespace: options.namespace });
      const list = await this.transport.json<RawList>(`${path}?${query}`, {
        timeoutMs: 60_000,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      yield toPage(list, served);
      token = list.metadata?.continue || undefined;
    } while (token !== undefined);
  }

  /**
   * A JSON merge patch under our own field manager. Returns the object as the API server then has it.
   * @throws KubeError OBJECT_NOT_FOUND, CONFLICT, CLUSTER_FORBIDDEN, CLUSTER_REJECTED, …
   */
  async patch(served: ServedKind, at: { namespace: string; name: string }, patch: object): Promise<KubeObject> {
    return whole(
      await this.transport.json(`${pathOf(served, at)}?fieldManager=${FIELD_MANAGER}`, {
        method: "PATCH",
        headers: { "content-type": "application/merge-patch+json" },
        body: JSON.stringify(patch),
      }),
    );
  }
}

interface RawList {
  metadata?: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items?: unknown[];
}

/** One page of a list: what can be read, how much cannot, and the version the list is true at. */
export interface ListPage {
  objects: KubeObject[];
  unreadable: number;
  resourceVersion: string;
  remaining: number;
}

function toPage(list: RawList, served: ServedKind): ListPage {
  if (!Array.isArray(list.items) || typeof list.metadata?.resourceVersion !== "string") {
    throw new KubeError("NOT_KUBERNETES", "The API server's answer is not a list.", { status: 200 });
  }
  // Items of a list come without kind and apiVersion on older servers.
  const defaults = { apiVersion: `${served.group}/${served.version}`, kind: served.kind };
  const items = list.items.map((item) => (typeof item === "object" && item !== null ? { ...defaults, ...item } : item));
  const objects = items.filter(isFluxObject);
  return {
    objects,
    unreadable: items.length - objects.length,
    resourceVersion: list.metadata.resourceVersion,
    remaining: list.metadata.remainingItemCount ?? 0,
  };
}

function whole(value: unknown): KubeObject {
  if (isFluxObject(value)) return value;
  throw new KubeError("CLUSTER_ERROR", "The API server's answer is not an object that can be read.", { status: 200 });
}
