import type { ReconcileRun } from "@flux-orchestrator/contract";
import type { Database, Keyring, LogEntry, NewRun, Sql } from "@flux-orchestrator/db";
import type { FleetPort } from "@flux-orchestrator/fleet/ports";
import type { EgressPolicy } from "@flux-orchestrator/k8s";
import type { ISql } from "postgres";
import type { Actor, Authorizer, Scope } from "./authorize.ts";
import type { ClusterRecord } from "./cluster/cluster-record.ts";
import type { GuardedCluster } from "./guarded-cluster.ts";
import type { JobQueue } from "./job/job-queue.ts";
import type { Ledger } from "./ledger.ts";
import type { LiveHub } from "./live/hub.ts";
import type { LocalKubeconfigPort } from "./local-kubeconfig-port.ts";
import type { Lookups } from "./lookups.ts";
import type { ApiMetrics } from "./metrics.ts";
import type { TokenUrls } from "./oauth/token-urls.ts";
import type { Job, Operation } from "./operation.ts";
import type { Permission } from "./permission.ts";
import type { Predicate } from "./query/predicate.ts";
import type { Request } from "./resource/runs.ts";
import type { StreamPlaces } from "./stream-places.ts";

/** Structured logging; the fields never hold a credential. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Runs statements: the pool, or the transaction of a database-only operation. */
export type SqlRunner = ISql<{}>;

/** What the server gives the operations when it starts. */
export interface ApiDeps {
  readonly database: Database;
  readonly fleet: FleetPort;
  readonly keyring: Keyring;
  readonly mode: "local" | "server";
  /** The clusters are made up; they are real unless told. */
  readonly simulated?: boolean;
  readonly egress: EgressPolicy;
  /** The kubeconfig on this computer's own disk; absent outside of local mode. */
  readonly localKubeconfig?: LocalKubeconfigPort;
  readonly authorizer?: Authorizer;
  /** Where login providers are asked for tokens; their own addresses unless told. */
  readonly tokenUrls?: TokenUrls;
  readonly log: Logger;
  /** Told of everything that is counted; nobody unless given. */
  readonly metrics?: ApiMetrics;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly version: string;
  /** Jobs that can be submitted and are gone on with; all of this version unless told. */
  readonly jobs?: readonly Job[];
}

/** The door a call came through. */
export type Through = "dashboard" | "sdk" | "rest" | "system";

/** Who calls, and how: everything that differs from one call to the next. */
export interface Caller {
  readonly actor: Actor;
  readonly requestId: string;
  readonly through: Through;
  readonly signal?: AbortSignal;
  /** Of a request that runs once (`runOnce`): nothing is begun for it unless the key is still this request's. */
  readonly idempotencyKey?: string;
}

/** What `perform` needs: the caller and everything the server gave. Built by `createCallContext`. */
export interface CallContext {
  readonly deps: ApiDeps & {
    readonly authorizer: Authorizer;
    readonly metrics: ApiMetrics;
    readonly tokenUrls: TokenUrls;
  };
  readonly hub: LiveHub;
  readonly jobs: JobQueue;
  readonly places: StreamPlaces;
  readonly ledger: Ledger;
  readonly lookups: Lookups;
  readonly caller: Caller;
}

/** What a scope or an audit subject may look up; reads only, before anything is authorized. */
export interface LookupContext {
  readonly sql: SqlRunner;
  /** @throws DomainError CLUSTER_NOT_FOUND */
  findCluster(idOrSlug: string): Promise<ClusterRecord>;
  /** Scope of a cluster named by id or slug. */
  clusterScope(idOrSlug: string, namespace?: string): Promise<Scope>;
  /** The rows this actor may see. */
  visible(permission: Permission): Promise<Predicate>;
  /** UUID for the thing this call makes, known before it is made so that its intent can name it. */
  readonly newId: string;
}

/** What an operation runs with. There is no way to a cluster around `cluster()`, whose handle authorizes every use. */
export interface OperationContext extends LookupContext {
  readonly actor: Actor;
  readonly requestId: string;
  readonly through: Through;
  readonly signal: AbortSignal;
  readonly mode: "local" | "server";
  readonly simulated: boolean;
  readonly version: string;
  readonly egress: EgressPolicy;
  readonly keyring: Keyring;
  readonly tokenUrls: TokenUrls;
  readonly fleet: Omit<FleetPort, "cluster">;
  /** The pool itself, for what runs outside of any transaction. */
  readonly pool: Sql;
  readonly hub: LiveHub;
  readonly log: Logger;
  now(): number;
  cluster(clusterId: string): Promise<GuardedCluster>;
  /** @throws DomainError FORBIDDEN */
  authorize(permission: Permission, scope: Scope): Promise<void>;
  /** @throws DomainError LOCAL_ONLY outside of local mode */
  localKubeconfig(): LocalKubeconfigPort;
  /** What the outcome in the audit log says. */
  note(message: string): void;
  /**
   * What the change feed tells once the change of a `database` operation stands. Written when nothing is left to do but to
   * commit: every writer waits for the feed's head.
   */
  tell(...entries: LogEntry[]): void;
  /**
   * Stores a reconcile with the outcome of an `outside` operation, in one commit after it was done. Resolves once it is
   * stored, rejects when the operation failed.
   */
  storeRun(run: Omit<NewRun, "intentId">): Promise<void>;
  /** Id of this call's audit intent; null for operations that are not recorded. */
  readonly intentId: string | null;
  /** The run that a reconcile with this token made, where it is known. */
  runOf(request: Request): Promise<ReconcileRun | undefined>;
  /** Performs another operation as the same actor, through the whole pipeline. */
  perform: PerformOther;
}
export type PerformOther = <I extends import("zod").z.ZodType, O extends import("zod").z.ZodType>(
  operation: Operation<I, O>,
  input: unknown,
) => Promise<import("zod").z.output<O>>;
