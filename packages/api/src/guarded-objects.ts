import type { AnyObjects } from "@flux-orchestrator/fleet/ports";
import type { KubeObject } from "@flux-orchestrator/flux";
import type {
  ApiResource,
  CollectionPart,
  ListPage,
  ObjectPlace,
  PageOptions,
  PatchOptions,
  PodLogLine,
  PodLogOptions,
  ServedKind,
} from "@flux-orchestrator/k8s";
import type { Permission } from "./permission.ts";

/** Objects of every kind of a cluster, each use of them authorized where it happens: in a namespace, or the cluster as a whole. */
export interface GuardedObjects {
  /** The kinds of a name; which there are is no secret. */
  named: AnyObjects["named"];
  get(permission: Permission, resource: ApiResource, at: ObjectPlace): Promise<KubeObject>;
  pages(permission: Permission, resource: ServedKind, options?: PageOptions): AsyncIterable<ListPage>;
  patch(
    permission: Permission,
    resource: ApiResource,
    at: ObjectPlace,
    change: { patch: object } & PatchOptions,
  ): Promise<KubeObject>;
  first(
    permission: Permission,
    resource: ApiResource,
    part: CollectionPart & { pageSize: number; signal?: AbortSignal },
  ): Promise<ListPage>;
  remove(permission: Permission, resource: ApiResource, at: ObjectPlace): Promise<void>;
  podLog(permission: Permission, at: ObjectPlace, options: PodLogOptions): AsyncIterable<PodLogLine[]>;
}

interface ObjectGuard {
  /** @throws DomainError FORBIDDEN, CLUSTER_NOT_FOUND */
  check(permission: Permission, namespace: string | undefined): Promise<void>;
  /** Runs a write and remembers that the cluster has taken it, or that nobody can say. */
  write<T>(work: () => Promise<T>): Promise<T>;
}

export function guardObjects(objects: AnyObjects, { check, write }: ObjectGuard): GuardedObjects {
  // The namespace in the place of an object that has none is nowhere.
  const namespaceOf = ({ namespaced }: ServedKind, namespace: string | undefined) =>
    namespaced && namespace !== "" ? namespace : undefined;
  return {
    named: (kind, group) => objects.named(kind, group),
    async get(permission, resource, at) {
      await check(permission, namespaceOf(resource, at.namespace));
      return objects.get(resource, at);
    },
    async *pages(permission, resource, options = {}) {
      await check(permission, namespaceOf(resource, options.namespace));
      yield* objects.pages(resource, options);
    },
    async patch(permission, resource, at, { patch, ...options }) {
      await check(permission, namespaceOf(resource, at.namespace));
      return write(() => objects.patch(resource, at, patch, options));
    },
    async first(permission, resource, part) {
      await check(permission, namespaceOf(resource, part.namespace));
      return objects.first(resource, part);
    },
    async *podLog(permission, at, options) {
      await check(permission, at.namespace);
      yield* objects.podLog(at, options);
    },
    async remove(permission, resource, at) {
      await check(permission, namespaceOf(resource, at.namespace));
      await write(() => objects.remove(resource, at));
    },
  };
}
