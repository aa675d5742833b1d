import type { KubeObject } from "@flux-orchestrator/testing";
import type { ClusterTarget } from "../../src/cluster-target.ts";
import type { ServedKind } from "../../src/discovery.ts";

/** Any object of the API, Flux or not. */
export type AnyObject = KubeObject;

/** Who asks: everything allowed; known, but nothing allowed; not known at all. */
export type ContractIdentity = "admin" | "powerless" | "stranger";

/** An API server that serves the Flux kinds. Whatever passes the contract suite may stand for a real one in tests. */
export interface ContractServer extends AsyncDisposable {
  target(identity: ContractIdentity): ClusterTarget;
  /** A namespace that nobody else uses. @returns its name */
  createNamespace(): Promise<string>;
  create(object: AnyObject): Promise<unknown>;
  /** A JSON merge patch. */
  change(object: AnyObject, patch: object): Promise<unknown>;
  remove(object: AnyObject): Promise<unknown>;
  /** Forgets every version but the present one; may break connections off. */
  compact(): Promise<void>;
  /** Takes a kind and its objects away, as deleting its CustomResourceDefinition does. */
  removeKind(served: ServedKind): Promise<void>;
  restoreKind(served: ServedKind): Promise<void>;
  /** Ends it without a good-bye; what it stored stays. */
  kill(): Promise<void>;
  /** Starts it again at the same address and returns when it answers. */
  restart(): Promise<void>;
}

/** A Kustomization as a user would write it. */
export const kustomization = (namespace: string, name: string): AnyObject => ({
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  metadata: { namespace, name },
  spec: { interval: "1h", force: false, prune: true, path: "./", sourceRef: { kind: "GitRepository", name: "app" } },
});

export const bucket = (namespace: string, name: string): AnyObject => ({
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "Bucket",
  metadata: { namespace, name },
  spec: { interval: "1h", bucketName: "x", endpoint: "bucket.example" },
});
