import { DomainError } from "@flux-orchestrator/contract";
import type { KubeObject } from "@flux-orchestrator/flux";
import {
  ApiResources,
  type CollectionPart,
  FluxClient,
  type ListPage,
  podLog,
  type ServedKind,
  type Transport,
} from "@flux-orchestrator/k8s";
import type { ClusterConnection } from "../ports.ts";

/** One cluster as operations may ask it, by the kinds it serves. */
export function clusterConnection(transport: Transport, served: readonly ServedKind[]): ClusterConnection {
  const client = new FluxClient(transport);
  const find = (kind: string) => served.find((one) => one.kind === kind);
  const must = (kind: string): ServedKind => {
    const found = find(kind);
    if (found === undefined) throw new DomainError("KIND_NOT_SERVED", `This cluster does not serve the kind ${kind}.`);
    return found;
  };
  return {
    served: find,
    get: async (key) => client.get(must(key.kind), key),
    patch: async (key, patch) => client.patch(must(key.kind), key, patch),
    list: async (kind, namespace) => listAll(client, must(kind), namespace === undefined ? {} : { namespace }),
    any: {
      named: (kind, group) => ApiResources.of(transport).named(kind, group),
      get: (resource, at) => client.get(resource, at),
      pages: (resource, options) => client.pages(resource, options),
      patch: (resource, at, patch, options) => client.patch(resource, at, patch, options),
      async first(resource, part) {
        const { value } = await client.pages(resource, part).next();
        // A list has a page always.
        return value as ListPage;
      },
      remove: (resource, at) => client.remove(resource, at),
      podLog: (at, options) => podLog(transport, at, options),
    },
  };
}

async function listAll(client: FluxClient, served: ServedKind, part: CollectionPart = {}): Promise<KubeObject[]> {
  const objects: KubeObject[] = [];
  for await (const page of client.pages(served, part)) objects.push(...page.objects);
  return objects;
}
