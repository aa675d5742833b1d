import type {
  ActivityPage,
  ApproveExecInput,
  ActivityQuery,
  Cluster,
  ClusterDetail,
  ConnectionTest,
  FleetSummary,
  ImportLocalInput,
  ImportResult,
  KubeContexts,
  LabelClustersInput,
  LocalKubeconfig,
  ReconcileInput,
  ReconcileRun,
  RegisterClusterInput,
  RequestExecCodeInput,
  ResourceDetail,
  ResourcePage,
  ResourceQuery,
  ResourceRef,
  ResourceRow,
  ResourceYaml,
  Setting,
  SuspendInput,
  SystemInfo,
  TestConnectionInput,
  UpdateClusterInput,
  UpdateSettingInput,
  WatchInput,
} from "@flux-orchestrator/contract";
type Query<I, O> = { query(input: I, options?: { signal?: AbortSignal }): Promise<O> };
type Mutation<I, O> = { mutate(input: I, options?: { signal?: AbortSignal }): Promise<O> };
type In<S extends { _zod: { input: unknown } }> = S["_zod"]["input"];
type Out<S extends { _zod: { output: unknown } }> = S["_zod"]["output"];

/** What the page may ask: the procedures of the server's router, as the client sees them. */
export interface Api {
  system: { info: Query<void, SystemInfo> };
  fleet: { summary: Query<void, FleetSummary> };
  cluster: {
    list: Query<void, Cluster[]>;
    get: Query<{ cluster: string }, ClusterDetail>;
    register: Mutation<In<typeof RegisterClusterInput>, Cluster>;
    update: Mutation<In<typeof UpdateClusterInput>, Cluster>;
    remove: Mutation<{ cluster: string }, { id: string }>;
    label: Mutation<In<typeof LabelClustersInput>, Cluster[]>;
    resync: Mutation<{ cluster: string }, { count: number; failedKinds: string[] }>;
    probe: Mutation<{ cluster: string }, Cluster>;
    favorite: Mutation<{ cluster: string }, Cluster>;
  };
  kubeconfig: {
    parse: Mutation<{ kubeconfig: string }, Out<typeof KubeContexts>>;
    local: Query<void, Out<typeof LocalKubeconfig>>;
    test: Mutation<In<typeof TestConnectionInput>, Out<typeof ConnectionTest>>;
    importLocal: Mutation<In<typeof ImportLocalInput>, Out<typeof ImportResult>>;
    requestExecCode: Mutation<In<typeof RequestExecCodeInput>, { printed: boolean }>;
    approveExec: Mutation<In<typeof ApproveExecInput>, { approved: boolean }>;
  };
  resource: {
    list: Query<In<typeof ResourceQuery>, ResourcePage>;
    get: Query<ResourceRef, ResourceDetail>;
    yaml: Query<ResourceRef, Out<typeof ResourceYaml>>;
    reconcile: Mutation<In<typeof ReconcileInput>, ReconcileRun>;
    suspend: Mutation<In<typeof SuspendInput>, ResourceRow>;
    resume: Mutation<ResourceRef, ResourceRow>;
    run: Query<{ id: string }, ReconcileRun>;
  };
  activity: { list: Query<In<typeof ActivityQuery>, Out<typeof ActivityPage>> };
  setting: { list: Query<void, Out<typeof Setting>[]>; update: Mutation<In<typeof UpdateSettingInput>, Out<typeof Setting>> };
  live: {
    watch: {
      subscribe(
        input: In<typeof WatchInput>,
        on: {
          onStarted?: () => void;
          onData?: (frame: unknown) => void;
          onError?: (error: unknown) => void;
          onStopped?: () => void;
          onComplete?: () => void;
          onConnectionStateChange?: (state: { state: "idle" | "connecting" | "pending"; error: unknown }) => void;
        },
      ): { unsubscribe(): void };
    };
  };
}
