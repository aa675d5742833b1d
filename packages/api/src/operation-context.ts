import { DomainError } from "@flux-orchestrator/contract";
import type { LogEntry, NewRun } from "@flux-orchestrator/db";
import { authorize, type Scope } from "./authorize.ts";
import { type ClusterRecord, foundCluster } from "./cluster/cluster-record.ts";
import type { CallContext, LookupContext, OperationContext, SqlRunner } from "./context.ts";
import { guardCluster } from "./guarded-cluster.ts";
import { perform } from "./perform.ts";
import type { Permission } from "./permission.ts";

/** What one run tells the pipeline about itself. */
export interface RunState {
  note: string;
  /** For the change feed. */
  told: LogEntry[];
  intentId: string | null;
  /** Until then nothing may be written to a cluster. */
  intended: Promise<unknown>;
  /** A cluster was written to, or may have been: whatever fails afterwards does not undo it. */
  wrote: boolean;
  /** A reconcile to be followed, which is stored with the outcome. */
  run: { row: Omit<NewRun, "intentId">; stored: PromiseWithResolvers<void> } | undefined;
}
export const newRunState = (): RunState => ({
  note: "",
  told: [],
  intentId: null,
  intended: Promise.resolve(),
  wrote: false,
  run: undefined,
});

/** Look-ups of one call; a cluster is looked up once. */
export function lookupContext(call: CallContext): LookupContext {
  const { caller, deps } = call;
  const { sql } = deps.database;
  const known = new Map<string, Promise<ClusterRecord>>();
  const find = (key: string): Promise<ClusterRecord> => {
    const found = known.get(key) ?? call.lookups.cluster(key).then(foundCluster);
    known.set(key, found);
    return found;
  };
  let newId: string | undefined;
  return {
    sql,
    findCluster: find,
    async clusterScope(key, namespace): Promise<Scope> {
      const { id } = await find(key);
      return namespace === undefined ? { clusterId: id } : { clusterId: id, namespace };
    },
    visible: (permission) => deps.authorizer.visible(caller.actor, permission),
    get newId() {
      newId ??= crypto.randomUUID();
      return newId;
    },
  };
}

/** What an operation runs with, narrowed to its caller. */
export function operationContext(
  call: CallContext,
  lookup: LookupContext,
  run: { sql: SqlRunner; state: RunState },
): OperationContext {
  const { deps, caller } = call;
  const check = (permission: Permission, scope: Scope) =>
    authorize(deps.authorizer, caller.actor, { permission, scopes: [scope] });
  return {
    sql: run.sql,
    findCluster: lookup.findCluster,
    clusterScope: lookup.clusterScope,
    get newId() {
      return lookup.newId;
    },
    actor: caller.actor,
    requestId: caller.requestId,
    through: caller.through,
    signal: caller.signal ?? new AbortController().signal,
    mode: deps.mode,
    simulated: deps.simulated === true,
    version: deps.version,
    egress: deps.egress,
    keyring: deps.keyring,
    tokenUrls: deps.tokenUrls,
    fleet: deps.fleet,
    pool: deps.database.sql,
    hub: call.hub,
    log: deps.log,
    now: deps.now,
    cluster: async (clusterId) =>
      guardCluster(clusterId, await deps.fleet.cluster(clusterId), {
        authorize: check,
        intended: () => run.state.intended,
        onWrite: () => {
          run.state.wrote = true;
        },
      }),
    authorize: check,
    visible: lookup.visible,
    runOf: (request) => call.lookups.run(request),
    localKubeconfig() {
      if (deps.mode === "local" && deps.localKubeconfig !== undefined) return deps.localKubeconfig;
      throw new DomainError("LOCAL_ONLY", "This is only possible where Flux Orchestrator runs on your own computer.", {
        hint: "Paste or upload a kubeconfig with a token instead.",
      });
    },
    note(message) {
      run.state.note = message;
    },
    tell(...entries) {
      run.state.told.push(...entries);
    },
    storeRun(row) {
      const stored = Promise.withResolvers<void>();
      // Whoever waits for it is told; the operation fails in any case.
      stored.promise.catch(() => {});
      run.state.run = { row, stored };
      return stored.promise;
    },
    get intentId() {
      return run.state.intentId;
    },
    perform: (operation, input) => perform(operation, call, input),
  };
}
