import type { ClusterProblem } from "@flux-orchestrator/contract";
import type { FeedPosition, LoggedChange } from "@flux-orchestrator/db";
import type { KubeObject, ObjectKey } from "@flux-orchestrator/flux";
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

/** One cluster as it can be asked and written to right now. Failures are `KubeError`s. */
export interface ClusterConnection {
  /** How the cluster serves a kind; undefined when it does not. */
  served(kind: string): ServedKind | undefined;
  get(key: ObjectKey): Promise<KubeObject>;
  list(kind: string, namespace?: string): Promise<KubeObject[]>;
  /** A JSON merge patch under our own field manager; the object as it then is. */
  patch(key: ObjectKey, patch: object): Promise<KubeObject>;
  /** Objects of every kind, Flux's or not. */
  readonly any: AnyObjects;
}

/** Objects of one cluster by how it serves their kind. Failures are `KubeError`s. */
export interface AnyObjects {
  /** The kinds of a name, of every group that has it unless one is given. */
  named(kind: string, group?: string): Promise<readonly ApiResource[]>;
  get(resource: ApiResource, at: ObjectPlace): Promise<KubeObject>;
  /** A list page by page: most keep little of it. */
  pages(resource: ServedKind, options?: PageOptions): AsyncIterable<ListPage>;
  /** A JSON merge patch, or the operations of a JSON patch, under our own field manager; the object as it then is. */
  patch(resource: ApiResource, at: ObjectPlace, patch: object, options?: PatchOptions): Promise<KubeObject>;
  /** The first objects of a list, and how many there are besides. */
  first(resource: ApiResource, part: CollectionPart & { pageSize: number; signal?: AbortSignal }): Promise<ListPage>;
  /** Asks for deletion. */
  remove(resource: ApiResource, at: ObjectPlace): Promise<void>;
  /** The log of a container, in the pieces in which it comes; an empty one first. */
  podLog(at: ObjectPlace, options: PodLogOptions): AsyncIterable<PodLogLine[]>;
}

/** What operations may ask of the fleet. */
export interface FleetPort {
  /** @throws KubeError, or SealError when the credential cannot be opened; DomainError CLUSTER_NOT_FOUND */
  cluster(clusterId: string): Promise<ClusterConnection>;
  /** A cluster was registered: begin to watch it. */
  added(clusterId: string): void;
  /** Its credential or address changed: begin anew with the new one. */
  changed(clusterId: string): void;
  /** It was removed: end its watches, and drop its rows a little at a time. */
  removed(clusterId: string): Promise<void>;
  /** Lists every served kind and makes the rows equal to what the cluster answers. */
  resync(clusterId: string): Promise<{ count: number; failedKinds: readonly string[] }>;
  /** The interval in which clusters are listed again was changed: from now on it is the new one. */
  intervalChanged(): Promise<void>;
  /** Asks the API server whether it answers, and stores the verdict. */
  probe(clusterId: string): Promise<{ healthy: boolean; problem: ClusterProblem | null }>;
  /** Reads one object again and stores it at once; one that is gone goes. */
  refresh(key: ObjectKey & { clusterId: string }): Promise<void>;
  /**
   * Follows a reconcile run to its outcome. Begun before the object is asked, with a promise that resolves once the row of the
   * run is stored and rejects when it is not: then nothing is missed, and nothing followed that is not stored.
   */
  follow(run: OpenRun, stored?: Promise<unknown>): void;
  readonly feed: ChangeFeed;
}

/** A reconcile that has not ended, as `reconcile_runs` keeps it. */
export interface OpenRun {
  id: string;
  /** What is written as requestedAt. */
  token: string;
  clusterId: string;
  kind: string;
  uid: string;
  /** JSON: the chain, sources first, each an object's key with its `state`. */
  steps: string;
  /** JSON: `{ force, reset }`. */
  options: string;
  deadlineAt: Date;
}

/** The change log as it grows, read once for everybody. */
export interface ChangeFeed {
  /**
   * Tells of every batch of changes from now on, in order. `resync`: the log cannot be followed, everything must be read
   * again. @returns ends it
   */
  subscribe(listener: FeedListener): () => void;
  /**
   * Something that the log tells of was committed: readers look now instead of within a second. Never within the
   * transaction itself, where every commit of the server would queue behind the notification.
   */
  announce(): void;
  /**
   * How late changes are told: age of the oldest change last told, or for how long the log could not be read, milliseconds;
   * 0 when it is less than a second.
   */
  lagMs(): number;
}
export type FeedListener = (
  batch: { changes: readonly LoggedChange[]; position: FeedPosition } | { resync: true; position: FeedPosition },
) => void;
