import { isFluxObject, isRecord, type Json, type KubeObject } from "@flux-orchestrator/flux";
import { apiVersionOf, type CollectionPart, pathOf, type ServedKind } from "./discovery.ts";
import { KubeError } from "./kube-error.ts";
import type { Transport } from "./transport.ts";
import { readObject, type UnreadableObject } from "./unreadable.ts";

/** Pages of one list: half a million objects. */
const PAGES_MAX = 1000;

/** Under which name our writes stand in `managedFields`. */
export const FIELD_MANAGER = "flux-orchestrator";

/** Reads and writes objects of one API server, whatever their kind, Flux's or not. */
export class FluxClient {
  constructor(readonly transport: Transport) {}

  /** One object. @throws KubeError OBJECT_NOT_FOUND, … */
  async get(served: ServedKind, at: ObjectPlace, signal?: AbortSignal): Promise<KubeObject> {
    return whole(await this.transport.json(pathOf(served, at), signal === undefined ? {} : { signal }));
  }

  /**
   * All objects of a kind, or a part of them, page by page.
   * @throws KubeError GONE when the API server forgot the version the first page was true at, …
   */
  async *pages(served: ServedKind, options: PageOptions = {}): AsyncGenerator<ListPage> {
    let token: string | undefined;
    const seen = new Set<string>();
    do {
      const query = new URLSearchParams({
        limit: String(options.pageSize ?? 500),
        ...(token === undefined ? {} : { continue: token }),
        ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
        ...(options.fieldSelector === undefined ? {} : { fieldSelector: options.fieldSelector }),
      });
      const path = pathOf(served, options.namespace === undefined ? {} : { namespace: options.namespace });
      const list = await this.transport.json<RawList>(`${path}?${query}`, {
        timeoutMs: 60_000,
        ...(options.metadataOnly === true ? { headers: { accept: METADATA_ONLY } } : {}),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      yield toPage(list, served);
      token = list.metadata?.continue || undefined;
      if (token !== undefined && (seen.has(token) || seen.size === PAGES_MAX))
        throw new KubeError("CLUSTER_ERROR", "The API server's list has no end.", {
          status: 200,
          reason: "EndlessList",
        });
      if (token !== undefined) seen.add(token);
    } while (token !== undefined);
  }

  /**
   * A JSON merge patch, or the operations of a JSON patch, under our own field manager. Returns the object as the API server
   * then has it.
   * @throws KubeError OBJECT_NOT_FOUND, CONFLICT, CLUSTER_FORBIDDEN, CLUSTER_REJECTED, …
   */
  async patch(
    served: ServedKind,
    at: ObjectPlace,
    patch: object,
    { subresource, strict = false }: PatchOptions = {},
  ): Promise<KubeObject> {
    const path = `${pathOf(served, at)}${subresource === undefined ? "" : `/${subresource}`}`;
    const query = `fieldManager=${FIELD_MANAGER}${strict ? "&fieldValidation=Strict" : ""}`;
    return whole(
      await this.transport.json(`${path}?${query}`, {
        method: "PATCH",
        headers: { "content-type": `application/${Array.isArray(patch) ? "json-patch" : "merge-patch"}+json` },
        body: JSON.stringify(patch),
      }),
    );
  }

  /**
   * Asks for deletion: an object with finalizers, and a pod with its grace period, lives on for a while.
   * @throws KubeError OBJECT_NOT_FOUND, CLUSTER_FORBIDDEN, …
   */
  async remove(served: ServedKind, at: ObjectPlace): Promise<void> {
    await this.transport.json(pathOf(served, at), { method: "DELETE" });
  }
}

/** Where an object is; one without a namespace has an empty one. */
export interface ObjectPlace {
  namespace: string;
  name: string;
}

export interface PatchOptions {
  /** What below the object is patched: `scale`. */
  subresource?: "scale";
  /** Fields that the kind does not know are refused; otherwise they are dropped without a word. */
  strict?: boolean;
}

export interface PageOptions extends CollectionPart {
  /** Objects of one page; 500 unless told. */
  pageSize?: number;
  /** Leaves spec, status and data out, where the API server can. */
  metadataOnly?: boolean;
  signal?: AbortSignal;
}
const METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

interface RawList {
  metadata?: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items?: unknown[];
}

/** One page of a list: what can be read, what is left out, and the version the list is true at. */
export interface ListPage {
  objects: KubeObject[];
  unreadable: UnreadableObject[];
  resourceVersion: string;
  remaining: number;
}

function toPage(list: RawList, served: ServedKind): ListPage {
  const { items, metadata } = list;
  if (!Array.isArray(items) || typeof metadata?.resourceVersion !== "string" || metadata.resourceVersion === "") {
    throw new KubeError("NOT_KUBERNETES", "The API server's answer is not a list.", { status: 200 });
  }
  // Items of a list come without kind and apiVersion, but for custom resources; those of metadata with a kind of their own.
  const type = { apiVersion: apiVersionOf(served), kind: served.kind };
  const typed = (item: Json) => (item.kind === "PartialObjectMetadata" ? { ...item, ...type } : { ...type, ...item });
  const read = items.map((item) => readObject(isRecord(item) ? typed(item) : item, served));
  return {
    objects: read.flatMap(({ object }) => (object === undefined ? [] : [object])),
    unreadable: read.flatMap(({ unreadable }) => (unreadable === undefined ? [] : [unreadable])),
    resourceVersion: metadata.resourceVersion,
    remaining: metadata.remainingItemCount ?? 0,
  };
}

function whole(value: unknown): KubeObject {
  if (isFluxObject(value)) return value;
  throw new KubeError("CLUSTER_ERROR", "The API server's answer is not an object that can be read.", { status: 200 });
}
