import { DomainError } from "@flux-orchestrator/contract";
import type { ClusterConnection } from "@flux-orchestrator/fleet/ports";
import { fluxKind, type KubeObject, type ObjectKey } from "@flux-orchestrator/flux";
import { KubeError, type ServedKind } from "@flux-orchestrator/k8s";
import type { Scope } from "./authorize.ts";
import { type GuardedObjects, guardObjects } from "./guarded-objects.ts";
import type { Permission } from "./permission.ts";

/**
 * The only way an operation reaches a cluster. Every read and write states the permission it rests on and the object,
 * and is authorized here, so that what an operation touches on the way (the source of a Kustomization) obeys the same
 * rights as the object it was asked for.
 */
export interface GuardedCluster {
  /** How the cluster serves a kind; undefined when it does not. */
  served(kind: string): ServedKind | undefined;
  get(permission: Permission, key: ObjectKey): Promise<KubeObject>;
  list(permission: Permission, kind: string, namespace?: string): Promise<KubeObject[]>;
  /** A JSON merge patch, written under our own field manager. */
  patch(permission: Permission, key: ObjectKey, patch: object): Promise<KubeObject>;
  /** Objects of every kind, Flux's or not. */
  readonly any: GuardedObjects;
}

interface Guard {
  authorize(permission: Permission, scope: Scope): Promise<void>;
  /** Resolves once a write may be made. @throws DomainError AUDIT_UNAVAILABLE */
  intended(): Promise<unknown>;
  /** The cluster has taken a write, or nobody can say that it has not. */
  onWrite(): void;
}

/** Guards one connection. */
export function guardCluster(clusterId: string, connection: ClusterConnection, guard: Guard): GuardedCluster {
  const authorize = (permission: Permission, namespace: string | undefined) =>
    guard.authorize(permission, namespace === undefined ? { clusterId } : { clusterId, namespace });
  const check = async (permission: Permission, kind: string, namespace: string | undefined) => {
    await authorize(permission, namespace);
    if (fluxKind(kind) === undefined) throw new DomainError("KIND_NOT_SUPPORTED", `${kind} is not a Flux kind.`);
    if (connection.served(kind) === undefined) {
      throw new DomainError("KIND_NOT_SERVED", `This cluster does not serve the kind ${kind}.`, {
        hint: "Install the Flux component that defines it, or check which kinds the cluster's credential may discover.",
      });
    }
  };
  const write = async <T>(work: () => Promise<T>): Promise<T> => {
    await guard.intended();
    try {
      const written = await work();
      guard.onWrite();
      return written;
    } catch (error) {
      if (!wasRefused(error)) guard.onWrite();
      throw error;
    }
  };
  return {
    served: (kind) => connection.served(kind),
    async get(permission, key) {
      await check(permission, key.kind, key.namespace);
      return connection.get(key);
    },
    async list(permission, kind, namespace) {
      await check(permission, kind, namespace);
      return connection.list(kind, namespace);
    },
    async patch(permission, key, patch) {
      await check(permission, key.kind, key.namespace);
      return write(() => connection.patch(key, patch));
    },
    any: guardObjects(connection.any, { check: authorize, write }),
  };
}

/** The API server itself said no: nothing was written. Without its answer, or with a 5xx, nobody knows. */
const wasRefused = (error: unknown): boolean =>
  error instanceof KubeError && error.status !== undefined && error.status < 500;
